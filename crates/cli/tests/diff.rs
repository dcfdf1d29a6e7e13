//! `heldby diff` as a user meets it.

mod common;

use std::fmt::Write as _;

use expect_test::expect;

use common::Directory;

/// The record of a build whose locks without a name lie `down` lines lower than they did.
fn record(build: &str, down: u32, orders: &[[u32; 2]]) -> String {
    let at = |line: u32| format!("src/net.rs:{}:7", line + down);
    let mut text = format!(
        r#"{{"heldby":1,"profile":"userspace","processes":[{{"executable":"/t/net","build":"{build}","pid":1,"started_ms":1}}]}}"#
    );
    text.push('\n');
    for (id, line) in [(1, 10), (2, 20), (3, 30)] {
        let name = format!("std::sync::Mutex<u8>@net.rs:{}", line + down);
        let made_at = at(line);
        let _ = writeln!(
            text,
            r#"{{"class":{{"id":{id},"name":"{name}","type":"std::sync::Mutex","made_at":"{made_at}"}}}}"#
        );
    }
    let _ = writeln!(
        text,
        r#"{{"class":{{"id":4,"name":"pool|main","named":true,"type":"std::sync::Mutex"}}}}"#
    );
    for (number, [from, to]) in (1..).zip(orders) {
        let (held, acquired) = (at(100 + number * 10), at(101 + number * 10));
        let _ = writeln!(
            text,
            r#"{{"dependency":{{"from":{from},"to":{to},"kind":"EW","from_mode":"write","to_mode":"write","held_site":"{held}","acquired_site":"{acquired}","thread":"worker","at_ms":{number}}}}}"#
        );
    }
    text
}

#[test]
fn lines_that_only_moved_are_not_new() {
    let directory = Directory::new("diff-moved");
    let orders = [[1, 2], [2, 3], [3, 4], [4, 3]];
    directory
        .file("base.jsonl", record("b1", 0, &orders))
        .file("new.jsonl", record("b2", 20, &orders))
        .check(
            &["diff", "base.jsonl", "new.jsonl"],
            expect![[r#"
            exit 0
            out: no new class, no new dependency, no new inversion"#]],
        );
}

#[test]
fn what_is_new_is_told_and_an_inversion_ends_with_1() {
    let directory = Directory::new("diff-new");
    directory
        .file("base.jsonl", record("b1", 0, &[[1, 2]]))
        .file("more.jsonl", record("b2", 20, &[[1, 2], [2, 4]]))
        .file("worse.jsonl", record("b2", 20, &[[1, 2], [2, 4], [4, 1]]));
    directory.check(&["diff", "base.jsonl", "more.jsonl"], expect![[r#"
        exit 0
        out: new dependency  `std::sync::Mutex<u8>@net.rs:40` -> `pool|main` (EW), held at src/net.rs:140:7, acquired at src/net.rs:141:7, by `worker`
        no new class, 1 new dependency, no new inversion"#]]);
    directory.check(
        &["diff", "--format", "markdown", "more.jsonl", "worse.jsonl"],
        expect![[r#"
            exit 1
            out: ### Lock order: no new class, 1 new dependency, 1 new inversion

            | new | what | where | thread |
            | --- | --- | --- | --- |
            | **HB0002** | possible deadlock: `std::sync::Mutex<u8>@net.rs:30`, `std::sync::Mutex<u8>@net.rs:40` and `pool\|main` form a lock cycle | src/net.rs:151:7 | worker |
            | dependency | `pool\|main` -> `std::sync::Mutex<u8>@net.rs:30` | src/net.rs:151:7, under src/net.rs:150:7 | worker |

            ```text
            error[HB0002]: possible deadlock: `std::...rs:30`, `std::...rs:40` and `pool|main` form a lock cycle
              --> src/net.rs:151:7, thread `worker`

              `worker` wants   `std::sync::Mutex<u8>@net.rs:30`   src/net.rs:151
              while holding    `pool|main`                        src/net.rs:150
              but dependencies 1 and 2 below lead from `std::sync::Mutex<u8>@net.rs:30` to `pool|main`.

              How it can hang:

                    `worker`                  a second `worker`         a third `worker`
                    --------                  -----------------         ----------------
                1   lock(std::...et.rs:30)
                2                             lock(std::...et.rs:40)
                3                                                       lock(pool|main)
                4   lock(std::...et.rs:40)                                                        blocked by 2
                5                             lock(pool|main)                                     blocked by 3
                6                                                       lock(std::...et.rs:30)    blocked by 1

              The cycle, oldest dependency first:

                1   std::sy...t.rs:30 (lock) -> std::sy...t.rs:40 (lock)   first seen 2 ms ago, thread `worker`
                      held       std::sync::Mutex<u8>@net.rs:30   src/net.rs:130
                      acquired   std::sync::Mutex<u8>@net.rs:40   src/net.rs:131
                2   std::sy...t.rs:40 (lock) -> pool|main (lock)           first seen 1 ms ago, thread `worker`
                      held       std::sync::Mutex<u8>@net.rs:40   src/net.rs:140
                      acquired   pool|main                        src/net.rs:141
                3   pool|main (lock) -> std::sy...t.rs:30 (lock)           new, this acquire
                      held       pool|main                        src/net.rs:150
                      acquired   std::sync::Mutex<u8>@net.rs:30   src/net.rs:151

              note: nothing hung: `worker` alone did all 3 dependencies. Threads that share the work can hang.
              note: `pool|main` is a std::sync::Mutex (1 instance).
              note: `std::sync::Mutex<u8>@net.rs:30` is a std::sync::Mutex made at src/net.rs:30 (1 instance).
              note: `std::sync::Mutex<u8>@net.rs:40` is a std::sync::Mutex made at src/net.rs:40 (1 instance).
              help: take `std::sync::Mutex<u8>@net.rs:30` before `pool|main` at src/net.rs:151, as
                    src/net.rs:131 and src/net.rs:141 do, or drop the `pool|main` guard before src/net.rs:151.

              Held by `worker`: 1. `pool|main` (lock) src/net.rs:150

            ```"#]],
    );
    directory.check(
        &["diff", "--format", "json", "base.jsonl", "more.jsonl"],
        expect![[r#"
            exit 0
            out: {"format":1,"classes":[],"dependencies":[{"from":"std::sync::Mutex<u8>@net.rs:40","to":"pool|main","kind":"EW","held_site":"src/net.rs:140:7","acquired_site":"src/net.rs:141:7","thread":"worker","process":{"executable":"/t/net","build":"b2","pid":1,"started_ms":1}}],"reports":[]}"#]],
    );
    directory.check(
        &["diff", "worse.jsonl", "base.jsonl"],
        expect![[r#"
        exit 0
        out: no new class, no new dependency, no new inversion"#]],
    );
    directory.check(&["diff", "base.jsonl"], expect![[r#"
        exit 2
        err: error: the following required arguments were not provided: <NEW>; Usage: heldby diff <BASE> <NEW>"#]]);
}
