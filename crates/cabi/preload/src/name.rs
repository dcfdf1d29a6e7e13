//! What locks are called, and so which of them are one class.
//!
//! A lock in static memory is a class by itself, named by its variable. Another one is of the class of
//! all that were initialised at the same place, or first used there if nothing initialised it.

use heldby_validator::{ClassId, LockMap, LockType, Site};

use crate::objects;

/// A map for the lock at `lock`, which the program made at `made`.
pub(crate) fn map(lock: usize, made: usize, lock_type: &'static LockType) -> LockMap {
    match objects::name_of(lock) {
        Some(name) => LockMap::of_class(ClassId::named(&name, lock_type)),
        None => LockMap::made_at(Site::returning_to(made), lock_type),
    }
}
