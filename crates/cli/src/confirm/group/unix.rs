//! Process groups.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicI32, Ordering};

/// The group that signals are handed on to; 0 for none.
static GROUP: AtomicI32 = AtomicI32::new(0);

/// Signals that end us unless they are ignored.
const HANDED_ON: [libc::c_int; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// Starts the program as the leader of a group of its own.
pub(super) fn start(command: &mut Command) -> io::Result<Child> {
    let child = command.process_group(0).spawn()?;
    // Relaxed: nothing else is told by it.
    GROUP.store(child.id().cast_signed(), Ordering::Relaxed);
    for number in HANDED_ON {
        let handler = hand_on as extern "C" fn(libc::c_int) as libc::sighandler_t;
        // SAFETY: the handler calls only what a handler may.
        unsafe {
            if libc::signal(number, handler) == libc::SIG_IGN {
                libc::signal(number, libc::SIG_IGN);
            }
        }
    }
    Ok(child)
}

extern "C" fn hand_on(number: libc::c_int) {
    // Relaxed: see `start`.
    let group = GROUP.load(Ordering::Relaxed);
    // SAFETY: a handler may call all three; the signal comes again when this one returns, and ends us.
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
    // SAFETY: the child leads a group of its own; one that is gone leaves nobody to signal, unless its
    // number was given anew, which it is not while its group has a process or it was not waited for.
    unsafe { libc::kill(-child.id().cast_signed(), number) };
}
