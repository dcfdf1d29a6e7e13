//! What locks are called, and so which of them are one class.
//!
//! A lock in static memory is a class by itself, named by its variable; if that is a large array, one class
//! with the others in it. Any other lock is of the class of all that were initialised at the same place, or
//! first used there if nothing initialised them. So is one of a large array that was initialised by a call:
//! it may be memory that the program hands out by itself, or a large structure.

use heldby_validator::{ClassId, LockMap, LockType, Site};

use crate::objects::{self, Variable};

/// A map for the lock at `lock`, which a call at `made` initialised.
pub(crate) fn map(
    lock: usize,
    made: Option<usize>,
    first_used: impl FnOnce() -> usize,
    lock_type: &'static LockType,
) -> LockMap {
    let at = |address| LockMap::made_at(Site::returning_to(address), lock_type);
    match (objects::variable_at(lock), made) {
        (Some(Variable::Place(name)), _) | (Some(Variable::Array(name)), None) => {
            LockMap::of_class(ClassId::named(&name, lock_type))
        }
        (_, Some(made)) => at(made),
        (None, None) => at(first_used()),
    }
}
