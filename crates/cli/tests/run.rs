//! `heldby run` as a user meets it: what it says of the records that a program leaves, and its exit
//! codes.
#![cfg(unix)]

mod common;

use expect_test::expect;

use common::Directory;

const HEADER: &str = r#"{"heldby":1,"profile":"userspace","processes":[{"executable":"/host","build":"b","pid":1,"started_ms":1}]}"#;

#[test]
fn a_program_without_records_is_told() {
    let directory = Directory::new("run-none");
    directory.check(
        &["run", "--", "true"],
        expect![[r#"
            exit 0
            err: note: no process left a record: does the program use heldby, with its feature `validate`?"#]],
    );
}

#[test]
fn records_of_an_earlier_run_do_not_count() {
    let directory = Directory::new("run-earlier");
    directory.check(
        &["run", "--", "sh", "-c", "mkdir $HELDBY_DIR; echo nonsense >$HELDBY_DIR/1.jsonl"],
        expect![[r#"
            exit 2
            err: note: skipped `heldby-records/1.jsonl`: not a record
            error: no record in `heldby-records`; run a program that is validated with HELDBY_DIR set"#]],
    );
    let record = "mkdir $HELDBY_DIR; cp header $HELDBY_DIR/2.jsonl; echo $HELDBY";
    directory.file("header", format!("{HEADER}\n")).check(
        &["run", "--", "sh", "-c", record],
        expect![[r#"
            exit 0
            out: warn
            clean
            err: note: 1 record in `heldby-records`"#]],
    );
}

#[test]
fn a_program_may_go_elsewhere() {
    let directory = Directory::new("run-elsewhere");
    directory.file("header", format!("{HEADER}\n")).check(
        &[
            "run",
            "--",
            "sh",
            "-c",
            "mkdir $HELDBY_DIR; cp header $HELDBY_DIR/1.jsonl; cd /; ls $HELDBY_DIR",
        ],
        expect![[r#"
            exit 0
            out: 1.jsonl
            clean
            err: note: 1 record in `heldby-records`"#]],
    );
}

#[test]
fn the_programs_own_failure_counts_first() {
    let directory = Directory::new("run-failure");
    directory.check(&["run", "--", "sh", "-c", "exit 7"], expect!["exit 7"]);
    directory.check(
        &["run", "--", "sh", "-c", "kill -TERM $$"],
        expect!["exit 143"],
    );
    directory.check(
        &["run", "--", "./no-such-program"],
        expect![[r#"
            exit 2
            err: error: failed to start `./no-such-program`: No such file or directory (os error 2)"#]],
    );
}
