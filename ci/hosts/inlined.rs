//! Built by `ci/inlined.sh`: what a host's compiler makes of the hot path in the functions below.
//!
//! None of them can unwind while it has a guard, so any drop of one by a call is on the way that is
//! taken.

use std::sync::PoisonError;

use heldby::parking_lot;
use heldby::sync::{Mutex, RwLock};

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_lock(mutex: &Mutex<u64>) {
    let mut value = mutex.lock().unwrap_or_else(PoisonError::into_inner);
    *value = value.wrapping_add(1);
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_read(lock: &RwLock<u64>) -> u64 {
    *lock.read().unwrap_or_else(PoisonError::into_inner)
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_write(lock: &RwLock<u64>) {
    let mut value = lock.write().unwrap_or_else(PoisonError::into_inner);
    *value = value.wrapping_add(1);
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_parking_lot_lock(mutex: &parking_lot::Mutex<u64>) {
    let mut value = mutex.lock();
    *value = value.wrapping_add(1);
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_parking_lot_read(lock: &parking_lot::RwLock<u64>) -> u64 {
    *lock.read()
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_parking_lot_write(lock: &parking_lot::RwLock<u64>) {
    let mut value = lock.write();
    *value = value.wrapping_add(1);
}

fn main() {
    let (mutex, lock) = (Mutex::new(1), RwLock::new(1));
    probe_lock(&mutex);
    probe_write(&lock);
    let (parked, shared) = (parking_lot::Mutex::new(1), parking_lot::RwLock::new(1));
    probe_parking_lot_lock(&parked);
    probe_parking_lot_write(&shared);
    let read = (probe_read(&lock), probe_parking_lot_read(&shared));
    println!("{read:?}");
}
