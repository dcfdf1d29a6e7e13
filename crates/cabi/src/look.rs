//! What is known now.

use std::ffi::{c_char, c_int};
use std::path::Path;

use heldby_validator::Validator;

use crate::text;

/// How many reports there were so far in this process.
///
/// # Cost
/// A copy of all of them: meant for the end of a test.
#[unsafe(no_mangle)]
pub extern "C" fn heldby_report_count() -> usize {
    Validator::global().reports().len()
}

/// Writes what is known now to `file`; its extension tells the form: `dot` for the graph, `txt` for what
/// all threads hold and wait for, `json` for both. Returns 0, or -1 if it cannot be written.
///
/// # Safety
/// `file` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn heldby_write_dump(file: *const c_char) -> c_int {
    // SAFETY: the caller promises a C string.
    let Some(file) = (unsafe { text::from_c(file) }) else {
        return -1;
    };
    match Validator::global().write_dump(Path::new(&*file)) {
        Ok(()) => 0,
        Err(_) => -1,
    }
}
