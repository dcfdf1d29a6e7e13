//! A dump: the graph with what all threads hold, as JSON and as text.

use expect_test::expect;
use heldby_model::render::threads;
use heldby_model::{GraphSnapshot, Mode, Stats, ThreadLocks, Wait};

use crate::dot::snapshot;
use crate::reports::{held, site};

pub(crate) fn dump() -> GraphSnapshot {
    let thread = |thread: &str, held, waits| ThreadLocks {
        thread: thread.to_owned(),
        held,
        waits,
    };
    let wait = Wait {
        lock: "session".to_owned(),
        mode: Mode::Write,
        site: site("src/reply.rs:62:36"),
        after_wait: false,
        awaited: false,
        waited_ms: None,
        behind: vec!["reloader".to_owned()],
    };
    let back = Wait {
        lock: "jobs".to_owned(),
        site: site("src/pool.rs:12:9"),
        after_wait: true,
        awaited: false,
        behind: Vec::new(),
        ..wait.clone()
    };
    let mut stats = Stats::default();
    (stats.tasks, stats.classes, stats.chains) = (4, 2, 7);
    GraphSnapshot {
        threads: vec![
            thread("main", Vec::new(), None),
            thread(
                "reloader",
                vec![
                    held("config", Mode::Read, "src/reload.rs:80:30"),
                    held("session", Mode::Write, "src/reload.rs:88:36"),
                ],
                None,
            ),
            thread(
                "net-3",
                vec![held("routes", Mode::Read, "src/reply.rs:61:34")],
                Some(wait),
            ),
            thread("worker", Vec::new(), Some(back)),
        ],
        stats: Some(stats),
        ..snapshot()
    }
}

#[test]
fn a_dump_reads_back_unchanged() {
    let dump = dump();
    let back = GraphSnapshot::from_json(&dump.to_json()).expect("a dump is read back");
    assert_eq!(back, dump);
}

#[test]
fn the_text_tells_who_holds_what() {
    expect![[r#"
        thread `reloader`:
          holds   `config` (shared)       src/reload.rs:80
                  `session` (exclusive)   src/reload.rs:88
        thread `net-3`:
          holds       `routes` (shared)       src/reply.rs:61
          waits for   `session` (exclusive)   src/reply.rs:62
            behind `reloader`
        thread `worker`:
          takes back   `jobs` (exclusive)   src/pool.rs:12
        `main` holds no lock
        counters: 4 threads, 2 classes, 0 dependencies, 7 chains
                  0 nodes and 0 edges visited
                  0 reports, 0 repeats, 0 stacks, 0 graph locks
    "#]]
    .assert_eq(&threads(&dump()));
}

#[test]
fn long_names_fit() {
    let mut dump = dump();
    let long = "connections_by_peer\u{1b}".repeat(12);
    for thread in &mut dump.threads {
        thread.thread = long.clone();
        thread
            .held
            .iter_mut()
            .for_each(|held| held.lock = long.clone());
        let waits = thread.waits.iter_mut();
        waits.for_each(|wait| (wait.lock, wait.behind) = (long.clone(), vec![long.clone(); 3]));
    }
    for line in threads(&dump).lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}
