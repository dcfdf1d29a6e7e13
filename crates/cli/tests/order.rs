//! `heldby order` as a user meets it: the declaration, what is new beside it, and what it accepts.

mod common;

use std::fmt::Write as _;

use expect_test::expect;

use common::Directory;

/// What the classes of [`record`] are: a line for one without a name.
const LOCKS: [Result<u32, (&str, &str)>; 6] = [
    Ok(10),
    Ok(20),
    Ok(30),
    Err(("pool", "std::sync::Mutex")),
    Err(("cache", "std::sync::Mutex")),
    Err(("cache", "std::sync::RwLock")),
];

/// The record of a build whose lines stand `down` lower than they did; locks are numbered from 1.
fn record(build: &str, down: u32, orders: &[[u32; 2]]) -> String {
    let at = |line: u32| format!("src/net.rs:{}:7", line + down);
    let mut text = format!(
        r#"{{"heldby":1,"profile":"userspace","processes":[{{"executable":"/t/net","build":"{build}","pid":1,"started_ms":1}}]}}"#
    );
    text.push('\n');
    for (id, lock) in (1..).zip(LOCKS) {
        let _ = match lock {
            Ok(line) => writeln!(
                text,
                r#"{{"class":{{"id":{id},"name":"Mutex@net.rs:{}","type":"std::sync::Mutex","made_at":"{}"}}}}"#,
                line + down,
                at(line)
            ),
            Err((name, type_name)) => writeln!(
                text,
                r#"{{"class":{{"id":{id},"name":"{name}","named":true,"type":"{type_name}"}}}}"#
            ),
        };
    }
    for (number, [from, to]) in (1..).zip(orders) {
        let (held, acquired) = (at(100 + number * 10), at(101 + number * 10));
        let _ = writeln!(
            text,
            r#"{{"dependency":{{"from":{from},"to":{to},"kind":"EW","from_mode":"write","to_mode":"write","held_site":"{held}","acquired_site":"{acquired}","thread":"worker","at_ms":{number}}}}}"#
        );
    }
    text
}

const ORDERS: [[u32; 2]; 5] = [[1, 4], [4, 5], [5, 2], [6, 2], [2, 5]];

#[test]
fn an_order_is_printed_as_layers_and_what_does_not_fit() {
    let directory = Directory::new("order-printed");
    directory
        .file("base.jsonl", record("b1", 0, &ORDERS))
        .check(&["order", "base.jsonl"], expect![[r#"
            exit 0
            out: # The lock order of this program, outermost layer first: while a lock of one layer is held, locks of
            # the layers below it may be taken. Made by `heldby order`; see `heldby explain HB0401`.

            format = 1
            # What a dependency of a lock comes to that stands nowhere here: "report" or "ignore".
            unlisted = "report"

            [[layer]]
            locks = [
                { name = "cache", type = "std::sync::RwLock" },
                { file = "src/net.rs", type = "std::sync::Mutex", number = 1, line = 10 },
            ]

            [[layer]]
            locks = [
                "pool",
            ]

            [[layer]]
            locks = [
                { name = "cache", type = "std::sync::Mutex" },
            ]

            [[layer]]
            locks = [
                { file = "src/net.rs", type = "std::sync::Mutex", number = 2, line = 20 },
            ]

            # Taken against the layers, and accepted.

            [[accepted]]
            from = { file = "src/net.rs", type = "std::sync::Mutex", number = 2 }
            to = { name = "cache", type = "std::sync::Mutex" }

            # Reports that are known, and accepted.

            [[accepted]]
            code = "HB0001"
            locks = [{ name = "cache", type = "std::sync::Mutex" }, { file = "src/net.rs", type = "std::sync::Mutex", number = 2 }]"#]]);
}

#[test]
fn lines_that_only_moved_are_not_new() {
    let directory = Directory::new("order-moved");
    directory
        .file("base.jsonl", record("b1", 0, &ORDERS))
        .file("new.jsonl", record("b2", 20, &ORDERS));
    directory.check(
        &["order", "base.jsonl", "-o", "order.toml"],
        expect![[r#"
        exit 0
        err: note: 5 locks in 4 layers, 1 dependency and 1 report accepted, in `order.toml`"#]],
    );
    directory.check(
        &["diff", "order.toml", "new.jsonl"],
        expect![[r#"
        exit 0
        out: no new class, no new dependency, no new inversion"#]],
    );
}

#[test]
fn what_is_new_is_told_and_ends_with_1() {
    let directory = Directory::new("order-new");
    let more = [&ORDERS[..], &[[4, 6]]].concat();
    let worse = [&ORDERS[..], &[[5, 1], [3, 4]]].concat();
    directory
        .file("base.jsonl", record("b1", 0, &ORDERS))
        .file("more.jsonl", record("b2", 20, &more))
        .file("worse.jsonl", record("b2", 20, &worse));
    directory.check(
        &["order", "base.jsonl", "-o", "order.toml"],
        expect![[r#"
        exit 0
        err: note: 5 locks in 4 layers, 1 dependency and 1 report accepted, in `order.toml`"#]],
    );
    directory.check(&["diff", "order.toml", "more.jsonl"], expect![[r#"
        exit 1
        out: new dependency  `pool` -> `cache` (EW), held at src/net.rs:180:7, acquired at src/net.rs:181:7, by `worker`; `pool` stands in layer 2, and `cache` above it, in layer 1
        no new class, 1 new dependency, no new inversion"#]]);
    directory.check(
        &[
            "diff",
            "--allow-new-dependencies",
            "order.toml",
            "more.jsonl",
        ],
        expect![[r#"
            exit 0
            out: new dependency  `pool` -> `cache` (EW), held at src/net.rs:180:7, acquired at src/net.rs:181:7, by `worker`; `pool` stands in layer 2, and `cache` above it, in layer 1
            no new class, 1 new dependency, no new inversion"#]],
    );
    directory.check(
        &["diff", "--format", "markdown", "order.toml", "worse.jsonl"],
        expect![[r#"
            exit 1
            out: ### Lock order: 1 new class, 2 new dependencies, 1 new inversion

            | new | what | where | thread |
            | --- | --- | --- | --- |
            | **HB0002** | possible deadlock: `Mutex@net.rs:30`, `pool` and `cache` form a lock cycle | src/net.rs:181:7 | worker |
            | dependency | `cache` -> `Mutex@net.rs:30`; `cache` stands in layer 3, and `Mutex@net.rs:30` above it, in layer 1 | src/net.rs:181:7, under src/net.rs:180:7 | worker |
            | dependency | `Mutex@net.rs:50` -> `pool`; `Mutex@net.rs:50` stands in no layer | src/net.rs:191:7, under src/net.rs:190:7 | worker |
            | class | `Mutex@net.rs:50`, std::sync::Mutex | src/net.rs:50:7 | |

            ```text
            error[HB0002]: possible deadlock: `Mutex@net.rs:30`, `pool` and `cache` form a lock cycle
              --> src/net.rs:181:7, thread `worker`

              `worker` wants   `Mutex@net.rs:30`   src/net.rs:181
              while holding    `cache`             src/net.rs:180
              but dependencies 1 and 2 below lead from `Mutex@net.rs:30` to `cache`.

              How it can hang:

                    `worker`                 a second `worker`    a third `worker`
                    --------                 -----------------    ----------------
                1   lock(Mutex@net.rs:30)
                2                            lock(pool)
                3                                                 lock(cache)
                4   lock(pool)                                                             blocked by 2
                5                            lock(cache)                                   blocked by 3
                6                                                 lock(Mutex@net.rs:30)    blocked by 1

              The cycle, oldest dependency first:

                1   Mutex@net.rs:30 (lock) -> pool (lock)    first seen 5 ms ago, thread `worker`
                      held       Mutex@net.rs:30   src/net.rs:130
                      acquired   pool              src/net.rs:131
                2   pool (lock) -> cache (lock)              first seen 4 ms ago, thread `worker`
                      held       pool              src/net.rs:140
                      acquired   cache             src/net.rs:141
                3   cache (lock) -> Mutex@net.rs:30 (lock)   new, this acquire
                      held       cache             src/net.rs:180
                      acquired   Mutex@net.rs:30   src/net.rs:181

              note: nothing hung: `worker` alone did all 3 dependencies. Threads that share the work can hang.
              note: `cache` is a std::sync::Mutex (1 instance), `pool` a std::sync::Mutex (1 instance).
              note: `Mutex@net.rs:30` is a std::sync::Mutex made at src/net.rs:30 (1 instance).
              help: take `Mutex@net.rs:30` before `cache` at src/net.rs:181, as src/net.rs:131 and
                    src/net.rs:141 do, or drop the `cache` guard before src/net.rs:181.

              Held by `worker`: 1. `cache` (lock) src/net.rs:180

            ```"#]],
    );
    directory.check(
        &["diff", "--format", "json", "order.toml", "more.jsonl"],
        expect![[r#"
            exit 1
            out: {"format":1,"classes":[],"dependencies":[{"from":"pool","to":"cache","kind":"EW","held_site":"src/net.rs:180:7","acquired_site":"src/net.rs:181:7","thread":"worker","process":{"executable":"/t/net","build":"b2","pid":1,"started_ms":1},"standing":"`pool` stands in layer 2, and `cache` above it, in layer 1"}],"reports":[]}"#]],
    );
}

#[test]
fn a_declaration_grows_and_keeps_what_was_written_into_it() {
    let directory = Directory::new("order-grown");
    let declared = "format = 1\nunlisted = 'report'\n\
                    [[layer]]\nlocks = ['pool']\n[[layer]]\nlocks = ['disk']\n\
                    [[accepted]]\nfrom = 'disk'\nto = 'pool'\nreason = 'at start only'\n";
    directory
        .file("order.toml", declared)
        .file("new.jsonl", record("b1", 0, &[[4, 1], [1, 2], [4, 5]]));
    directory.check(
        &["order", "new.jsonl", "-o", "order.toml"],
        expect![[r#"
        exit 0
        err: note: 5 locks in 3 layers, 1 dependency and 0 reports accepted, in `order.toml`"#]],
    );
    let grown = std::fs::read_to_string(directory.0.join("order.toml")).expect("it was written");
    expect![[r##"
        # The lock order of this program, outermost layer first: while a lock of one layer is held, locks of
        # the layers below it may be taken. Made by `heldby order`; see `heldby explain HB0401`.

        format = 1
        # What a dependency of a lock comes to that stands nowhere here: "report" or "ignore".
        unlisted = "report"

        [[layer]]
        locks = [
            "pool",
        ]

        [[layer]]
        locks = [
            { name = "cache", type = "std::sync::Mutex" },
            "disk",
            { file = "src/net.rs", type = "std::sync::Mutex", number = 1, line = 10 },
        ]

        [[layer]]
        locks = [
            { file = "src/net.rs", type = "std::sync::Mutex", number = 2, line = 20 },
        ]

        # Taken against the layers, and accepted.

        [[accepted]]
        from = "disk"
        to = "pool"
        reason = "at start only"
    "##]].assert_eq(&grown);
    directory.check(
        &["order", "new.jsonl", "-o", "order.toml", "--fresh"],
        expect![[r#"
            exit 0
            err: note: 4 locks in 3 layers, 0 dependencies and 0 reports accepted, in `order.toml`"#]],
    );
}

#[test]
fn bad_declarations_are_told_with_their_place() {
    let directory = Directory::new("order-bad");
    directory
        .file("base.jsonl", record("b1", 0, &ORDERS))
        .file("order.toml", "format = 1\n[[layer]]\nlocks = ['a', 'a']\n");
    directory.check(&["diff", "order.toml", "base.jsonl"], expect![[r#"
        exit 2
        err: error: failed to read the declared order: order.toml:3:15: the lock stands in a layer already"#]]);
    directory.check(&["order", "base.jsonl", "-o", "order.toml"], expect![[r#"
        exit 2
        err: error: failed to read the declared order: order.toml:3:15: the lock stands in a layer already"#]]);
    directory.check(
        &["diff", "none.toml", "base.jsonl"],
        expect![[r#"
        exit 2
        err: error: failed to read `none.toml`: No such file or directory (os error 2)"#]],
    );
    directory.check(&["order", "--fresh", "base.jsonl"], expect![[r#"
        exit 2
        err: error: the following required arguments were not provided: --output <FILE>; Usage: heldby order --output <FILE> --fresh <FILE|DIR>..."#]]);
}

#[cfg(unix)]
#[test]
fn known_reports_of_a_run_are_counted_and_do_not_fail() {
    let directory = Directory::new("order-baseline");
    let worse = [&ORDERS[..], &[[5, 1]]].concat();
    directory
        .file("base.jsonl", record("b1", 0, &ORDERS))
        .file("worse.jsonl", record("b2", 20, &worse));
    directory.check(
        &["order", "base.jsonl", "-o", "order.toml"],
        expect![[r#"
        exit 0
        err: note: 5 locks in 4 layers, 1 dependency and 1 report accepted, in `order.toml`"#]],
    );
    for (record, expected) in [
        (
            "base.jsonl",
            expect![[r#"
                exit 0
                err: clean
                note: 1 known report, accepted by `order.toml`
                note: 1 record in `heldby-records`"#]],
        ),
        (
            "worse.jsonl",
            expect![[r#"
                exit 1
                err: error[HB0002]: possible deadlock: `Mutex@net.rs:30`, `pool` and `cache` form a lock cycle








                1 report
                note: 1 known report, accepted by `order.toml`
                note: 1 record in `heldby-records`
                note: to see whether it really hangs: heldby run --confirm heldby-records -- CMD"#]],
        ),
    ] {
        let program = format!("mkdir $HELDBY_DIR; cp {record} $HELDBY_DIR");
        let run = [
            "run",
            "--baseline",
            "order.toml",
            "--",
            "sh",
            "-c",
            &program,
        ];
        let output = directory.heldby(&run).output().expect("heldby runs");
        let said = common::shown(&output);
        // The report itself is another test's.
        let lines = said.lines().filter(|line| !line.contains("  "));
        expected.assert_eq(&lines.collect::<Vec<_>>().join("\n"));
    }
    directory.check(
        &["run", "--baseline", "none.toml", "--", "false"],
        expect![[r#"
            exit 2
            err: error: failed to read `none.toml`: No such file or directory (os error 2)"#]],
    );
}
