//! Findings for machines, as a user meets them: JSON by its schemas, SARIF and annotations.

#[path = "../common/mod.rs"]
mod common;
mod github;
mod hostile;
mod inputs;
mod sarif;
mod schema;

use std::fs;

use expect_test::expect;

use common::Directory;
use inputs::{printed, record};

#[test]
fn findings_go_to_a_file() {
    let directory = Directory::new("outputs-file");
    let text = record(["routes", "session"], ["reply", "reload"], true, 0);
    directory.file("run.jsonl", text);
    let report = ["report", "--format", "sarif", "run.jsonl"];
    let printed = printed(&directory, &report);
    directory.check(
        &[&report[..], &["--findings", "out.sarif"]].concat(),
        expect!["exit 1"],
    );
    let written = fs::read_to_string(directory.0.join("out.sarif")).expect("a file");
    assert_eq!(written, printed);
    directory.check(
        &[&report[..], &["--findings", "no/out.sarif"]].concat(),
        expect![[r#"
            exit 2
            err: error: failed to write `no/out.sarif`: No such file or directory (os error 2)"#]],
    );
}
