//! The handler, and the thread that does what it must not.
//!
//! # Invariants
//! - The handler allocates nothing, takes no lock and writes to no descriptor, which the host may have
//!   closed: it hands the signal on to the helper thread, which has it blocked and waits for it.
//! - The helper never ends, so that its id stays its own.
//! - In a forked child, where the helper does not exist, the handler does nothing.

use std::ffi::{OsStr, c_int};
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::thread;

use crate::{helper, process};

/// Signals by their names, and whether a program may take them for a purpose of its own: the others
/// tell of faults, cannot be caught, or are how a shell and a parent control a process.
const SIGNALS: &[(&str, c_int, Use)] = &[
    ("HUP", libc::SIGHUP, Use::Free),
    ("INT", libc::SIGINT, Use::Free),
    ("QUIT", libc::SIGQUIT, Use::Free),
    ("USR1", libc::SIGUSR1, Use::Free),
    ("USR2", libc::SIGUSR2, Use::Free),
    ("TERM", libc::SIGTERM, Use::Free),
    ("ALRM", libc::SIGALRM, Use::Free),
    ("VTALRM", libc::SIGVTALRM, Use::Free),
    ("PROF", libc::SIGPROF, Use::Free),
    ("URG", libc::SIGURG, Use::Free),
    ("IO", libc::SIGIO, Use::Free),
    ("WINCH", libc::SIGWINCH, Use::Free),
    ("KILL", libc::SIGKILL, Use::Reserved),
    ("STOP", libc::SIGSTOP, Use::Reserved),
    ("SEGV", libc::SIGSEGV, Use::Reserved),
    ("BUS", libc::SIGBUS, Use::Reserved),
    ("FPE", libc::SIGFPE, Use::Reserved),
    ("ILL", libc::SIGILL, Use::Reserved),
    ("TRAP", libc::SIGTRAP, Use::Reserved),
    ("ABRT", libc::SIGABRT, Use::Reserved),
    ("SYS", libc::SIGSYS, Use::Reserved),
    ("CHLD", libc::SIGCHLD, Use::Reserved),
    ("CONT", libc::SIGCONT, Use::Reserved),
    ("TSTP", libc::SIGTSTP, Use::Reserved),
    ("TTIN", libc::SIGTTIN, Use::Reserved),
    ("TTOU", libc::SIGTTOU, Use::Reserved),
];

/// What a signal is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Free,
    Reserved,
}

/// The thread that the handler hands the signal on to, and the process that has it.
static HELPER: AtomicUsize = AtomicUsize::new(0);
static PROCESS: AtomicI32 = AtomicI32::new(0);

/// The number of the signal that `value` names: with or without `SIG`, or by its number.
///
/// # Errors
/// No signal is called so; the text says which are known.
pub(crate) fn parse(value: &OsStr) -> Result<i32, String> {
    let number = value.to_str().and_then(|text| {
        let name = text.strip_prefix("SIG").unwrap_or(text);
        let named = SIGNALS.iter().find(|(known, ..)| *known == name);
        let number = || text.parse().ok().filter(|&number| number > 0);
        named.map(|&(_, number, _)| number).or_else(number)
    });
    number.ok_or_else(|| {
        let free = SIGNALS.iter().filter(|(.., used)| *used == Use::Free);
        let known: Vec<_> = free.map(|(name, ..)| *name).collect();
        let (value, known) = (value.display(), known.join(", "));
        format!(
            "unknown value `HELDBY_DUMP_SIGNAL={value}`; known: {known}, or a number; no signal \
             asks for a dump"
        )
    })
}

/// Has the signal `number` answered by a dump.
///
/// # Errors
/// The signal is reserved, is handled by the host already, or the system refuses.
pub(crate) fn install(number: i32) -> Result<(), String> {
    let called = name(number);
    let refuse = |why: String| Err(format!("{called} does not ask for a dump: {why}"));
    if SIGNALS.contains(&(&*called, number, Use::Reserved)) {
        return refuse("it has a meaning of its own, and is left alone; take USR1 or USR2".into());
    }
    match is_default(number) {
        Ok(true) => {}
        Ok(false) => return refuse("the program handles it itself, which stays so".into()),
        Err(error) => return refuse(error.to_string()),
    }
    let asked = called.clone();
    let helper = match helper::start("heldby-dump", move || serve(number, &asked)) {
        Ok(helper) => helper,
        Err(error) => return refuse(format!("failed to start a thread: {error}")),
    };
    // Relaxed, both: the handler runs after the call below that makes it one.
    HELPER.store(helper.as_pthread_t() as usize, Ordering::Relaxed);
    // SAFETY: it only asks.
    PROCESS.store(unsafe { libc::getpid() }, Ordering::Relaxed);
    handle(number).or_else(|error| refuse(error.to_string()))
}

fn name(number: i32) -> String {
    let named = SIGNALS.iter().find(|&&(_, known, _)| known == number);
    named.map_or_else(
        || format!("signal {number}"),
        |(name, ..)| (*name).to_owned(),
    )
}

/// Whether nobody has said yet what the signal does.
fn is_default(number: c_int) -> io::Result<bool> {
    let mut action = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: the action is written if the call succeeds, and read only then.
    unsafe {
        match libc::sigaction(number, std::ptr::null(), action.as_mut_ptr()) {
            0 => Ok(action.assume_init().sa_sigaction == libc::SIG_DFL),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

fn handle(number: c_int) -> io::Result<()> {
    // SAFETY: all fields of an action may be zero; the set is a part of it.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = hand_on as extern "C" fn(c_int) as usize;
    // Calls that the signal interrupts go on, as far as the system lets them.
    action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
    // SAFETY: the handler is a function for ever, and does what a handler may.
    match unsafe { libc::sigaction(number, &action, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

extern "C" fn hand_on(number: c_int) {
    // Relaxed, both: see `install`.
    // SAFETY: POSIX allows both calls in a handler. In the process that started the helper its id is
    // that of a thread which never ends.
    unsafe {
        if libc::getpid() == PROCESS.load(Ordering::Relaxed) {
            libc::pthread_kill(HELPER.load(Ordering::Relaxed) as libc::pthread_t, number);
        }
    }
}

/// Waits for the signal again and again, which this thread has blocked from its beginning.
fn serve(number: c_int, called: &str) {
    let mut wanted = MaybeUninit::uninit();
    // SAFETY: the first call writes the set, and the second gets a whole one.
    let wanted = unsafe {
        libc::sigemptyset(wanted.as_mut_ptr());
        libc::sigaddset(wanted.as_mut_ptr(), number);
        wanted.assume_init()
    };
    loop {
        let mut came = 0;
        // SAFETY: the set is whole, and `came` lives until the call returns.
        match unsafe { libc::sigwait(&wanted, &mut came) } {
            0 => process::dump_on_demand(called),
            _ => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn signals_are_known_by_name_and_number() {
        let rows = [
            ("USR2", Some(libc::SIGUSR2)),
            ("SIGUSR1", Some(libc::SIGUSR1)),
            ("KILL", Some(libc::SIGKILL)),
            ("40", Some(40)),
            ("usr2", None),
            ("SIGSIGUSR2", None),
            ("0", None),
            ("-1", None),
            ("", None),
        ];
        for (value, number) in rows {
            let found = parse(value.as_ref());
            assert_eq!(found.as_ref().ok(), number.as_ref(), "{value}: {found:?}");
        }
    }
}
