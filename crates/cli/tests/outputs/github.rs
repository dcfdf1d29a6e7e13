//! Annotations, and what both views by file share: which place is shown, and what is pending.

use expect_test::expect;
use serde_json::{Value, json};

use crate::common::Directory;
use crate::inputs::{printed, record, valid};
use crate::sarif::standard;

#[test]
fn annotations_are_one_error_and_its_places() {
    let directory = Directory::new("outputs-github");
    let text = record(["routes", "session"], ["reply", "reload"], true, 0);
    directory.file("run.jsonl", text);
    directory.check(&["report", "--format", "github", "run.jsonl"], expect![[r#"
        exit 1
        out: ::error file=src/net.rs,line=121,col=7,title=HB0001::possible deadlock: `routes` and `session` are locked in opposite orders%0Aat src/net.rs:121:7, thread `reload`%0Ahelp: take `routes` before `session` at src/net.rs:121, as src/net.rs:111 does, or drop the `session` guard before src/net.rs:121.%0AMore: heldby explain HB0001
        ::notice file=src/net.rs,line=110,col=7,title=HB0001::dependency 1, held `routes` (lock), thread `reply`
        ::notice file=src/net.rs,line=111,col=7,title=HB0001::dependency 1, acquired `session` (lock), thread `reply`
        ::notice file=src/net.rs,line=120,col=7,title=HB0001::dependency 2, held `session` (lock), thread `reload`
        ::notice file=src/net.rs,line=1,col=7,title=HB0001::`routes` is made here, a std::sync::Mutex
        ::notice file=src/net.rs,line=2,col=7,title=HB0001::`session` is made here, a std::sync::Mutex"#]]);
}

#[test]
fn clean_prints_nothing() {
    let directory = Directory::new("outputs-github-clean");
    directory.file("scenario", "T1: w(mutex:A) w(mutex:B)");
    directory.check(
        &["replay", "--format", "github", "scenario"],
        expect!["exit 0"],
    );
}

#[test]
fn a_place_outside_the_sources_is_shown_at_its_caller() {
    let directory = Directory::new("outputs-outside");
    let text = record(["routes", "session"], ["reply", "reload"], true, 0);
    let text = text.replace("src/net.rs:121:7", "/registry/pool/src/lib.rs:9:1");
    let stack = r#""acquired_stack":[{"function":"pool::get","site":"/registry/pool/src/lib.rs:9:1"},{"function":"net::reload","site":"src/reload.rs:5:3"}],"at_ms":2"#;
    directory.file("run.jsonl", text.replace(r#""at_ms":2"#, stack));
    let annotations = printed(&directory, &["report", "--format", "github", "run.jsonl"]);
    let first = annotations.lines().next().expect("a line");
    assert!(
        first.starts_with("::error file=src/reload.rs,line=5,col=3,title=HB0001::"),
        "{first}"
    );
    assert!(
        first.contains("at /registry/pool/src/lib.rs:9:1"),
        "{first}"
    );
    let text = printed(&directory, &["report", "--format", "sarif", "run.jsonl"]);
    let result = &valid(&standard(), &text)["runs"][0]["results"][0];
    let uri = |location: &Value| location["physicalLocation"]["artifactLocation"].clone();
    assert_eq!(
        uri(&result["locations"][0]),
        json!({"uri": "src/reload.rs", "uriBaseId": "%SRCROOT%"})
    );
    assert_eq!(
        uri(&result["relatedLocations"][3]),
        json!({"uri": "file:///registry/pool/src/lib.rs"})
    );
}

#[test]
fn what_is_not_reported_is_a_note_where_it_is_asked_for() {
    let directory = Directory::new("outputs-pending");
    let schema = standard();
    directory.file(
        "scenario",
        "T1: w(mutex:G) w(mutex:A) w(mutex:B) u(mutex:B) u(mutex:A) u(mutex:G) \
         T2: w(mutex:G) w(mutex:B) w(mutex:A)",
    );
    let sarif = ["replay", "--format", "sarif", "scenario", "--with-pending"];
    let text = printed(&directory, &sarif[..4]);
    assert_eq!(valid(&schema, &text)["runs"][0]["results"], json!([]));
    let text = printed(&directory, &sarif);
    let result = &valid(&schema, &text)["runs"][0]["results"][0];
    assert_eq!(result["level"], "note");
    let message = result["message"]["text"].as_str().expect("a text");
    assert!(message.starts_with("gated: "), "{message}");
    directory.check(
        &["replay", "--format", "github", "scenario", "--with-pending"],
        expect![[r#"
            exit 0
            out: ::notice file=scenario,line=1,col=97,title=HB0001 (gated)::possible deadlock: `A` and `B` are locked in opposite orders%0Aat scenario:1:97, thread `T2`"#]],
    );
}
