//! The one-line form.

use heldby_model::render::one_line;
use heldby_model::{Certainty, Code, RecordPlace};

use crate::reports::report;

#[test]
fn of_every_code() {
    let expected = [
        "heldby HB0001 possible-deadlock cycle=routes>session>routes new=session->routes \
         at=src/reload.rs:89 thread=reloader",
        "heldby HB0002 possible-deadlock cycle=account>ledger>vault>account new=vault->account \
         at=src/bank.rs:61 thread=guard",
        "heldby HB0003 deadlock cycle=cache>cache new=cache->cache at=src/cache.rs:31 thread=main",
        "heldby HB0004 possible-deadlock cycle=table>log>table new=log->table at=src/log.rs:52 \
         thread=flusher",
        "heldby HB0005 possible-deadlock cycle=worker>jobs>worker new=jobs->worker \
         at=src/pool.rs:82 thread=main",
        "heldby HB0101 unlock-imbalance locks=queue at=src/queue.rs:77 thread=worker-2",
        "heldby HB0102 held-lock-freed locks=queue at=src/queue.rs:90 thread=worker-2",
        "heldby HB0103 exit-with-held-lock locks=queue,stats at=src/main.rs:20 thread=worker-2",
        "heldby HB0104 nest-lock-not-held locks=node,tree at=src/tree.rs:51 thread=worker-2",
        "heldby HB0105 pin-violated locks=queue at=src/queue.rs:61 thread=worker-2",
        "heldby HB0201 not-stabilised locks=vm_lock,mmap_lock at=src/mm/name.rs:42 \
         thread=worker-2",
        "heldby HB0202 assertion-failed locks=routes at=src/router.rs:120 thread=worker-2",
        "heldby HB0301 invalid-wait-context locks=pool,ring at=src/ring.rs:33 thread=worker-2",
        "heldby HB0302 possible-deadlock locks=totals context=\"signal handler\" \
         at=src/net.rs:70 thread=net-3",
        "heldby HB0303 possible-deadlock locks=reports,totals context=\"signal handler\" \
         at=src/net.rs:70 thread=net-3",
        "heldby HB0304 await-with-lock-held locks=cache at=src/cache.rs:31 thread=refresh",
        "heldby HB0401 undeclared-order new=session->routes at=src/reload.rs:89 thread=reloader",
        "heldby HB0501 deadlock locks=queue at=src/child.rs:12 thread=worker-2",
        "heldby HB0502 deadlock cycle=routes>session>routes new=session->routes at=src/reload.rs:89 \
         thread=reloader",
    ];
    let lines: Vec<_> = Code::ALL
        .iter()
        .map(|&code| one_line(&report(code)))
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn a_report_of_a_record_tells_which() {
    let mut report = report(Code::Hb0101);
    report.record = Some(RecordPlace {
        file: "target/heldby/host-17-1795.jsonl".to_owned(),
        number: 3,
    });
    let line = one_line(&report);
    assert!(line.ends_with(" record=host-17-1795#3"), "{line}");
}

#[test]
fn odd_values_are_quoted() {
    let rows = [
        ("main", "thread=main"),
        ("", "thread=\"\""),
        ("tokio worker", "thread=\"tokio worker\""),
        ("a=\"b\"", "thread=\"a=\\\"b\\\"\""),
        ("two\nlines", "thread=\"two\\nlines\""),
    ];
    for (thread, expected) in rows {
        let mut report = report(Code::Hb0101);
        report.thread = thread.to_owned();
        let line = one_line(&report);
        assert!(line.ends_with(expected), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
    }
}

#[test]
fn deadlock_is_said_of_what_waits_now() {
    let mut report = report(Code::Hb0001);
    report.certainty = Certainty::Now;
    assert!(one_line(&report).starts_with("heldby HB0001 deadlock cycle="));
}
