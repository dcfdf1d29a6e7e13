//! The model checker's atomics and locks, by the names of `src/sync.rs`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

pub(crate) use std::sync::PoisonError;

pub(crate) use loom::hint::spin_loop;
pub(crate) use loom::sync::atomic::{AtomicBool, Ordering, fence};
pub(crate) use loom::sync::{Mutex, MutexGuard};

/// Atomics whose stores a signal handler can come in front of.
macro_rules! interrupted {
    ($($name:ident $(<$generic:ident>)? ($value:ty)),*) => {$(
        #[derive(Debug)]
        pub(crate) struct $name $(<$generic>)? (loom::sync::atomic::$name $(<$generic>)?);

        impl $(<$generic>)? $name $(<$generic>)? {
            pub(crate) fn new(value: $value) -> Self {
                Self(loom::sync::atomic::$name::new(value))
            }

            pub(crate) fn store(&self, value: $value, ordering: Ordering) {
                crate::interrupting::before_store();
                self.0.store(value, ordering);
            }
        }

        impl $(<$generic>)? std::ops::Deref for $name $(<$generic>)? {
            type Target = loom::sync::atomic::$name $(<$generic>)?;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    )*};
}

interrupted!(AtomicPtr<T>(*mut T), AtomicU32(u32), AtomicU64(u64));

/// A table that is locked as a whole: of what it tells, that is all that counts.
pub(crate) struct DashMap<K, V>(Mutex<BTreeMap<K, V>>);

impl<K: Ord, V: Copy> DashMap<K, V> {
    pub(crate) fn with_shard_amount(_shards: usize) -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    pub(crate) fn insert(&self, key: K, value: V) {
        self.0.lock().unwrap().insert(key, value);
    }

    pub(crate) fn get(&self, key: &K) -> Option<Box<V>> {
        self.0.lock().unwrap().get(key).copied().map(Box::new)
    }

    pub(crate) fn remove(&self, key: &K) -> Option<(K, V)> {
        self.0.lock().unwrap().remove_entry(key)
    }
}

/// Orders nothing, so that no model leans on it.
pub(crate) struct OnceBox<T>(OnceLock<Box<T>>);

impl<T> OnceBox<T> {
    pub(crate) fn new() -> Self {
        Self(OnceLock::new())
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> Box<T>) -> &T {
        self.0.get_or_init(make)
    }
}

macro_rules! const_fn {
    ($visibility:vis fn $($rest:tt)*) => {
        $visibility fn $($rest)*
    };
}

macro_rules! array {
    ($element:expr; $len:expr) => {
        std::array::from_fn::<_, { $len }, _>(|_| $element)
    };
}

pub(crate) use {array, const_fn};

pub(crate) fn zeroed(len: usize) -> Box<[AtomicU64]> {
    std::iter::repeat_with(|| AtomicU64::new(0))
        .take(len)
        .collect()
}
