//! Interrupt-like contexts, told by the kernel-named hooks.

use heldby::lockdep::{
    LockMap, lockdep_assert_in_irq, lockdep_assert_in_softirq, lockdep_assert_irqs_disabled,
    lockdep_assert_irqs_enabled, lockdep_assert_no_hardirq, lockdep_hardirq_enter,
    lockdep_hardirq_exit, lockdep_hardirq_threaded, lockdep_hardirqs_off, lockdep_hardirqs_on,
    lockdep_softirq_enter, lockdep_softirq_exit, lockdep_softirqs_off, lockdep_softirqs_on,
    mutex_acquire, mutex_release, spin_acquire, spin_release,
};
use heldby::test::check;

/// What is reported, as codes and titles.
#[track_caller]
fn found(body: impl FnOnce()) -> Vec<String> {
    let reports = check(body);
    let short = |report: &heldby::model::Report| format!("{} {}", report.code, report.title);
    reports.iter().map(short).collect()
}

fn spin(map: &LockMap) {
    spin_acquire(map, 0, false);
    spin_release(map);
}

fn try_spin(map: &LockMap) {
    spin_acquire(map, 0, true);
    spin_release(map);
}

#[test]
fn a_lock_of_an_interrupt_is_held_only_where_it_is_masked() {
    let inconsistent = |name: &str| {
        let title = "possible deadlock: a hard interrupt takes";
        vec![format!(
            "HB0302 {title} `{name}`, and can interrupt who holds it"
        )]
    };
    let interrupt = |map: &LockMap| {
        lockdep_hardirq_enter();
        lockdep_hardirq_threaded();
        spin(map);
        lockdep_hardirq_exit();
    };
    let masked = LockMap::named("contexts::masked");
    let clean = found(|| {
        interrupt(&masked);
        lockdep_hardirqs_off();
        spin(&masked);
        lockdep_hardirqs_on();
    });
    assert_eq!(clean, [""; 0]);

    let open = LockMap::named("contexts::open");
    let inside_first = found(|| {
        interrupt(&open);
        spin(&open);
    });
    assert_eq!(inside_first, inconsistent("contexts::open"));
    // Known already, and now in a context.
    let outside_first = found(|| {
        spin(&open);
        interrupt(&open);
    });
    assert_eq!(outside_first, inconsistent("contexts::open"));
    // A try is held as well, and takes the slow path from now on.
    let tried = found(|| {
        interrupt(&open);
        try_spin(&open);
    });
    assert_eq!(tried, inconsistent("contexts::open"));

    let soft = LockMap::named("contexts::soft");
    let clean = found(|| {
        lockdep_softirq_enter();
        spin(&soft);
        lockdep_softirq_exit();
        lockdep_softirqs_off();
        spin(&soft);
        lockdep_softirqs_on();
    });
    assert_eq!(clean, [""; 0]);
}

#[test]
fn what_sleeps_is_not_taken_in_an_interrupt() {
    let map = LockMap::named("contexts::sleeps");
    let asleep = found(|| {
        lockdep_softirq_enter();
        mutex_acquire(&map, 0, false);
        mutex_release(&map);
        lockdep_softirq_exit();
    });
    let title = "may sleep, and is taken in a soft interrupt, where sleeping is forbidden";
    assert_eq!(asleep, [format!("HB0301 `contexts::sleeps` {title}")]);

    let raw = LockMap::named("contexts::raw");
    let never_threaded = found(|| {
        lockdep_hardirq_enter();
        spin(&raw);
        lockdep_hardirq_exit();
    });
    let title = "may sleep, and is taken in a hard interrupt, where sleeping is forbidden";
    assert_eq!(never_threaded, [format!("HB0301 `contexts::raw` {title}")]);
}

#[test]
fn asserts_tell_where_the_thread_is() {
    let fine = found(|| {
        lockdep_assert_irqs_enabled();
        lockdep_assert_no_hardirq();
        lockdep_hardirqs_off();
        lockdep_assert_irqs_disabled();
        lockdep_hardirqs_on();
        lockdep_hardirq_enter();
        lockdep_assert_in_irq();
        lockdep_assert_irqs_disabled();
        lockdep_hardirq_exit();
        lockdep_softirq_enter();
        lockdep_assert_in_softirq();
        lockdep_assert_irqs_enabled();
        lockdep_softirq_exit();
    });
    assert_eq!(fine, [""; 0]);

    let wrong = found(|| {
        lockdep_assert_irqs_disabled();
        lockdep_assert_in_irq();
        lockdep_assert_in_softirq();
        lockdep_hardirq_enter();
        lockdep_assert_irqs_enabled();
        lockdep_assert_no_hardirq();
        lockdep_hardirq_exit();
    });
    let expected = [
        "hard interrupts must be masked",
        "this must run in a hard interrupt",
        "this must run in a soft interrupt",
        "hard interrupts must be let in",
        "this must not run in a hard interrupt",
    ];
    assert_eq!(
        wrong,
        expected.map(|must| format!("HB0202 assertion failed: {must}"))
    );
}
