//! Places in C source, as the engine keeps them.
//!
//! Each thread remembers the places where it was lately. What is remembered is compared with what the
//! caller says, so a `file` that is a buffer filled anew is no other place's.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_uint};

use heldby_validator::{Site, is_kept_out};

use crate::text;

/// How many places a thread remembers: more than one loop of a program goes through.
const REMEMBERED: usize = 64;

/// What a slot holds at first, and the place of what passes through unseen.
const NOWHERE: Site = Site::of(std::panic::Location::caller());

thread_local! {
    static PLACES: [Cell<Site>; REMEMBERED] = const { [const { Cell::new(NOWHERE) }; REMEMBERED] };
}

/// The place `file:line`.
///
/// # Cost
/// One comparison of the file's name where the thread was here lately, and else a look-up in a table of
/// all places.
///
/// # Safety
/// `file` is null or a C string that stays as it is during the call.
#[inline]
pub(crate) unsafe fn of(file: *const c_char, line: c_uint) -> Site {
    let site = PLACES.with(|places| places[slot(file, line)].get());
    // SAFETY: the caller's promise is ours.
    if site.line() == line && unsafe { is_file(file, site) } {
        return site;
    }
    // SAFETY: as above.
    unsafe { look_up(file, line) }
}

fn slot(file: *const c_char, line: c_uint) -> usize {
    (file.addr() ^ line as usize) % REMEMBERED
}

/// Whether `site` is in that file.
///
/// # Safety
/// As [`of`].
unsafe fn is_file(file: *const c_char, site: Site) -> bool {
    // SAFETY: it is not null, so the caller promises a C string.
    !file.is_null() && unsafe { CStr::from_ptr(file) }.to_bytes() == site.file().as_bytes()
}

/// # Safety
/// As [`of`].
#[cold]
unsafe fn look_up(file: *const c_char, line: c_uint) -> Site {
    if is_kept_out() {
        return NOWHERE;
    }
    // SAFETY: the caller's promise is ours.
    let name = unsafe { text::from_c(file) };
    let site = Site::intern(name.as_deref().unwrap_or("<unknown>"), line, 1);
    PLACES.with(|places| places[slot(file, line)].set(site));
    site
}
