//! Systems without signals that could ask.

use std::ffi::OsStr;

/// The number of the signal that `value` names: none is known here.
pub(crate) fn parse(value: &OsStr) -> Result<i32, String> {
    let value = value.display();
    Err(format!(
        "`HELDBY_DUMP_SIGNAL={value}` is not supported on this system; it is ignored"
    ))
}

/// Has the signal answered by a dump: never here.
pub(crate) fn install(number: i32) -> Result<(), String> {
    Err(format!(
        "signal {number} cannot ask for a dump on this system; it is left alone"
    ))
}
