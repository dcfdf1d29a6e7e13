//! The library that checks programs which know nothing of Heldby.
//!
//! A process with an engine of its own needs none: the library then stands down.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;

/// What names the library; empty for none.
const VARIABLE: &str = "HELDBY_PRELOAD";

/// Puts the library into the environment of `command`, before what is there already, if it is found.
pub(crate) fn set_up(command: &mut Command) {
    if !cfg!(target_os = "linux") {
        return;
    }
    if let Some(library) = find() {
        command.env("LD_PRELOAD", before(library, env::var_os("LD_PRELOAD")));
    }
}

/// Whether a program that leaves no record would have been checked.
pub(crate) fn is_found() -> bool {
    cfg!(target_os = "linux") && find().is_some()
}

/// What keeps the library out of a program, if that is known.
#[cfg(target_os = "linux")]
pub(crate) fn obstacle(program: &OsStr) -> Option<String> {
    crate::unchecked::why(program)
}

/// As on Linux, where there is a library.
#[cfg(not(target_os = "linux"))]
pub(crate) fn obstacle(_: &OsStr) -> Option<String> {
    None
}

/// As the variable says, else beside the executable, else where a package puts libraries.
fn find() -> Option<PathBuf> {
    const FILE: &str = "libheldby_preload.so";
    if let Some(named) = env::var_os(VARIABLE) {
        let named = (!named.is_empty()).then(|| PathBuf::from(named))?;
        return std::path::absolute(named).ok();
    }
    let executable = env::current_exe().ok()?;
    let beside = executable.parent()?;
    let places = [beside.join(FILE), beside.join("../lib").join(FILE)];
    places.into_iter().find(|place| place.is_file())
}

fn before(library: PathBuf, others: Option<OsString>) -> OsString {
    let mut list = library.into_os_string();
    if let Some(others) = others.filter(|others| !others.is_empty()) {
        list.push(OsStr::new(":"));
        list.push(others);
    }
    list
}
