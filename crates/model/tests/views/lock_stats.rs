//! How long locks were waited for and held: as numbers, as a table, as JSON.

use expect_test::expect;
use heldby_model::render::lock_stats;
use heldby_model::{GraphSnapshot, LockStat, Mode, Places, StatOrder, Tally, Times};

use crate::dumps::dump;
use crate::reports::site;

fn times(each: &[u64]) -> Times {
    let mut times = Times::default();
    each.iter().for_each(|&ns| times.add(ns));
    times
}

fn places(counts: &[(&str, u64)], others: u64) -> Places {
    let counts = counts.iter();
    Places::of(counts.map(|&(at, count)| (site(at), count)), others)
}

fn stat(class: u32, lock: &str, mode: Mode, tally: Tally) -> LockStat {
    LockStat {
        class,
        lock: lock.to_owned(),
        type_name: "std::sync::RwLock".to_owned(),
        made_at: None,
        mode,
        tally,
    }
}

pub(crate) fn stats() -> Vec<LockStat> {
    let written = Tally {
        acquisitions: 12,
        contentions: 3,
        wait: times(&[1_500, 2_000_000, 30_000]),
        hold: times(&[70, 90, 1_000_000_000]),
        waited_at: places(&[("src/reload.rs:89:37", 2)], 1),
        held_at: places(&[("src/reply.rs:61:34", 1), ("src/load.rs:7:9", 2)], 0),
    };
    let read = Tally {
        acquisitions: 1_234_567_890,
        hold: times(&[5]),
        ..Tally::default()
    };
    vec![
        stat(1, "routes", Mode::Write, written),
        stat(1, "routes", Mode::Read, read),
        stat(2, "session", Mode::Write, Tally::default()),
    ]
}

#[test]
fn numbers_stand_in_columns_and_places_below_them() {
    expect![[r#"
                                                                waited                        held
        lock            acquired contended    min   mean    max  total    min   mean    max  total
        routes                12         3 1.50us  677us 2.00ms 2.03ms   70ns  333ms  1.00s  1.00s
            waited at       2x  src/reload.rs:89
            waited at       1x  other places
            held at         2x  src/load.rs:7
            held at         1x  src/reply.rs:61
        routes (read) 1234567890         0      -      -      -      -    5ns    5ns    5ns    5ns
        session                0         0      -      -      -      -      -      -      -      -
    "#]]
    .assert_eq(&lock_stats(&stats()));
    assert_eq!(lock_stats(&[]), "");
}

#[test]
fn a_table_fits_whatever_a_lock_is_called() {
    let names = [
        "connections_by_peer_address_and_negotiated_protocol_version_of_the_frontend",
        "back`tick` and \u{1b}[31m red \n",
        "",
    ];
    for name in names {
        let mut stats = stats();
        stats
            .iter_mut()
            .for_each(|stat| stat.lock = name.to_owned());
        // Ten hours.
        stats[0].tally.wait = times(&[36_000_000_000_000; 2]);
        stats[0].tally.waited_at.sites[0].site = site(&format!("{}/a.rs:1:1", "long/".repeat(40)));
        let text = lock_stats(&stats);
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{text}");
        assert_eq!(text.lines().count(), 2 + 3 + 4, "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn the_largest_comes_first() {
    let order = |order: StatOrder| {
        let mut stats = stats();
        order.sort(&mut stats);
        let name = |stat: &LockStat| format!("{} {:?}", stat.lock, stat.mode);
        stats.iter().map(name).collect::<Vec<_>>()
    };
    let by_wait = ["routes Write", "routes Read", "session Write"];
    assert_eq!(order(StatOrder::Wait), by_wait);
    assert_eq!(order(StatOrder::LongestHold), by_wait);
    let by_count = ["routes Read", "routes Write", "session Write"];
    assert_eq!(order(StatOrder::Acquisitions), by_count);
}

#[test]
fn tallies_add_up_in_any_order() {
    let [one, other, none] = stats()
        .try_into()
        .map(|stats: [LockStat; 3]| stats.map(|stat| stat.tally))
        .unwrap();
    let sum = |parts: &[&Tally]| {
        let mut sum = Tally::default();
        parts.iter().for_each(|part| sum.merge(part));
        sum
    };
    let all = sum(&[&one, &other, &none, &one]);
    assert_eq!(all, sum(&[&other, &one, &one]));
    assert_eq!(sum(&[&one, &none]), one);
    assert_eq!(all.acquisitions, 1_234_567_914);
    assert_eq!(
        (all.wait.count, all.wait.min_ns, all.wait.max_ns),
        (6, 1_500, 2_000_000)
    );
    assert_eq!((all.hold.min_ns, all.hold.max_ns), (5, 1_000_000_000));
    assert_eq!(all.waited_at, places(&[("src/reload.rs:89:37", 4)], 2));
    assert_eq!(all.held_at.total(), 6);
}

#[test]
fn a_dump_reads_back_with_them() {
    let dump = GraphSnapshot {
        lock_stats: stats(),
        ..dump()
    };
    let back = GraphSnapshot::from_json(&dump.to_json()).expect("a dump is read back");
    assert_eq!(back, dump);
    let text = heldby_model::render::threads(&dump);
    assert!(text.ends_with(&lock_stats(&stats())), "{text}");
}
