//! Signals.
//!
//! A handler only writes down what came; a thread reads that, and decides what becomes of it.
//!
//! | signal | the first | the same within [`TOGETHER`] | the same later |
//! | --- | --- | --- | --- |
//! | TERM | handed on | counts as one with the first | the program is killed |
//! | HUP | handed on | counts as one with the first | handed on: many programs read their files anew |
//! | INT, QUIT of the terminal | nothing, since the program got it too | as above | as above |
//! | INT, QUIT of a process | handed on after [`COMPANY`], unless the same came again | as above | as above |
//!
//! A tool that limits the time of a run signals what it started and then all of its group, so two come
//! where one is meant.
//! What comes within that time of the program's end belongs to it as well; what comes later ends us.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd as _;
use std::process::{Child, Command, ExitStatus};
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use libc::{c_int, c_void, pid_t, siginfo_t};

/// Within this time of the first one, the same signal is meant only once.
const TOGETHER: Duration = Duration::from_secs(1);

/// For so long it is waited whether a signal comes twice, which says that the whole group got it.
const COMPANY: Duration = Duration::from_millis(100);

/// The terminal sends these to the program as well: it gets them once, and not from us again.
const TOLD_TO_ALL: [c_int; 2] = [libc::SIGINT, libc::SIGQUIT];

/// These are handed on, whoever sends them.
const HANDED_ON: [c_int; 2] = [libc::SIGTERM, libc::SIGHUP];

/// What is set in the byte of a signal that a process has sent.
const BY_PROCESS: u8 = 0x80;

/// Where the handler writes, one byte a signal. It is never closed, since a handler may run at any time.
static CAME: OnceLock<PipeWriter> = OnceLock::new();

/// What signals are handed on to.
#[derive(Clone, Copy)]
enum Program {
    /// No other process has its number before we say that it has ended.
    Runs(pid_t),
    Ended(Instant),
}

type Shared = Arc<Mutex<Program>>;

pub(super) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    let came = outlive_all()?;
    let spawned = command.spawn();
    let program: Shared = Arc::new(Mutex::new(match &spawned {
        Ok(child) => Program::Runs(child.id().cast_signed()),
        Err(_) => Program::Ended(Instant::now()),
    }));
    if let Some(came) = came {
        let told = Told::new(Arc::clone(&program));
        // It ends with us: a signal may come as long as we tell what was found.
        thread::spawn(move || told.of(came));
    }
    let mut child = spawned?;
    wait_unreaped(&child);
    *lock(&program) = Program::Ended(Instant::now());
    child.wait()
}

fn lock(program: &Shared) -> MutexGuard<'_, Program> {
    program.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has the handler take all signals that would end us, and says where they can be read; `None` if
/// somebody reads them already.
fn outlive_all() -> io::Result<Option<PipeReader>> {
    let (reader, writer) = io::pipe()?;
    if CAME.set(writer).is_err() {
        return Ok(None);
    }
    TOLD_TO_ALL.into_iter().chain(HANDED_ON).for_each(outlive);
    Ok(Some(reader))
}

/// Has the handler take one signal; one that does not end us anyway is left as it is.
///
/// The program has the default again when it is executed, as with every handler.
fn outlive(number: c_int) {
    // SAFETY: all zeroes is an action without flags that blocks nothing.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = came as extern "C" fn(c_int, *const siginfo_t, *mut c_void) as usize;
    action.sa_flags = libc::SA_RESTART | libc::SA_SIGINFO;
    // SAFETY: as above; both calls get actions of ours, and the handler calls only what one may.
    unsafe {
        let mut before: libc::sigaction = MaybeUninit::zeroed().assume_init();
        if libc::sigaction(number, ptr::null(), &raw mut before) == 0
            && before.sa_sigaction == libc::SIG_DFL
        {
            libc::sigaction(number, &raw const action, ptr::null_mut());
        }
    }
}

extern "C" fn came(number: c_int, info: *const siginfo_t, _: *mut c_void) {
    // Elsewhere the code does not tell whether it was the terminal.
    // SAFETY: the system hands a handler what it knows of the signal.
    let is_by_process = cfg!(target_os = "linux") && unsafe { (*info).si_code } <= 0;
    let by = if is_by_process { BY_PROCESS } else { 0 };
    if let (Some(mut writer), Ok(number)) = (CAME.get(), u8::try_from(number)) {
        // Nobody can be told here that it failed; one that succeeds leaves the code that is interrupted
        // its last error.
        let _ = writer.write(&[number | by]);
    }
}

/// What is done about the signals that came.
struct Told {
    program: Shared,
    /// When the first of each came.
    first: Vec<(c_int, Instant)>,
    /// One that is to be handed on unless it comes again.
    alone: Option<c_int>,
}

impl Told {
    fn new(program: Shared) -> Self {
        Self {
            program,
            first: Vec::new(),
            alone: None,
        }
    }

    /// Reads what came, for ever.
    fn of(mut self, mut reader: PipeReader) {
        loop {
            if self.alone.is_some() && !is_soon(&reader, COMPANY) {
                self.alone
                    .take()
                    .into_iter()
                    .for_each(|alone| self.send(alone));
            }
            let mut byte = [0];
            if reader.read_exact(&mut byte).is_err() {
                return;
            }
            let number = c_int::from(byte[0] & !BY_PROCESS);
            self.came(number, byte[0] & BY_PROCESS != 0);
        }
    }

    fn came(&mut self, number: c_int, is_by_process: bool) {
        if let Program::Ended(at) = *lock(&self.program) {
            return if at.elapsed() >= TOGETHER {
                end_by(number);
            };
        }
        if let Some(now) = self.judge(number, is_by_process, Instant::now()) {
            self.send(now);
        }
    }

    /// What the running program gets at once of a signal that came `at` this time.
    fn judge(&mut self, number: c_int, is_by_process: bool, at: Instant) -> Option<c_int> {
        let mut known = self.first.iter_mut();
        if let Some((_, first)) = known.find(|(known, _)| *known == number) {
            self.alone = self.alone.filter(|&alone| alone != number);
            if at.duration_since(*first) < TOGETHER {
                return None;
            }
            *first = at;
            return Some(match number {
                libc::SIGHUP => libc::SIGHUP,
                _ => libc::SIGKILL,
            });
        }
        self.first.push((number, at));
        if HANDED_ON.contains(&number) {
            return Some(number);
        }
        self.alone = is_by_process.then_some(number).or(self.alone);
        None
    }

    fn send(&self, number: c_int) {
        if let Program::Runs(child) = *lock(&self.program) {
            // SAFETY: the call touches no memory.
            unsafe { libc::kill(child, number) };
        }
    }
}

/// Ends us as the signal does that nobody handles.
fn end_by(number: c_int) {
    // SAFETY: the calls touch no memory.
    unsafe {
        libc::signal(number, libc::SIG_DFL);
        libc::raise(number);
    }
}

/// Whether there is something to read within `time`.
fn is_soon(reader: &PipeReader, time: Duration) -> bool {
    let mut asked = libc::pollfd {
        fd: reader.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: it is one descriptor, and ours.
    unsafe { libc::poll(&raw mut asked, 1, time.as_millis() as c_int) > 0 }
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use libc::{SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM};

    use super::{Program, Told};

    /// What of the signals that come after so many milliseconds, from a process or not, is sent at once,
    /// and which one waits for company then.
    fn sent(came: &[(u64, i32, bool)]) -> (Vec<i32>, Option<i32>) {
        let start = Instant::now();
        let mut told = Told::new(Arc::new(Mutex::new(Program::Ended(start))));
        let at = |ms| start + Duration::from_millis(ms);
        let judged = came
            .iter()
            .filter_map(|&(ms, number, by)| told.judge(number, by, at(ms)));
        (judged.collect(), told.alone)
    }

    #[test]
    fn one_that_comes_twice_counts_once_and_one_that_comes_again_kills() {
        let rows: [(&[_], &[_], _); 9] = [
            (&[(0, SIGTERM, true), (1, SIGTERM, true)], &[SIGTERM], None),
            (
                &[(0, SIGTERM, true), (999, SIGTERM, true)],
                &[SIGTERM],
                None,
            ),
            (
                &[(0, SIGTERM, true), (1_000, SIGTERM, true)],
                &[SIGTERM, SIGKILL],
                None,
            ),
            (
                &[(0, SIGTERM, true), (9, SIGHUP, false)],
                &[SIGTERM, SIGHUP],
                None,
            ),
            (
                &[(0, SIGHUP, true), (1_000, SIGHUP, true)],
                &[SIGHUP, SIGHUP],
                None,
            ),
            // The terminal tells the program itself.
            (&[(0, SIGINT, false)], &[], None),
            (
                &[(0, SIGINT, false), (1_500, SIGINT, false)],
                &[SIGKILL],
                None,
            ),
            // A process may have told us alone, or the whole group.
            (&[(0, SIGINT, true), (9, SIGQUIT, false)], &[], Some(SIGINT)),
            (&[(0, SIGINT, true), (9, SIGINT, true)], &[], None),
        ];
        for (came, now, waits) in rows {
            assert_eq!(sent(came), (now.to_vec(), waits), "{came:?}");
        }
    }
}
