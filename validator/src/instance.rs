//! What is kept of single locks beside their eight bytes, by instance, where a host asks for it.
//!
//! A lock that was told nothing costs nothing here. One that was costs about 24 bytes, until it goes.

mod notes;

use notes::Notes;

/// The place of each lock in the order of its class.
pub(crate) static ORDER: Notes = Notes::new();

/// Where each lock was when it last took the slow path.
pub(crate) static ADDRESS: Notes = Notes::new();

/// Forgets what was kept of a lock that is gone.
pub(crate) fn forget(instance: u32) {
    ORDER.take(instance);
    ADDRESS.take(instance);
}

/// Hands on what was kept of a lock that is made anew: it is in the same place, and is what it was.
pub(crate) fn hand_on(from: u32, to: u32) {
    for notes in [&ORDER, &ADDRESS] {
        if let Some(number) = notes.take(from) {
            notes.set(to, number);
        }
    }
}
