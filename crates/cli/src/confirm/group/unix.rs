//! Process groups.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicI32, Ordering};

/// The group that signals are handed on to; 0 until it is there.
static GROUP: AtomicI32 = AtomicI32::new(0);

/// A signal that came before the group was there; 0 for none.
static EARLY: AtomicI32 = AtomicI32::new(0);

/// Signals that end us unless they are ignored.
const HANDED_ON: [libc::c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// Starts the program as the leader of a group of its own.
pub(super) fn start(command: &mut Command) -> io::Result<Child> {
    for number in HANDED_ON {
        let handler = came as extern "C" fn(libc::c_int) as libc::sighandler_t;
        // SAFETY: the handler calls only what a handler may.
        unsafe {
            if libc::signal(number, handler) == libc::SIG_IGN {
                libc::signal(number, libc::SIG_IGN);
            }
        }
    }
    let child = command.process_group(0).spawn()?;
    // SeqCst, with the handler's two: one of us sees what the other stored.
    GROUP.store(child.id().cast_signed(), Ordering::SeqCst);
    let early = EARLY.load(Ordering::SeqCst);
    if early != 0 {
        hand_on(early);
    }
    Ok(child)
}

extern "C" fn came(number: libc::c_int) {
    // SeqCst, both: see `start`.
    EARLY.store(number, Ordering::SeqCst);
    if GROUP.load(Ordering::SeqCst) != 0 {
        hand_on(number);
    }
}

/// Signals the group, and then ends us by the same signal.
fn hand_on(number: libc::c_int) {
    // SeqCst: see `start`.
    let group = GROUP.load(Ordering::SeqCst);
    // SAFETY: a handler may call all three.
    unsafe {
        libc::kill(-group, number);
        libc::signal(number, libc::SIG_DFL);
        libc::raise(number);
    }
}

/// Asks all processes of the group to end.
pub(super) fn ask_to_end(child: &Child) {
    send(child, libc::SIGTERM);
}

/// Ends those that are left.
pub(super) fn kill(child: &mut Child) {
    send(child, libc::SIGKILL);
}

fn send(child: &Child, number: libc::c_int) {
    // SAFETY: the call touches no memory. The child leads a group of its own, whose number no other
    // group gets while it has a process; where it has none, nobody is signalled.
    unsafe { libc::kill(-child.id().cast_signed(), number) };
}
