//! Atomics by names of our own, so that `tests/model` can compile a module with a model checker's.

pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering, fence};

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
