//! As `off.rs`, on the locks of `parking_lot`.

#[cfg(not(feature = "std"))]
use heldby::parking_lot;

use parking_lot::RwLockUpgradableReadGuard;

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_parking_lot_lock(mutex: &parking_lot::Mutex<u64>) -> u64 {
    let mut value = mutex.lock();
    *value += 1;
    *value
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_parking_lot_try_lock(mutex: &parking_lot::FairMutex<u64>) -> Option<u64> {
    mutex.try_lock().map(|value| *value)
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_parking_lot_read(lock: &parking_lot::RwLock<u64>) -> u64 {
    *lock.read() + *lock.read_recursive()
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_parking_lot_upgrade(lock: &parking_lot::RwLock<u64>) {
    let read = lock.upgradable_read();
    if *read == 0 {
        *RwLockUpgradableReadGuard::upgrade(read) += 1;
    }
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_parking_lot_reentrant(mutex: &parking_lot::ReentrantMutex<u64>) -> u64 {
    *mutex.lock()
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_parking_lot_wait(
    ready: &parking_lot::Condvar,
    value: &mut parking_lot::MutexGuard<'_, u64>,
) {
    ready.wait(value);
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_parking_lot_once(once: &parking_lot::Once) {
    once.call_once(|| println!("once"));
}

fn print_sizes() {
    macro_rules! sizes {
        ($($type:ty),* $(,)?) => {$(
            println!("{} {}", stringify!($type), size_of::<$type>());
        )*};
    }
    sizes![
        parking_lot::Mutex<u8>,
        parking_lot::Mutex<u64>,
        parking_lot::MutexGuard<'static, u64>,
        parking_lot::FairMutex<u16>,
        parking_lot::ReentrantMutex<u64>,
        parking_lot::RwLock<u8>,
        parking_lot::RwLock<u64>,
        RwLockUpgradableReadGuard<'static, u64>,
        parking_lot::Condvar,
        parking_lot::Once,
    ];
}

fn main() {
    print_sizes();
    let (mutex, lock) = (parking_lot::Mutex::new(1), parking_lot::RwLock::new(0));
    probe_parking_lot_upgrade(&lock);
    probe_parking_lot_once(&parking_lot::Once::new());
    let ready = parking_lot::Condvar::new();
    if ready.notify_all() > 0 {
        probe_parking_lot_wait(&ready, &mut mutex.lock());
    }
    drop((mutex.lock(), lock.write()));
    drop((lock.write(), mutex.lock()));
    let sum = probe_parking_lot_lock(&mutex) + probe_parking_lot_read(&lock);
    let fair = probe_parking_lot_try_lock(&parking_lot::FairMutex::new(1));
    let reentrant = probe_parking_lot_reentrant(&parking_lot::ReentrantMutex::new(1));
    println!("{sum} {fair:?} {reentrant}");
}
