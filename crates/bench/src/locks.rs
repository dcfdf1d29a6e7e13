//! The locks, all under one trait.

mod bare;

use std::sync::{MutexGuard, RwLockReadGuard};

pub(crate) use bare::Bare;

/// A lock that is taken in one way.
///
/// Implementors inline [`acquire`](Self::acquire), which is then compiled as in a host.
pub trait Lock: Send + Sync + 'static {
    /// Holds the lock until it is dropped.
    type Guard<'a>;

    /// Makes a lock of the class with that number, if there are classes.
    fn make(class: usize) -> Self;

    /// Makes one of a class that is only ever held by recursive readers, if there are such.
    fn make_recursive(class: usize) -> Self
    where
        Self: Sized,
    {
        Self::make(class)
    }

    /// Takes the lock.
    fn acquire(&self) -> Self::Guard<'_>;
}

/// A lock that is taken for reading.
#[derive(Debug)]
pub(crate) struct Read<L>(L);

macro_rules! lock {
    ($lock:ty, $guard:ty, |$class:ident| $make:expr, |$self:ident| $acquire:expr) => {
        impl Lock for $lock {
            type Guard<'a> = $guard;

            fn make($class: usize) -> Self {
                $make
            }

            #[inline(always)]
            #[track_caller]
            fn acquire(&$self) -> Self::Guard<'_> {
                $acquire
            }
        }
    };
}

lock!(
    std::sync::Mutex<usize>,
    MutexGuard<'a, usize>,
    |class| std::sync::Mutex::new(class),
    |self| self.lock().unwrap()
);
lock!(
    Read<std::sync::RwLock<usize>>,
    RwLockReadGuard<'a, usize>,
    |class| Self(std::sync::RwLock::new(class)),
    |self| self.0.read().unwrap()
);
lock!(
    parking_lot::Mutex<usize>,
    parking_lot::MutexGuard<'a, usize>,
    |class| parking_lot::Mutex::new(class),
    |self| self.lock()
);
lock!(
    Read<parking_lot::RwLock<usize>>,
    parking_lot::RwLockReadGuard<'a, usize>,
    |class| Self(parking_lot::RwLock::new(class)),
    |self| self.0.read()
);
lock!(
    heldby::sync::Mutex<usize>,
    heldby::sync::MutexGuard<'a, usize>,
    |class| heldby::sync::Mutex::named(&format!("mutex {class}"), class),
    |self| self.lock().unwrap()
);
lock!(
    Read<heldby::sync::RwLock<usize>>,
    heldby::sync::RwLockReadGuard<'a, usize>,
    |class| Self(heldby::sync::RwLock::named(
        &format!("rwlock {class}"),
        class
    )),
    |self| self.0.read().unwrap()
);
lock!(
    heldby::parking_lot::Mutex<usize>,
    heldby::parking_lot::MutexGuard<'a, usize>,
    |class| heldby::parking_lot::Mutex::named(&format!("parking_lot mutex {class}"), class),
    |self| self.lock()
);
lock!(
    Read<heldby::parking_lot::RwLock<usize>>,
    heldby::parking_lot::RwLockReadGuard<'a, usize>,
    |class| Self(heldby::parking_lot::RwLock::named(
        &format!("parking_lot rwlock {class}"),
        class
    )),
    |self| self.0.read()
);
