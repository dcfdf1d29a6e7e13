//! Signals.

use std::io;
use std::mem::MaybeUninit;
use std::process::{Child, Command, ExitStatus};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use libc::{c_int, pid_t};

/// The program that signals are handed on to; 0 while there is none.
static CHILD: AtomicI32 = AtomicI32::new(0);

/// A signal to be handed on that came before the program was there; 0 for none.
static EARLY: AtomicI32 = AtomicI32::new(0);

/// The terminal sends these to the program as well: it gets them once, and not from us again.
const TOLD_TO_ALL: [c_int; 2] = [libc::SIGINT, libc::SIGQUIT];

/// These are sent to us alone, and handed on.
const HANDED_ON: [c_int; 2] = [libc::SIGTERM, libc::SIGHUP];

pub(super) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    let outlived = Outlived::begin();
    let mut child = command.spawn()?;
    // SeqCst, with the handler's two: one of us sees what the other stored.
    CHILD.store(child.id().cast_signed(), Ordering::SeqCst);
    let early = EARLY.load(Ordering::SeqCst);
    if early != 0 {
        send(early);
    }
    wait_unreaped(&child);
    // Before its number is free for another process.
    drop(outlived);
    child.wait()
}

/// The signals that do not end us; dropped, they do again.
struct Outlived {
    before: Vec<(c_int, libc::sigaction)>,
}

impl Outlived {
    fn begin() -> Self {
        let numbers = TOLD_TO_ALL.into_iter().chain(HANDED_ON);
        let before = numbers.filter_map(|number| Some((number, outlive(number)?)));
        Self {
            before: before.collect(),
        }
    }
}

impl Drop for Outlived {
    fn drop(&mut self) {
        for (number, before) in &self.before {
            // SAFETY: the action is one that the system gave us.
            unsafe { libc::sigaction(*number, before, ptr::null_mut()) };
        }
        // SeqCst: see `run`.
        CHILD.store(0, Ordering::SeqCst);
    }
}

/// Handles the first signal of this number, and says what happened to it before; one that does not end
/// us anyway is left as it is.
///
/// The program has the default again when it is executed, as with every handler.
fn outlive(number: c_int) -> Option<libc::sigaction> {
    // SAFETY: all zeroes is an action without flags that blocks nothing.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = came as extern "C" fn(c_int) as libc::sighandler_t;
    action.sa_flags = libc::SA_RESTART | libc::SA_RESETHAND;
    // SAFETY: as above; both calls get actions of ours, and the handler calls only what one may.
    unsafe {
        let mut before: libc::sigaction = MaybeUninit::zeroed().assume_init();
        if libc::sigaction(number, ptr::null(), &raw mut before) != 0
            || before.sa_sigaction != libc::SIG_DFL
        {
            return None;
        }
        (libc::sigaction(number, &raw const action, ptr::null_mut()) == 0).then_some(before)
    }
}

extern "C" fn came(number: c_int) {
    if HANDED_ON.contains(&number) {
        // SeqCst, both: see `run`.
        EARLY.store(number, Ordering::SeqCst);
        if CHILD.load(Ordering::SeqCst) != 0 {
            send(number);
        }
    }
}

fn send(number: c_int) {
    // SeqCst: see `run`.
    let child: pid_t = CHILD.load(Ordering::SeqCst);
    if child != 0 {
        // SAFETY: the call touches no memory, and a handler may make it.
        unsafe { libc::kill(child, number) };
    }
}

/// Waits until the program has ended, and leaves its number taken.
fn wait_unreaped(child: &Child) {
    let mut ended = MaybeUninit::<libc::siginfo_t>::zeroed();
    let flags = libc::WEXITED | libc::WNOWAIT;
    // SAFETY: the system writes into `ended`, which is not read.
    let wait = |ended: &mut MaybeUninit<libc::siginfo_t>| unsafe {
        libc::waitid(libc::P_PID, child.id(), ended.as_mut_ptr(), flags)
    };
    while wait(&mut ended) != 0 {
        // Whatever else fails, the caller waits once more, and is told.
        if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return;
        }
    }
}
