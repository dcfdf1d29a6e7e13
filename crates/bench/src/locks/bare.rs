//! The validator alone: its part of a lock, and no lock beside it.

use heldby_validator::{LockMap, LockType, Mode, Site};

use super::{Lock, Read};

/// An exclusive lock, or a recursive reader; what it is comes with the class.
#[derive(Debug)]
pub(crate) struct Bare {
    map: LockMap,
    mode: Mode,
}

/// Holds a [`Bare`].
#[derive(Debug)]
pub(crate) struct BareGuard<'a>(&'a LockMap);

const TYPE: &LockType = &LockType::sleeping::<Bare>("bench::Bare");

impl Lock for Bare {
    type Guard<'a> = BareGuard<'a>;

    fn make(class: usize) -> Self {
        Self {
            map: LockMap::named(&format!("bare {class}")),
            mode: Mode::Write,
        }
    }

    fn make_recursive(class: usize) -> Self {
        Self {
            mode: Mode::Recursive,
            ..Self::make(class)
        }
    }

    #[inline(always)]
    #[track_caller]
    fn acquire(&self) -> BareGuard<'_> {
        heldby_validator::acquire(&self.map, TYPE, self.mode, Site::caller()).acquired();
        BareGuard(&self.map)
    }
}

/// Always a fair reader.
impl Lock for Read<Bare> {
    type Guard<'a> = BareGuard<'a>;

    fn make(class: usize) -> Self {
        Self(Bare {
            mode: Mode::Read,
            ..Bare::make(class)
        })
    }

    #[inline(always)]
    #[track_caller]
    fn acquire(&self) -> BareGuard<'_> {
        self.0.acquire()
    }
}

impl Drop for BareGuard<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        heldby_validator::release(self.0);
    }
}
