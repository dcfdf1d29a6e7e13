//! A place in the host's source, in one word.

mod code;

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
/// | lowest bits | meaning |
/// | --- | --- |
/// | `00` | the address of a compiler-made [`Location`] |
/// | `01` | the address of an interned place, plus 1 |
/// | `11` | a return address in the host's code, shifted by 2 |
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Site(*const ());

// SAFETY: the pointee is immutable and `'static`.
unsafe impl Send for Site {}
// SAFETY: as above.
unsafe impl Sync for Site {}

const OWN: usize = 0b01;
const CODE: usize = 0b11;

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

    /// The call that returns to `address`, of a host that tells no places.
    ///
    /// Its file and line are looked up when they are first asked for. Without line tables the file is
    /// the program or library with the address in it, `server+0x1c40`, and the line is 0.
    ///
    /// # Cost
    /// Two instructions.
    #[inline(always)]
    #[must_use]
    pub const fn returning_to(address: usize) -> Self {
        Self(std::ptr::without_provenance(address << 2 | CODE))
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
        if let Some(address) = self.return_address() {
            let place = code::place(address);
            (place.file, place.line, place.column)
        } else if self.0.addr() & OWN == 0 {
            // SAFETY: an even word is the address of a `'static` `Location`, see the table.
            let location = unsafe { &*self.0.cast::<Location<'static>>() };
            (location.file(), location.line(), location.column())
        } else {
            // SAFETY: a word with this tag is the address of a leaked `OwnPlace`, plus 1.
            let place = unsafe { &*self.0.wrapping_byte_sub(OWN).cast::<OwnPlace>() };
            (place.file, place.line, place.column)
        }
    }

    fn return_address(self) -> Option<usize> {
        let word = self.0.addr();
        (word & CODE == CODE).then_some(word >> 2)
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
        // Who brings an address has looked for one of the host.
        self.return_address().is_none() && is_library(self.file())
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

/// Whether a file is one of the C++ library's headers, whose templates become code of the host.
pub(crate) fn is_cpp_library(file: &str) -> bool {
    file.contains("/c++/") && (file.contains("/include/") || file.contains("/v1/"))
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (file, line, column) = self.parts();
        write!(f, "{file}:{line}:{column}")
    }
}
