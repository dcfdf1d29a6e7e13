//! Built twice by `ci/off.sh`, on std's locks and on Heldby's without `validate`: the functions below
//! must come out the same, and so must every size.

#[cfg(feature = "std")]
use std::{sync, thread};

#[cfg(not(feature = "std"))]
use heldby::{sync, thread};

use sync::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_lock(mutex: &Mutex<u64>) -> u64 {
    let mut value = mutex.lock().unwrap();
    *value += 1;
    *value
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_try_lock(mutex: &Mutex<u64>) -> Option<u64> {
    mutex.try_lock().ok().map(|value| *value)
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_nested(outer: &Mutex<u64>, inner: &Mutex<u64>) {
    let outer = outer.lock().unwrap();
    *inner.lock().unwrap() = *outer;
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_read(lock: &RwLock<u64>) -> u64 {
    *lock.read().unwrap()
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_write(lock: &RwLock<u64>) {
    *lock.write().unwrap() += 1;
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_wait(ready: &Condvar, mutex: &Mutex<u64>) {
    let mut value = mutex.lock().unwrap();
    while *value == 0 {
        value = ready.wait(value).unwrap();
    }
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_stabilised(tree: &RwLock<u64>, page: &Mutex<u64>) -> u64 {
    let guard = tree.read().unwrap();
    #[cfg(not(feature = "std"))]
    heldby::stabilised!(tree, page);
    *guard + u64::from(page.is_poisoned())
}

#[unsafe(no_mangle)]
#[inline(never)]
pub fn probe_static() -> u64 {
    static COUNT: Mutex<u64> = Mutex::new(0);
    *COUNT.lock().unwrap()
}

fn print_sizes() {
    macro_rules! sizes {
        ($($type:ty),* $(,)?) => {$(
            println!("{} {}", stringify!($type), size_of::<$type>());
        )*};
    }
    sizes![
        Mutex<u8>,
        Mutex<u64>,
        Mutex<[u64; 5]>,
        MutexGuard<'static, u64>,
        RwLock<u8>,
        RwLock<u64>,
        RwLockReadGuard<'static, u64>,
        RwLockWriteGuard<'static, u64>,
        Condvar,
        thread::JoinHandle<()>,
        Option<thread::JoinHandle<u64>>,
    ];
}

fn main() {
    print_sizes();
    let (mutex, other, lock) = (Mutex::new(1), Mutex::new(1), RwLock::new(1));
    probe_nested(&mutex, &other);
    probe_nested(&other, &mutex);
    probe_write(&lock);
    probe_wait(&Condvar::new(), &mutex);
    probe_stabilised(&lock, &mutex);
    let values = [probe_lock(&mutex), probe_read(&lock), probe_static()];
    println!("{values:?} {:?}", probe_try_lock(&mutex));
}
