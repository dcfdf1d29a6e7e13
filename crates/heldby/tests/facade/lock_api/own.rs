//! A spin lock that a host made.

use heldby::lock_api::{MutexGuard, RawMutex, Validated};
use heldby::sync;
use heldby::test::check;

use super::{Spin, SpinMutex, Spins, found};

#[test]
fn its_orders_are_learned() {
    let (spin, std) = (SpinMutex::named("spin", 1), sync::Mutex::named("std", 2));
    let reports = check(|| {
        drop((spin.lock(), std.lock()));
        drop((std.lock(), spin.lock()));
    });
    assert_eq!(reports.len(), 1);
    let mut classes = reports[0].classes.iter();
    assert!(classes.any(|class| class.type_name == "spins::Mutex"));
    assert!(reports[0].site.file.ends_with("own.rs"));
}

#[test]
fn a_raw_lock_is_of_the_place_where_it_was_made() {
    type Raw = Validated<Spin, Spins>;
    type Plain<T> = lock_api::Mutex<Raw, T>;
    let plain = Plain::from_raw(Raw::new(Spin::INIT), 1);
    let line = line!() - 1;
    let named = Plain::from_raw(Raw::named("named", Spin::INIT), 2);
    let both = || {
        drop((plain.lock(), named.lock()));
        drop((named.lock(), plain.lock()));
    };
    assert_eq!(found(both), [format!("HB0001 Mutex@own.rs:{line} named")]);
}

#[test]
fn what_lock_api_makes_of_it_is_told() {
    let (spin, plain) = (SpinMutex::new([1, 2]), SpinMutex::<i32>::default());
    let uses = || {
        let mut mapped = MutexGuard::map(spin.lock(), |values| &mut values[0]);
        *mapped += *plain.lock();
        heldby::assert_held_write!(spin);
        drop(mapped);
        heldby::assert_not_held!(spin);
        let mut guard = spin.lock();
        MutexGuard::unlocked(&mut guard, || heldby::assert_not_held!(spin));
        heldby::assert_held_write!(spin);
    };
    assert_eq!(found(uses), [""; 0]);
    assert_eq!(spin.into_inner(), [1, 2]);
}
