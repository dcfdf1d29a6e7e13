//! Where there are no process groups, the program alone is ended.

use std::io;
use std::process::{Child, Command};

pub(super) fn start(command: &mut Command) -> io::Result<Child> {
    command.spawn()
}

/// Nobody can be asked here.
pub(super) fn ask_to_end(_child: &Child) {}

pub(super) fn kill(child: &mut Child) {
    // One that has ended meanwhile needs no killing.
    let _ = child.kill();
}
