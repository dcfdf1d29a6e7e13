//! Events by hand: lives are hidden, and a pending wait is promoted when it lasts.

use heldby_validator::{Acquire, Event, Held, LockMap, LockType, Mode, Role, Site, Validator};

use crate::rig::{LOCK, class, quiet, short};

struct Thing;

static LIFE: LockType = LockType::event::<Thing>("thread", Role::Thread);
static CONDITION: LockType = LockType::event::<Thing>("condition variable", Role::Condvar);

fn named(name: &str, lock_type: &'static LockType) -> LockMap {
    LockMap::of_class(heldby_validator::ClassId::named(name, lock_type))
}

fn ask(line: u32) -> Acquire<'static> {
    Acquire::new(&LOCK, Mode::Write, Site::intern("events", line, 1))
}

#[test]
fn a_life_is_hidden_from_all_but_the_report_of_its_cycle() {
    let validator = Validator::new(quiet());
    let (life, lock) = (named("Life", &LIFE), LockMap::of_class(class("LivedWith")));
    let other = LockMap::of_class(class("LivedWithout"));
    let site = Site::caller();
    let [maker, thread] = ["maker", "thread"].map(|name| validator.task(name));
    thread.begin(Some(&life), Some(&maker), site);
    thread.acquire(&lock, ask(1));
    thread.acquire(&other, ask(2));
    assert_eq!(validator.holders(&life), []);
    assert_eq!(thread.held(&life), Held::No);
    thread.release(&other, site);
    thread.release(&lock, site);

    // One order is seen between locks; the orders of the life are not shown.
    maker.acquire(&lock, ask(3));
    maker.join(&life, &LIFE, site);
    let graph = validator.graph();
    assert_eq!((graph.classes.len(), graph.dependencies.len()), (2, 1));
    assert_eq!(validator.stats().dependencies, 1);
    let reports = validator.reports();
    assert_eq!(
        reports.iter().map(short).collect::<Vec<_>>(),
        ["HB0005 Life LivedWith"]
    );
    let held: Vec<_> = reports[0].held.iter().map(|held| &*held.lock).collect();
    assert_eq!(held, ["LivedWith"]);

    // The thread ends with nothing held.
    thread.exit(site);
    assert_eq!(validator.reports().len(), 1);
}

#[test]
fn a_pending_wait_is_promoted_when_it_lasts() {
    let validator = Validator::new(quiet());
    let [outer, inner] = ["WaitedUnder", "WaitedWith"].map(|name| LockMap::of_class(class(name)));
    let condition = named("Condition", &CONDITION);
    let event = |line| Event {
        map: &condition,
        lock_type: &CONDITION,
        site: Site::intern("events", line, 1),
    };
    let [waiter, notifier, free] = ["waiter", "notifier", "free"].map(|name| validator.task(name));
    let wait = || {
        waiter.acquire(&outer, ask(1));
        waiter.acquire(&inner, ask(2));
        waiter.wait(event(3), &inner, &LOCK)
    };
    let leave = || {
        for lock in [&inner, &outer] {
            waiter.release(lock, Site::caller());
        }
    };
    let pending = || validator.pending().iter().map(short).collect::<Vec<_>>();

    // No notify is known, so none is needed; it has to be seen how one is made.
    assert_eq!(wait(), None);
    leave();
    notifier.acquire(&outer, ask(4));
    notifier.signal(event(5));
    notifier.release(&outer, Site::caller());
    assert!(wait().is_some());
    assert_eq!(pending(), ["HB0005 Condition WaitedUnder"]);
    assert_eq!(validator.reports(), []);

    // It lasts: the report is of this wait, and there is only one.
    waiter.blocked(event(3), Some(&inner));
    let found: Vec<_> = validator.reports().iter().map(short).collect();
    assert_eq!(found, ["HB0005 Condition WaitedUnder"]);
    assert_eq!(validator.reports()[0].cycle[1].age_ms, None);
    assert_eq!(pending(), Vec::<String>::new());
    leave();
    assert_eq!(wait(), None, "it is said");
    waiter.blocked(event(3), Some(&inner));
    assert_eq!(validator.reports().len(), 1);
    leave();

    // A notify that needs nothing ends it for good.
    free.signal(event(6));
    assert_eq!(wait(), None);
    leave();
    validator.forget_order(heldby_validator::ClassId::named("Condition", &CONDITION));
    free.signal(event(6));
    notifier.acquire(&outer, ask(4));
    notifier.signal(event(5));
    assert_eq!(wait(), None);
    assert_eq!(pending(), Vec::<String>::new());
}
