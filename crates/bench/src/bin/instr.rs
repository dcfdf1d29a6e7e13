//! Fixed loops whose instructions `ci/bench-instr.sh` counts.
//!
//! Each loop is a function of its own that is called once, with everything made and known before, so
//! that what callgrind counts inside it, by [`ROUNDS`], is one round and nothing else.
//! The same loop stands beside it on the locks of std, from which the rest is told.
//! The function `instr_some_name` is the row `some-name` of `ci/bench-instr.budget`.

use std::hint::black_box;
use std::{array, sync};

use heldby::sync::{Mutex, RwLock};

/// Rounds of each loop.
const ROUNDS: usize = 1_000;

/// Makes functions that take a step [`ROUNDS`] times.
///
/// Each says its name, since of functions that are the same the compiler would keep only one.
macro_rules! loops {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),*) $step:block)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        #[inline(never)]
        fn $name($($arg: $type),*) {
            black_box(stringify!($name));
            for _ in 0..ROUNDS $step
        }
    )*};
}

type RawMutex = sync::Mutex<usize>;
type RawRwLock = sync::RwLock<usize>;

/// The measured loops; `$mutex` and `$rwlock` are the locks, the names those of the functions.
macro_rules! on_locks {
    ($mutex:ty, $rwlock:ty, $pair:ident, $read:ident, $write:ident, $hand:ident, $nested:ident) => {
        loops! {
            /// A lock and its release.
            fn $pair(lock: &$mutex) {
                drop(black_box(lock).lock().unwrap());
            }
            /// A read and its release.
            fn $read(lock: &$rwlock) {
                drop(black_box(lock).read().unwrap());
            }
            /// A write and its release.
            fn $write(lock: &$rwlock) {
                drop(black_box(lock).write().unwrap());
            }
            /// Two locks, the older one released first.
            fn $hand(first: &$mutex, second: &$mutex) {
                let held = black_box(first).lock().unwrap();
                let next = black_box(second).lock().unwrap();
                drop(held);
                drop(next);
            }
            /// Two locks, nested.
            fn $nested(outer: &$mutex, inner: &$mutex) {
                let outer = black_box(outer).lock().unwrap();
                let inner = black_box(inner).lock().unwrap();
                drop(inner);
                drop(outer);
            }
        }
    };
}

on_locks!(
    RawMutex,
    RawRwLock,
    instr_raw_mutex,
    instr_raw_read,
    instr_raw_write,
    instr_raw_hand_over_hand,
    instr_raw_nested
);
on_locks!(
    Mutex<usize>,
    RwLock<usize>,
    instr_mutex_depth_1,
    instr_read_depth_1,
    instr_write_depth_1,
    instr_hand_over_hand,
    instr_nested
);

/// The same pairs once more, each a function of its own, for another depth or other locks.
macro_rules! again {
    ($($name:ident: $lock:ty, $acquire:ident;)*) => {
        loops! {
            $(fn $name(lock: &$lock) {
                drop(black_box(lock).$acquire().unwrap());
            })*
        }
    };
}

again! {
    instr_mutex_depth_8: Mutex<usize>, lock;
    instr_read_depth_8: RwLock<usize>, read;
    instr_one_class_depth_2: Mutex<usize>, lock;
    instr_one_class_depth_8: Mutex<usize>, lock;
    instr_try_lock: Mutex<usize>, try_lock;
}

/// Pairs on locks that are not poisoned, each a function of its own.
macro_rules! unpoisoned {
    ($($name:ident: $lock:ty, $acquire:ident;)*) => {
        loops! {
            $(fn $name(lock: &$lock) {
                drop(black_box(lock).$acquire());
            })*
        }
    };
}

unpoisoned! {
    instr_raw_parking_lot_mutex: parking_lot::Mutex<usize>, lock;
    instr_raw_parking_lot_read: parking_lot::RwLock<usize>, read;
    instr_raw_parking_lot_upgradable_read: parking_lot::RwLock<usize>, upgradable_read;
    instr_raw_parking_lot_reentrant: parking_lot::ReentrantMutex<usize>, lock;
    instr_parking_lot_mutex: heldby::parking_lot::Mutex<usize>, lock;
    instr_parking_lot_read: heldby::parking_lot::RwLock<usize>, read;
    instr_parking_lot_upgradable_read: heldby::parking_lot::RwLock<usize>, upgradable_read;
    instr_parking_lot_reentrant: heldby::parking_lot::ReentrantMutex<usize>, lock;
}

loops! {
    fn instr_raw_try_lock(lock: &RawMutex) {
        drop(black_box(lock).try_lock().unwrap());
    }
    /// Eight locks, the oldest released first.
    fn instr_first_in_first_out(locks: &[Mutex<usize>; 8]) {
        let [a, b, c, d, e, f, g, h] = black_box(locks);
        let guards = (
            a.lock().unwrap(), b.lock().unwrap(), c.lock().unwrap(), d.lock().unwrap(),
            e.lock().unwrap(), f.lock().unwrap(), g.lock().unwrap(), h.lock().unwrap(),
        );
        // The fields of a tuple are dropped in their order.
        drop(guards);
    }
    fn instr_raw_first_in_first_out(locks: &[RawMutex; 8]) {
        let [a, b, c, d, e, f, g, h] = black_box(locks);
        let guards = (
            a.lock().unwrap(), b.lock().unwrap(), c.lock().unwrap(), d.lock().unwrap(),
            e.lock().unwrap(), f.lock().unwrap(), g.lock().unwrap(), h.lock().unwrap(),
        );
        drop(guards);
    }
    /// Whether a lock is held.
    fn instr_held(lock: &Mutex<usize>) {
        black_box(heldby::held(black_box(lock)));
    }
    fn instr_not_held(lock: &Mutex<usize>) {
        black_box(heldby::held(black_box(lock)));
    }
}

/// Two nested locks, for each pair of `order`.
#[unsafe(no_mangle)]
#[inline(never)]
fn instr_new_dependency(locks: &[Mutex<usize>], order: &[(usize, usize)]) {
    black_box("new");
    for &(outer, inner) in order {
        let outer = locks[outer].lock().unwrap();
        let inner = locks[inner].lock().unwrap();
        drop(inner);
        drop(outer);
    }
}

/// More pairs than the cache of one task has room for, all known.
#[unsafe(no_mangle)]
#[inline(never)]
fn instr_random_pairs(locks: &[Mutex<usize>], order: &[(usize, usize)]) {
    take_pairs(locks, order);
}

#[inline(always)]
fn take_pairs(locks: &[Mutex<usize>], order: &[(usize, usize)]) {
    for &(outer, inner) in order {
        let outer = locks[outer].lock().unwrap();
        let inner = locks[inner].lock().unwrap();
        drop(inner);
        drop(outer);
    }
}

fn main() {
    raw();
    known_chains();
    of_parking_lot();
    out_of_order();
    one_class();
    ownership();
    many_chains();
}

fn mutexes<const N: usize>(prefix: &str) -> [Mutex<usize>; N] {
    array::from_fn(|i| Mutex::named(&format!("{prefix}-{i}"), i))
}

fn raw() {
    let (first, second) = (RawMutex::new(0), RawMutex::new(0));
    let lock = RawRwLock::new(0);
    instr_raw_mutex(&first);
    instr_raw_try_lock(&first);
    instr_raw_read(&lock);
    instr_raw_write(&lock);
    instr_raw_hand_over_hand(&first, &second);
    instr_raw_nested(&first, &second);
    instr_raw_first_in_first_out(&array::from_fn(RawMutex::new));
    let lock = parking_lot::RwLock::new(0);
    instr_raw_parking_lot_mutex(&parking_lot::Mutex::new(0));
    instr_raw_parking_lot_read(&lock);
    instr_raw_parking_lot_upgradable_read(&lock);
    instr_raw_parking_lot_reentrant(&parking_lot::ReentrantMutex::new(0));
}

fn of_parking_lot() {
    let mutex = heldby::parking_lot::Mutex::named("parking_lot mutex", 0);
    let lock = heldby::parking_lot::RwLock::named("parking_lot rwlock", 0);
    let reentrant = heldby::parking_lot::ReentrantMutex::named("parking_lot reentrant", 0);
    drop(mutex.lock());
    instr_parking_lot_mutex(&mutex);
    drop(lock.read());
    instr_parking_lot_read(&lock);
    drop(lock.upgradable_read());
    instr_parking_lot_upgradable_read(&lock);
    drop(reentrant.lock());
    instr_parking_lot_reentrant(&reentrant);
}

fn known_chains() {
    let outer: [Mutex<usize>; 7] = mutexes("outer");
    let inner = Mutex::named("inner", 0);
    let rwlock = RwLock::named("rwlock", 0);
    drop(inner.lock());
    instr_mutex_depth_1(&inner);
    instr_try_lock(&inner);
    drop(rwlock.read());
    instr_read_depth_1(&rwlock);
    drop(rwlock.write());
    instr_write_depth_1(&rwlock);
    let mut held: Vec<_> = outer.iter().map(|lock| lock.lock().unwrap()).collect();
    drop(inner.lock());
    instr_mutex_depth_8(&inner);
    drop(rwlock.read());
    instr_read_depth_8(&rwlock);
    while held.pop().is_some() {}
    drop((outer[0].lock().unwrap(), outer[1].lock().unwrap()));
    instr_nested(&outer[0], &outer[1]);
}

fn out_of_order() {
    let locks: [Mutex<usize>; 8] = mutexes("queue");
    let [first, second, ..] = &locks;
    for _ in 0..2 {
        let held = first.lock().unwrap();
        let next = second.lock().unwrap();
        drop(held);
        drop(next);
    }
    instr_hand_over_hand(first, second);
    for _ in 0..2 {
        let guards: Vec<_> = locks.iter().map(|lock| lock.lock().unwrap()).collect();
        // The elements of a vector are dropped in their order.
        drop(guards);
    }
    instr_first_in_first_out(&locks);
}

fn one_class() {
    let locks: [Mutex<usize>; 8] = array::from_fn(|i| Mutex::named("twin", i));
    let [outer @ .., inner] = &locks;
    let mut held: Vec<_> = outer[..1].iter().map(|lock| lock.lock().unwrap()).collect();
    (0..2).for_each(|_| drop(inner.lock()));
    instr_one_class_depth_2(inner);
    held.extend(outer[1..].iter().map(|lock| lock.lock().unwrap()));
    (0..2).for_each(|_| drop(inner.lock()));
    instr_one_class_depth_8(inner);
    while held.pop().is_some() {}
}

fn ownership() {
    let locks: [Mutex<usize>; 9] = mutexes("asked");
    let (other, held) = locks.split_last().expect("there are nine");
    drop(other.lock());
    let mut guards: Vec<_> = held.iter().map(|lock| lock.lock().unwrap()).collect();
    instr_held(&held[0]);
    instr_not_held(other);
    while guards.pop().is_some() {}
}

/// Pairs of `locks`, each once, the lower one first, so that nothing is reported.
fn some_pairs(locks: usize) -> Vec<(usize, usize)> {
    let mut pairs: Vec<_> = (0..locks)
        .flat_map(|outer| (outer + 1..locks).map(move |inner| (outer, inner)))
        .collect();
    // The same shuffle each time.
    let mut random = 1_u64;
    for end in (1..pairs.len()).rev() {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1);
        pairs.swap(end, (random >> 33) as usize % (end + 1));
    }
    pairs.truncate(ROUNDS);
    pairs
}

fn many_chains() {
    let locks: [Mutex<usize>; 200] = mutexes("many");
    locks.iter().for_each(|lock| drop(lock.lock()));
    let order = some_pairs(locks.len());
    instr_new_dependency(&locks, &order);
    // The cache of the task grows until it has room for them.
    for _ in 0..10 {
        take_pairs(&locks, &order);
    }
    instr_random_pairs(&locks, &order);
}
