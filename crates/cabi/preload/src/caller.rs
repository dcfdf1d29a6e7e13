//! Where the program is, behind the libraries that call for it.

use crate::objects;

/// The return address of the innermost call outside the C and C++ libraries; `from` is that of the
/// innermost one.
///
/// # Cost
/// A few compares, and a stack walk where the caller is such a library.
pub(crate) fn of_program(from: usize) -> usize {
    if objects::is_asked() || !objects::is_runtime(from) {
        return from;
    }
    let mut found = None;
    objects::ask(|| {
        let look = |frame: &backtrace::Frame| {
            let address = frame.ip().addr();
            found = (!objects::is_runtime(address)).then_some(address);
            found.is_none()
        };
        // SAFETY: on Linux it needs no lock of the crate's.
        unsafe { backtrace::trace_unsynchronized(look) };
    });
    found.unwrap_or(from)
}
