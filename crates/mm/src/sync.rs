//! The atomics and the waiting primitives of the protocol, in one place so that a model checker can
//! stand in for them.

pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
pub(crate) use std::sync::{Arc, Condvar, Mutex};
