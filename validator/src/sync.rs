//! Atomics and what is made of them by names of our own, so that `tests/model` can compile a module
//! with a model checker's.

pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};

pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use dashmap::DashMap;
pub(crate) use once_cell::race::OnceBox;

/// A function that is constant, but for a model checker, whose atomics are not.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis fn $($rest:tt)*) => {
        $(#[$attribute])*
        $visibility const fn $($rest)*
    };
}

/// An array of equal elements that are not `Copy`.
macro_rules! array {
    ($element:expr; $len:expr) => {
        [const { $element }; $len]
    };
}

pub(crate) use {array, const_fn};

/// Zeros. The allocator hands out zeroed pages untouched, so what is not used costs no memory.
pub(crate) fn zeroed(len: usize) -> Box<[AtomicU64]> {
    let zeros = vec![0_u64; len].into_boxed_slice();
    // SAFETY: `AtomicU64` has the size, alignment and bit validity of `u64`.
    unsafe { Box::from_raw(Box::into_raw(zeros) as *mut [AtomicU64]) }
}
