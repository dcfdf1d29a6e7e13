//! An initialiser is held while it runs, and waited for by whoever could run it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use heldby::parking_lot::{Mutex, Once, OnceState};

use super::{SILENT, found};

#[test]
fn an_initialiser_that_takes_a_lock_and_a_look_under_it() {
    let (once, mutex) = (Once::new(), Mutex::named("mutex", 0));
    let line = line!() - 1;
    let both = || {
        once.call_once(|| *mutex.lock() += 1);
        let _mutex = mutex.lock();
        assert_eq!(once.state(), OnceState::Done);
        once.call_once(|| panic!("it ran before"));
    };
    let name = format!("Once@once.rs:{line}");
    assert_eq!(found(both), [format!("HB0005 {name} mutex")]);
}

#[test]
fn an_initialiser_that_panics_leaves_nothing_held() {
    let once = Once::new();
    let panics = || {
        let init = || once.call_once(|| panic!("on purpose"));
        assert!(catch_unwind(AssertUnwindSafe(init)).is_err());
        heldby::assert_not_held!(once);
        once.call_once_force(|state| {
            assert!(state.poisoned());
            heldby::assert_held!(once);
        });
        assert!(once.state().done());
    };
    assert_eq!(found(panics), SILENT);
}
