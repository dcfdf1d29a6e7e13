//! A place in the host's source, in one word.

use std::fmt;
use std::panic::Location;

use dashmap::DashMap;
use once_cell::race::OnceBox;

use crate::cold::Inside;

/// A place that the compiler did not make, for scripts and foreign hosts.
#[derive(Debug, PartialEq, Eq, Hash, Clone, Copy)]
#[repr(align(8))]
struct OwnPlace {
    file: &'static str,
    line: u32,
    column: u32,
}

/// A place in the host's source; one word, so that the hot path stores it as it came.
///
/// | lowest bit | meaning |
/// | --- | --- |
/// | 0 | the address of a compiler-made [`Location`] |
/// | 1 | the address of an interned place, plus 1 |
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Site(*const ());

// SAFETY: the pointee is immutable and `'static`.
unsafe impl Send for Site {}
// SAFETY: as above.
unsafe impl Sync for Site {}

const OWN: usize = 1;

impl Site {
    /// The caller's place.
    #[inline(always)]
    #[track_caller]
    #[must_use]
    pub fn caller() -> Self {
        Self::of(Location::caller())
    }

    /// The place that `location` names.
    #[inline(always)]
    #[must_use]
    pub const fn of(location: &'static Location<'static>) -> Self {
        Self(std::ptr::from_ref(location).cast())
    }

    /// The place `file:line:column`, which lives for ever.
    ///
    /// # Cost
    /// One look-up; one small allocation, never freed, for each new place.
    #[must_use]
    pub fn intern(file: &str, line: u32, column: u32) -> Self {
        let _inside = Inside::enter();
        Self::intern_inside(file, line, column)
    }

    /// As [`intern`](Self::intern), by the validator itself.
    pub(crate) fn intern_inside(file: &str, line: u32, column: u32) -> Self {
        static PLACES: OnceBox<DashMap<(String, u32, u32), &'static OwnPlace>> = OnceBox::new();
        let places = PLACES.get_or_init(Box::default);
        let place = *places
            .entry((file.to_owned(), line, column))
            .or_insert_with(|| {
                let file = Box::leak(file.to_owned().into_boxed_str());
                Box::leak(Box::new(OwnPlace { file, line, column }))
            });
        Self(
            std::ptr::from_ref(place)
                .cast::<()>()
                .wrapping_byte_add(OWN),
        )
    }

    /// The word that stands for it.
    #[inline(always)]
    pub(crate) fn into_raw(self) -> *mut () {
        self.0.cast_mut()
    }

    /// The site that a word from [`into_raw`](Self::into_raw) stands for.
    ///
    /// # Safety
    /// `raw` came from `into_raw`.
    pub(crate) const unsafe fn from_raw(raw: *mut ()) -> Self {
        Self(raw.cast_const())
    }

    fn parts(self) -> (&'static str, u32, u32) {
        if self.0.addr() & OWN == 0 {
            // SAFETY: an even word is the address of a `'static` `Location`, see the table.
            let location = unsafe { &*self.0.cast::<Location<'static>>() };
            (location.file(), location.line(), location.column())
        } else {
            // SAFETY: an odd word is the address of a leaked `OwnPlace`, plus 1.
            let place = unsafe { &*self.0.wrapping_byte_sub(OWN).cast::<OwnPlace>() };
            (place.file, place.line, place.column)
        }
    }

    /// Path of the file, as the compiler was given it.
    #[must_use]
    pub fn file(self) -> &'static str {
        self.parts().0
    }

    /// The line, from 1.
    #[must_use]
    pub fn line(self) -> u32 {
        self.parts().1
    }

    /// The place as plain data.
    #[must_use]
    pub fn to_model(self) -> heldby_model::Site {
        let (file, line, column) = self.parts();
        heldby_model::Site {
            file: file.into(),
            line,
            column,
        }
    }

    /// Whether it lies in the Rust library or in a crate of locks, so that it says nothing about
    /// the host.
    #[must_use]
    pub(crate) fn is_library(self) -> bool {
        is_library(self.file())
    }
}

/// Whether a file belongs to the Rust library or to a crate of locks.
pub(crate) fn is_library(file: &str) -> bool {
    const CRATES: [&str; 5] = [
        "/once_cell-",
        "/parking_lot-",
        "/lock_api-",
        // By which `lock_api` locks again.
        "/scopeguard-",
        "/lazy_static-",
    ];
    let file = file.replace('\\', "/");
    is_rust_library(&file)
        || (file.contains("/registry/src/") && CRATES.iter().any(|name| file.contains(name)))
}

/// Whether a file, with slashes as separators, belongs to the Rust library.
pub(crate) fn is_rust_library(file: &str) -> bool {
    file.starts_with("/rustc/") || file.contains("/rustlib/src/rust/library/")
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line, column) = self.parts();
        write!(f, "{file}:{line}:{column}")
    }
}
