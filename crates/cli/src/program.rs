//! The program that is run to its end, and what asks us to end meanwhile.
//!
//! A program that hangs is interrupted at the keyboard, or ended by whoever limits its time; that is
//! when its findings matter most. So such a signal ends the program, and us only after we have told.

#[cfg_attr(unix, path = "program/unix.rs")]
#[cfg_attr(not(unix), path = "program/other.rs")]
mod system;

use std::io;
use std::process::{Command, ExitStatus};

/// Runs `command` to its end, and says how that was.
///
/// A signal that comes meanwhile does not end us: it ends the program, and if it comes again after a while
/// that is killed.
pub(crate) fn run(command: &mut Command) -> io::Result<ExitStatus> {
    system::run(command)
}
