//! `heldby stat` as a user meets it, and the statistics of `heldby run --stat`.

mod common;

use expect_test::expect;

use common::Directory;

fn header(pid: u32) -> String {
    format!(
        r#"{{"heldby":1,"profile":"userspace","processes":[{{"executable":"/t/net-{pid}","build":"b","pid":{pid},"started_ms":1}}]}}"#
    )
}

const CLASSES: &str = r#"{"class":{"id":1,"name":"routes","named":true,"type":"std::sync::RwLock"}}
{"class":{"id":2,"name":"session","named":true,"type":"std::sync::Mutex"}}"#;

const ROUTES: &str = r#"{"stat":{"class":1,"mode":"write","acquisitions":4,"contentions":2,"wait":{"count":2,"total_ns":3000000,"min_ns":1000000,"max_ns":2000000},"hold":{"count":4,"total_ns":9000,"min_ns":100,"max_ns":5000},"waited_at":{"sites":[{"site":"src/reload.rs:89:37","count":2}]},"held_at":{"sites":[{"site":"src/reply.rs:61:34","count":1}],"others":1}}}
{"stat":{"class":1,"mode":"read","acquisitions":100,"contentions":0,"wait":{"count":0,"total_ns":0,"min_ns":0,"max_ns":0},"hold":{"count":100,"total_ns":40000,"min_ns":300,"max_ns":600},"waited_at":{},"held_at":{}}}"#;

const SESSION: &str = r#"{"stat":{"class":2,"mode":"write","acquisitions":1,"contentions":1,"wait":{"count":1,"total_ns":70,"min_ns":70,"max_ns":70},"hold":{"count":1,"total_ns":2000000000,"min_ns":2000000000,"max_ns":2000000000},"waited_at":{"sites":[{"site":"src/net.rs:1:1","count":1}]},"held_at":{}}}"#;

fn records(test: &str) -> Directory {
    let directory = Directory::new(test);
    std::fs::create_dir(directory.0.join("run")).expect("a directory");
    directory
        .file("run/1.jsonl", [&header(1), CLASSES, ROUTES, ""].join("\n"))
        .file(
            "run/2.jsonl",
            [&header(2), CLASSES, ROUTES, SESSION, ""].join("\n"),
        );
    directory
}

#[test]
fn what_all_processes_counted_is_added_up() {
    let directory = records("stat-sum");
    directory.check(&["stat", "run"], expect![[r#"
        exit 0
        out:                                                       waited                        held
        lock          acquired contended    min   mean    max  total    min   mean    max  total
        routes               8         4 1.00ms 1.50ms 2.00ms 6.00ms  100ns 2.25us 5.00us 18.0us
            waited at       4x  src/reload.rs:89
            held at         2x  src/reply.rs:61
            held at         2x  other places
        session              1         1   70ns   70ns   70ns   70ns  2.00s  2.00s  2.00s  2.00s
            waited at       1x  src/net.rs:1
        routes (read)      200         0      -      -      -      -  300ns  400ns  600ns 80.0us"#]]);
    // A record that takes part twice counts once, merged or not.
    let output = |arguments: &[&str]| {
        let run = directory.heldby(arguments).output().expect("heldby runs");
        (run.status.code(), run.stdout)
    };
    let all = output(&["stat", "run"]);
    assert_eq!(output(&["merge", "run", "-o", "all.jsonl"]).0, Some(0));
    assert_eq!(output(&["stat", "all.jsonl"]), all);
    assert_eq!(output(&["stat", "all.jsonl", "run/2.jsonl"]), all);
}

#[test]
fn the_order_and_the_number_can_be_chosen() {
    let directory = records("stat-order");
    directory.check(
        &["stat", "run", "--sort", "hold-max", "--top", "1"],
        expect![[r#"
            exit 0
            out:                                                 waited                        held
            lock    acquired contended    min   mean    max  total    min   mean    max  total
            session        1         1   70ns   70ns   70ns   70ns  2.00s  2.00s  2.00s  2.00s
                waited at       1x  src/net.rs:1"#]],
    );
    directory.check(
        &[
            "stat",
            "run/2.jsonl",
            "--sort",
            "acquired",
            "--top",
            "1",
            "--format",
            "json",
        ],
        expect![[r#"
            exit 0
            out: [{"class":0,"lock":"routes","type":"std::sync::RwLock","mode":"read","acquisitions":100,"contentions":0,"wait":{"count":0,"total_ns":0,"min_ns":0,"max_ns":0},"hold":{"count":100,"total_ns":40000,"min_ns":300,"max_ns":600},"waited_at":{},"held_at":{}}]"#]],
    );
}

#[test]
fn what_a_program_wrote_at_its_end_is_read_too() {
    let directory = records("stat-dump");
    directory.check(&["graph", "run", "-o", "graph.json"], expect!["exit 0"]);
    directory.check(
        &["stat", "graph.json", "--top", "1"],
        expect![[r#"
        exit 0
        out:                                                waited                        held
        lock   acquired contended    min   mean    max  total    min   mean    max  total
        routes        8         4 1.00ms 1.50ms 2.00ms 6.00ms  100ns 2.25us 5.00us 18.0us
            waited at       4x  src/reload.rs:89
            held at         2x  src/reply.rs:61
            held at         2x  other places"#]],
    );
}

#[test]
fn what_holds_no_statistics_is_told() {
    let directory = Directory::new("stat-none");
    let record = [&header(1), CLASSES, ""].join("\n");
    directory.file("1.jsonl", record);
    directory.check(
        &["stat", "1.jsonl"],
        expect![[r#"
        exit 2
        err: error: no statistics in `1.jsonl`; run the program with HELDBY_STAT=1"#]],
    );
    directory.check(
        &["stat", "."],
        expect![[r#"
        exit 2
        err: error: no statistics in `.`; run the program with HELDBY_STAT=1"#]],
    );
    directory.check(
        &["stat", "nothing.jsonl"],
        expect![[r#"
            exit 2
            err: error: failed to read `nothing.jsonl`: No such file or directory (os error 2); `cargo heldby test`, or HELDBY_DIR set to a directory, makes a program leave records"#]],
    );
    directory.check(
        &["stat", "no-records"],
        expect![[r#"
            exit 2
            err: error: failed to read `no-records`: No such file or directory (os error 2); `cargo heldby test`, or HELDBY_DIR set to a directory, makes a program leave records"#]],
    );
}

#[cfg(unix)]
#[test]
fn a_run_shows_them_behind_its_findings() {
    let directory = records("stat-run");
    directory.check(
        &[
            "run",
            "--stat",
            "--",
            "sh",
            "-c",
            "echo $HELDBY_STAT; mkdir $HELDBY_DIR; cp run/2.jsonl $HELDBY_DIR",
        ],
        expect![[r#"
            exit 0
            out: 1
            err: clean
                                                                  waited                        held
            lock          acquired contended    min   mean    max  total    min   mean    max  total
            routes               4         2 1.00ms 1.50ms 2.00ms 3.00ms  100ns 2.25us 5.00us 9.00us
                waited at       2x  src/reload.rs:89
                held at         1x  src/reply.rs:61
                held at         1x  other places
            session              1         1   70ns   70ns   70ns   70ns  2.00s  2.00s  2.00s  2.00s
                waited at       1x  src/net.rs:1
            routes (read)      100         0      -      -      -      -  300ns  400ns  600ns 40.0us
            note: 1 record in `heldby-records`"#]],
    );
}
