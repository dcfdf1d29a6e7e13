//! The text of what a thread holds, and of what follows from that.

use expect_test::{Expect, expect};
use heldby_model::render::{TextOptions, text};
use heldby_model::{Code, HeldLock, Report};

use crate::reports::{Write, held, mmap_lock, report};

/// Checks the lines from `Held by` on.
#[track_caller]
fn check(held: Vec<HeldLock>, expected: Expect) {
    let report = Report {
        held,
        ..report(Code::Hb0202)
    };
    let text = text(&report, TextOptions::default());
    let (_, tail) = text.split_once("  Held by").expect("it is always told");
    expected.assert_eq(&format!("Held by{tail}"));
}

#[test]
fn one_hold_with_what_follows_from_it() {
    check(
        vec![mmap_lock(2)],
        expect![[r#"
            Held by `worker-2`: 1. `mmap_lock` (lock) src/map.rs:71
                 with VMA 0x1000-0x2000 "heap" write-locked   src/map.rs:81
                 with VMA 0x2000-0x3000 "heap" write-locked   src/map.rs:82
        "#]],
    );
}

#[test]
fn several_holds() {
    let holds = vec![
        held("stats", Write, "src/stats.rs:12:9"),
        mmap_lock(1),
        mmap_lock(10),
    ];
    check(
        holds,
        expect![[r#"
            Held by `worker-2`:
                1. `stats` (lock)                                 src/stats.rs:12
                2. `mmap_lock` (lock)                             src/map.rs:71
                   with VMA 0x1000-0x2000 "heap" write-locked   src/map.rs:81
                3. `mmap_lock` (lock, the last 8 of 10 derived)   src/map.rs:71
                   with VMA 0x3000-0x4000 "heap" write-locked   src/map.rs:83
                   with VMA 0x4000-0x5000 "heap" write-locked   src/map.rs:84
                   with VMA 0x5000-0x6000 "heap" write-locked   src/map.rs:85
                   with VMA 0x6000-0x7000 "heap" write-locked   src/map.rs:86
                   with VMA 0x7000-0x8000 "heap" write-locked   src/map.rs:87
                   with VMA 0x8000-0x9000 "heap" write-locked   src/map.rs:88
                   with VMA 0x9000-0xa000 "heap" write-locked   src/map.rs:89
                   with VMA 0xa000-0xb000 "heap" write-locked   src/map.rs:90
        "#]],
    );
}

#[test]
fn long_names_give_way() {
    let mut long = mmap_lock(2);
    long.derived[0].what = format!("VMA 0x1000-0x2000 \"{}\" write-locked", "long ".repeat(30));
    long.derived[1].site.file = format!("/home/builder/{}/map.rs", "nested/".repeat(20)).into();
    check(
        vec![long],
        expect![[r#"
            Held by `worker-2`: 1. `mmap_lock` (lock) src/map.rs:71
                 with VMA 0x1000-0x2000...g long " write-locked   src/map.rs:81
                 with VMA 0x2000-0x3000 "heap" write-locked       .../nested/nested/nested/nested//map.rs:82
        "#]],
    );
}

/// The report is 35 lines long without derived holds.
#[test]
fn a_report_of_two_locks_stays_on_one_screen() {
    let mut inversion = report(Code::Hb0001);
    inversion.held = vec![mmap_lock(8)];
    expect![[r#"
        error[HB0001]: possible deadlock: `routes` and `session` are locked in opposite orders
          --> src/reload.rs:89:37, in Router::reload, thread `reloader`

          `reloader` wants   `routes` for writing   src/reload.rs:89
          while holding      `session`              src/reload.rs:88
          but `net-3` once took `session` while holding `routes` for reading (dependency 1 below).

          How it can hang:
                `net-3`                            `reloader`
                -------                            ----------
            1   read(routes)    src/reply.rs:61
            2                                      lock(session)   src/reload.rs:88
            3   lock(session)   src/reply.rs:62                                        blocked by 2
            4                                      write(routes)   src/reload.rs:89    blocked by 1

          The cycle, oldest dependency first:
            1   routes (read) -> session (lock)    first seen 2.1 s ago, thread `net-3`
                  held       routes    src/reply.rs:61    Router::send_reply
                  acquired   session   src/reply.rs:62    Router::send_reply
            2   session (lock) -> routes (write)   new, this acquire
                  held       session   src/reload.rs:88   Router::reload
                  acquired   routes    src/reload.rs:89   Router::reload

          note: dependency 1 only reads `routes`, and it still counts: a held read blocks the write in 2.
          note: nothing hung in this run. Both orders were seen, so some run can hang.
          note: `routes` is a std::sync::RwLock made at src/router.rs:18 (1 instance).
          note: `session` is a std::sync::Mutex made at src/session.rs:9 (64 instances, #12 each time).
          help: take `routes` before `session` in Router::reload, as Router::send_reply does, or drop the
                `session` guard before src/reload.rs:89.

          Held by `reloader`: 1. `mmap_lock` (lock) src/map.rs:71
             with VMA 0x1000-0x2000 "heap" write-locked   src/map.rs:81
             with VMA 0x2000-0x3000 "heap" write-locked   src/map.rs:82
             with VMA 0x3000-0x4000 "heap" write-locked   src/map.rs:83
             with VMA 0x4000-0x5000 "heap" write-locked   src/map.rs:84
             with VMA 0x5000-0x6000 "heap" write-locked   src/map.rs:85
             with VMA 0x6000-0x7000 "heap" write-locked   src/map.rs:86
             with VMA 0x7000-0x8000 "heap" write-locked   src/map.rs:87
             with VMA 0x8000-0x9000 "heap" write-locked   src/map.rs:88
    "#]].assert_eq(&text(&inversion, TextOptions::default()));
}

#[test]
fn derived_holds_stand_in_the_record() {
    let mut report = report(Code::Hb0202);
    report.held = vec![mmap_lock(1)];
    report.held[0].stack.clear();
    let held = serde_json::to_string_pretty(&report.held).expect("a hold becomes JSON");
    expect![[r#"
        [
          {
            "lock": "mmap_lock",
            "mode": "write",
            "site": "src/map.rs:71:20",
            "derived": [
              {
                "what": "VMA 0x1000-0x2000 \"heap\" write-locked",
                "site": "src/map.rs:81:14"
              }
            ]
          }
        ]"#]]
    .assert_eq(&held);
    let back: Vec<HeldLock> = serde_json::from_str(&held).expect("it is read back");
    assert_eq!(back, report.held);
    report.held[0].derived.clear();
    let without = serde_json::to_string(&report.held).expect("a hold becomes JSON");
    assert!(!without.contains("derived"), "{without}");
}
