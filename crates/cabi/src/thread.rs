//! The calling thread as a whole.

use heldby_validator::{lockdep_off, lockdep_on};

/// Switches the validation of the calling thread off, until heldby_on() was called as often: what it
/// acquires meanwhile passes through unseen.
#[unsafe(no_mangle)]
pub extern "C" fn heldby_off() {
    lockdep_off();
}

/// Takes one heldby_off() back; more than there were do nothing.
#[unsafe(no_mangle)]
pub extern "C" fn heldby_on() {
    lockdep_on();
}
