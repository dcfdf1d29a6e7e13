//! `parking_lot`'s locks, validated as the facade validates std's.
//!
//! The facade has no wrappers for them yet, so these stand for them: the same calls in the same
//! order, around [`parking_lot::RawMutex`] and [`parking_lot::RawRwLock`], and a guard that is one
//! pointer, as that of `lock_api`.

use heldby_validator::{LockMap, LockType, Mode, Site};
use parking_lot::lock_api::{RawMutex as _, RawRwLock as _};
use parking_lot::{RawMutex, RawRwLock};

use super::Lock;

macro_rules! parking {
    ($lock:ident, $guard:ident, $raw:ident, $family:literal, $mode:ident, $acquire:ident, $release:ident) => {
        /// A validated lock.
        pub(crate) struct $lock {
            map: LockMap,
            raw: $raw,
        }

        /// Holds the lock until it is dropped.
        pub(crate) struct $guard<'a>(&'a $lock);

        impl Lock for $lock {
            type Guard<'a> = $guard<'a>;

            fn make(class: usize) -> Self {
                Self {
                    map: LockMap::named(&format!("{} {class}", $family)),
                    raw: $raw::INIT,
                }
            }

            #[inline(always)]
            #[track_caller]
            fn acquire(&self) -> Self::Guard<'_> {
                const TYPE: &LockType = &LockType::sleeping::<$lock>($family);
                let slot = heldby_validator::acquire(&self.map, TYPE, Mode::$mode, Site::caller());
                self.raw.$acquire();
                slot.acquired();
                $guard(self)
            }
        }

        impl Drop for $guard<'_> {
            #[inline(always)]
            fn drop(&mut self) {
                heldby_validator::release(&self.0.map);
                // SAFETY: the guard was made by an acquire in this mode, and is dropped once.
                unsafe { self.0.raw.$release() }
            }
        }
    };
}

parking!(
    ParkingMutex,
    ParkingMutexGuard,
    RawMutex,
    "parking_lot::Mutex",
    Write,
    lock,
    unlock
);
parking!(
    ParkingRead,
    ParkingReadGuard,
    RawRwLock,
    "parking_lot::RwLock",
    Read,
    lock_shared,
    unlock_shared
);
