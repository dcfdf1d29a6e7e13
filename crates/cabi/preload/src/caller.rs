//! Where the program is, behind the libraries that call for it.

use crate::{maker, objects};

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

/// As [`of_program`], and outside of functions that make locks for others.
///
/// # Cost
/// That, a load, and a stack walk where the caller is such a function.
pub(crate) fn of_maker(from: usize) -> usize {
    let from = of_program(from);
    match maker::calls(from) {
        true => behind(from, |at| objects::is_runtime(at) || maker::calls(at)),
        false => from,
    }
}

/// As [`of_maker`], and outside of what the C++ library's headers made in the program: two mutexes that
/// were locked by one `std::mutex::lock` have nothing else in common.
///
/// # Cost
/// A look at the symbols of the program, which are read once.
pub(crate) fn of_host(from: usize) -> usize {
    // A return address may lie behind the end of a function that calls last.
    let is_template = |at: usize| objects::has_cpp() && objects::is_template(at - 1);
    let is_library = |at| objects::is_runtime(at) || maker::calls(at) || is_template(at);
    let from = of_program(from);
    match !objects::is_asked() && is_library(from) {
        true => behind(from, is_library),
        false => from,
    }
}

/// The innermost return address behind `from` that is not left out; `from` if there is none.
fn behind(from: usize, is_left_out: impl Fn(usize) -> bool) -> usize {
    const FRAMES: usize = 32;
    if objects::is_asked() {
        return from;
    }
    let (mut frames, mut count) = ([0; FRAMES], 0);
    objects::ask(|| {
        let look = |frame: &backtrace::Frame| {
            frames[count] = frame.ip().addr();
            count += 1;
            count < FRAMES
        };
        // SAFETY: on Linux it needs no lock of the crate's.
        unsafe { backtrace::trace_unsynchronized(look) };
    });
    let behind = frames[..count].iter().skip_while(|at| **at != from);
    let host = behind.copied().find(|at| *at > 0 && !is_left_out(*at));
    host.unwrap_or(from)
}
