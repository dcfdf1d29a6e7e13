//! The lock events, of which only the lock map is left: memory that each event reads and that a new
//! owner of the VMA writes.

use loom::cell::UnsafeCell;

pub(crate) enum ClassPolicy {
    Forbid,
}

pub(crate) struct LockKey;

impl LockKey {
    pub(crate) const fn new(_name: &'static str) -> Self {
        Self
    }

    pub(crate) const fn with_policy(_name: &'static str, _policy: ClassPolicy) -> Self {
        Self
    }

    pub(crate) const fn derived(self, _of: fn(())) -> Self {
        self
    }
}

pub(crate) struct LockMap(UnsafeCell<()>);

impl LockMap {
    pub(crate) fn with_key(_key: &'static LockKey) -> Self {
        Self(UnsafeCell::new(()))
    }

    /// Makes it another lock's map.
    pub(crate) fn renew(&self) {
        self.0.with_mut(|_| ());
    }

    fn touch(&self) {
        self.0.with(|_| ());
    }
}

macro_rules! events {
    ($($event:ident($($argument:ty),*);)*) => {$(
        pub(crate) fn $event(map: &LockMap $(, _: $argument)*) {
            map.touch();
        }
    )*};
}

events! {
    rwsem_acquire(u32, bool);
    rwsem_acquire_read(u32, bool);
    rwsem_release();
    lock_acquire_shared(u32, bool);
    lock_acquire_exclusive(u32, bool);
    lock_contended();
    lock_acquired();
    lock_downgrade();
    lock_release();
}
