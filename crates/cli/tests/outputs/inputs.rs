//! What the tests put in, and how they look at what comes out.

use std::fs;
use std::path::Path;

use heldby_model::Code;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::common::Directory;

pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The scenario of a code's page, if it has one.
pub(crate) fn scenario(code: Code) -> Option<String> {
    let page = fs::read_to_string(root().join(format!("docs/codes/{code}.md"))).expect("a page");
    let (_, after) = page.split_once("```scenario\n")?;
    after.split_once("\n```").map(|(text, _)| text.to_owned())
}

/// A record of two threads that take two locks in opposite orders, `down` lines lower than they did.
pub(crate) fn record(names: [&str; 2], threads: [&str; 2], named: bool, down: u32) -> String {
    let at = |line: u32| format!("src/net.rs:{}:7", line + down);
    let mut lines = vec![json!({"heldby": 1, "profile": "userspace", "processes": [
        {"executable": "/t/net", "build": format!("b{down}"), "pid": 1, "started_ms": 1}]})];
    for (id, name) in (1..).zip(names) {
        let mut class = json!({"id": id, "name": name, "type": "std::sync::Mutex",
            "made_at": at(id)});
        if named {
            class["named"] = json!(true);
        }
        lines.push(json!({"class": class}));
    }
    for (from, thread) in (1..).zip(threads) {
        let (held, acquired) = (at(100 + from * 10), at(101 + from * 10));
        lines.push(
            json!({"dependency": {"from": from, "to": 3 - from, "kind": "EW",
            "from_mode": "write", "to_mode": "write", "held_site": held,
            "acquired_site": acquired, "thread": thread, "at_ms": from}}),
        );
    }
    lines.iter().map(|line| line.to_string() + "\n").collect()
}

pub(crate) fn printed(directory: &Directory, arguments: &[&str]) -> String {
    let output = directory.heldby(arguments).output().expect("heldby runs");
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

/// The schema in a file, ready to use.
pub(crate) fn schema(text: &str) -> Validator {
    let schema = serde_json::from_str(text).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
}

#[track_caller]
pub(crate) fn valid(schema: &Validator, text: &str) -> Value {
    let value: Value = serde_json::from_str(text).expect("it is JSON");
    let errors: Vec<_> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
    value
}
