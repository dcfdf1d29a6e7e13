//! Without `validate`: nothing is evaluated, nothing is known, nothing is said.
#![cfg(not(feature = "validate"))]

#[path = "facade/auto_traits.rs"]
mod auto_traits;
#[path = "facade/like_std/mod.rs"]
mod like_std;

use heldby::lockdep::{AsLockMap, LockKey, LockMap};
use heldby::sync::RwLock;
use heldby::{Stabilised, Stability, TwoLevel, assert_stabilised, stability};

/// Counts its uses as an argument.
struct Counted(std::cell::Cell<u32>, RwLock<u8>);

impl Counted {
    fn new() -> Self {
        Self(std::cell::Cell::new(0), RwLock::new(0))
    }

    fn lock(&self) -> &RwLock<u8> {
        self.0.set(self.0.get() + 1);
        &self.1
    }
}

impl AsLockMap for Counted {
    fn as_lock_map(&self) -> &LockMap {
        self.lock().as_lock_map()
    }
}

impl TwoLevel for Counted {
    type Container = RwLock<u8>;
    const ITEM_WRITE_IMPLIES_CONTAINER_WRITE: bool = false;

    fn container(&self) -> &RwLock<u8> {
        self.lock()
    }
}

#[test]
fn assertions_do_not_evaluate_their_arguments() {
    let counted = Counted::new();
    heldby::assert_held!(*counted.lock());
    heldby::stabilised!(*counted.lock(), *counted.lock());
    heldby::stabilised!(counted);
    assert_eq!(counted.0.get(), 0);
}

#[test]
fn stability_is_unknown() {
    let counted = Counted::new();
    assert_eq!(stability(&counted.1, &counted.1), Stability::Unknown);
    let described = assert_stabilised(&counted, || panic!("nothing is described"));
    assert_eq!(described, Stability::Unknown);
}

#[test]
fn a_proof_is_a_reference() {
    let (counted, other) = (Counted::new(), RwLock::new(0));
    let guard = other.read().unwrap();
    // Not even looked at: nothing tells one lock from another.
    let proof = Stabilised::by_item(&guard, &counted);
    assert_eq!(proof.0.get(), 0);
    assert_eq!(size_of::<Stabilised<'_, u8>>(), size_of::<&u8>());
    assert_eq!(size_of::<Stabilised<'_, str>>(), size_of::<&str>());
}

#[test]
fn nothing_is_derived() {
    static SPACE: LockKey = LockKey::new("space").derived(|_| panic!("nobody asks"));
    let lock = RwLock::with_class(&SPACE, 0);
    let _guard = lock.write();
    heldby::assert_not_held!(lock);
    assert_eq!(size_of::<LockKey>(), 0);
}
