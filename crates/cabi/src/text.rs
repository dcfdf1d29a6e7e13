//! Texts that come from C, and texts that go there.

use std::borrow::Cow;
use std::ffi::{CStr, CString, c_char};

/// The text behind `pointer`; `None` for null. Bytes that are not UTF-8 are replaced, so two names that
/// differ in them alone may come to be one.
///
/// # Safety
/// `pointer` is null or a C string that stays as it is for `'a`.
pub(crate) unsafe fn from_c<'a>(pointer: *const c_char) -> Option<Cow<'a, str>> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller promises a C string.
    Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy())
}

/// A text for C, which ends at its first NUL.
pub(crate) fn to_c(text: &str) -> CString {
    let text = text.split('\0').next().unwrap_or_default();
    CString::new(text).unwrap_or_default()
}
