//! The schemas of `docs/schema`: made from the types, true of all that is written, and strict.

use std::sync::LazyLock;

use expect_test::{ExpectFile, expect_file};
use heldby_model::record::{
    Fact, RecordHeader, RecordProfile, RecordedClass, RecordedDependency, RecordedGates,
    RecordedProcess, RecordedStat,
};
use heldby_model::schema::{RecordLine, text};
use heldby_model::{Code, DependencyKind, Findings, GraphSnapshot, Mode, Role};
use jsonschema::Validator;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::dumps::dump;
use crate::lock_stats::stats;
use crate::near_json::{apply, config, count, edit, nth, written};
use crate::reports::{frame, report, site};

static FINDINGS: LazyLock<Validator> = LazyLock::new(|| validator(&text::<Findings>()));
static RECORD: LazyLock<Validator> = LazyLock::new(|| validator(&text::<RecordLine>()));
static GRAPH: LazyLock<Validator> = LazyLock::new(|| validator(&text::<GraphSnapshot>()));

fn validator(schema: &str) -> Validator {
    let schema = serde_json::from_str(schema).expect("a schema is JSON");
    jsonschema::validator_for(&schema).expect("a schema is one")
}

#[track_caller]
fn check(schema: &Validator, value: &Value) {
    let errors = schema.iter_errors(value);
    let errors: Vec<_> = errors
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
}

/// The schema that a document of [`written`] is of; a report alone is none.
fn schema_of(document: &Value) -> Option<&'static Validator> {
    match document {
        Value::Object(fields) if fields.contains_key("reports") => Some(&FINDINGS),
        Value::Object(fields) if fields.contains_key("dependencies") => Some(&GRAPH),
        _ => None,
    }
}

/// Findings and snapshots as they are written.
fn documents() -> Vec<Value> {
    let mut documents = written();
    documents.retain(|document| schema_of(document).is_some());
    let all: Vec<_> = Code::ALL.iter().map(|&code| report(code)).collect();
    let all = Findings::new(all.clone(), all.clone(), all);
    documents.push(serde_json::to_value(all).expect("findings become JSON"));
    let counted = GraphSnapshot {
        lock_stats: stats(),
        ..dump()
    };
    documents.push(serde_json::to_value(counted).expect("a dump becomes JSON"));
    documents
}

/// One line of each form of a record.
fn lines() -> Vec<Value> {
    let process = RecordedProcess {
        executable: "/usr/bin/net".to_owned(),
        build: "b1".to_owned(),
        pid: 7,
        started_ms: 1_700_000_000_000,
    };
    let class = RecordedClass {
        id: 1,
        name: "routes".to_owned(),
        named: true,
        type_name: "std::sync::Mutex".to_owned(),
        role: Role::Initialiser,
        made_at: Some(site("src/router.rs:18:21")),
        build: Some("b1".to_owned()),
    };
    let dependency = RecordedDependency {
        from: 1,
        to: 2,
        kind: DependencyKind::SW,
        from_mode: Mode::Read,
        to_mode: Mode::Write,
        held_site: site("src/net.rs:1:1"),
        acquired_site: site("src/net.rs:2:1"),
        thread: "net-3".to_owned(),
        at_ms: 1,
        gates: vec![3],
        span: Some("request".to_owned()),
        after_wait: true,
        process: 1,
        held_stack: vec![frame("f", "src/net.rs:1:1")],
        acquired_stack: vec![frame("g", "src/net.rs:2:1")],
    };
    let gates = RecordedGates {
        from: 1,
        to: 2,
        kind: DependencyKind::EN,
        gates: Vec::new(),
    };
    let stats = stats().into_iter().map(|stat| {
        Fact::Stat(Box::new(RecordedStat {
            class: stat.class,
            mode: stat.mode,
            process: 1,
            tally: stat.tally,
        }))
    });
    let mut lines = vec![RecordHeader::of(process, RecordProfile::Kernel).to_line()];
    let facts = [
        Fact::Class(class),
        Fact::Dependency(Box::new(dependency)),
        Fact::Gates(gates),
        Fact::Writer { class: 1 },
        Fact::Second { class: 1 },
    ];
    let reports = Code::ALL
        .iter()
        .map(|&code| Fact::Report(Box::new(report(code))));
    let facts = facts.into_iter().chain(stats).chain(reports);
    lines.extend(facts.map(|fact| fact.to_line()));
    let value = |line: String| serde_json::from_str(&line).expect("a line is JSON");
    lines.into_iter().map(value).collect()
}

/// All that is written, each with its schema.
fn all() -> Vec<(&'static Validator, Value)> {
    let documents = documents().into_iter();
    let documents = documents.filter_map(|document| Some((schema_of(&document)?, document)));
    let lines = lines().into_iter().map(|line| (&*RECORD, line));
    documents.chain(lines).collect()
}

#[test]
fn the_files_are_those_of_the_types() {
    let rows: [(ExpectFile, String); 3] = [
        (
            expect_file!["../../../../docs/schema/findings.json"],
            text::<Findings>(),
        ),
        (
            expect_file!["../../../../docs/schema/record.json"],
            text::<RecordLine>(),
        ),
        (
            expect_file!["../../../../docs/schema/graph.json"],
            text::<GraphSnapshot>(),
        ),
    ];
    for (file, schema) in rows {
        file.assert_eq(&schema);
    }
}

#[test]
fn all_that_is_written_is_valid() {
    for (schema, document) in all() {
        check(schema, &document);
    }
}

#[test]
fn other_formats_are_refused() {
    for (schema, mut document) in all() {
        for version in ["format", "heldby"] {
            if let Some(number) = document.get_mut(version) {
                *number = json!(2);
                assert!(!schema.is_valid(&document), "{document}");
            }
        }
    }
}

#[test]
fn an_unknown_field_is_refused_wherever_it_stands() {
    for (schema, document) in all() {
        for place in 0..count(&document) {
            let mut changed = document.clone();
            let mut left = place;
            let value = nth(&mut changed, &mut left).expect("one of the values");
            if let Value::Object(fields) = value {
                fields.insert("unheard_of".to_owned(), json!(1));
                assert!(!schema.is_valid(&changed), "{changed:#}");
            }
        }
    }
}

/// Whether the document is read by the reader of what the schema describes.
fn is_read(schema: &Validator, document: &Value) -> bool {
    let text = document.to_string();
    if std::ptr::eq(schema, &*FINDINGS) {
        serde_json::from_str::<Findings>(&text).is_ok()
    } else if std::ptr::eq(schema, &*GRAPH) {
        GraphSnapshot::from_json(&text).is_ok()
    } else {
        RecordHeader::from_line(&text).is_ok() || Fact::from_line(&text).is_ok()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_valid_is_read(
        (schema, document) in select(all()),
        edits in proptest::collection::vec((any::<Index>(), edit()), 1..4),
    ) {
        let mut document = document;
        for (place, edit) in edits {
            apply(&mut document, place, edit);
        }
        prop_assert!(!schema.is_valid(&document) || is_read(schema, &document), "{document:#}");
    }

    #[test]
    fn what_is_read_is_written_validly(
        document in select(documents()),
        edits in proptest::collection::vec((any::<Index>(), edit()), 1..4),
    ) {
        let mut document = document;
        for (place, edit) in edits {
            apply(&mut document, place, edit);
        }
        if let Ok(mut findings) = serde_json::from_value::<Findings>(document.clone()) {
            findings.format = 1;
            check(&FINDINGS, &serde_json::to_value(findings).expect("findings become JSON"));
        }
        if let Ok(snapshot) = GraphSnapshot::from_json(&document.to_string()) {
            check(&GRAPH, &serde_json::to_value(snapshot).expect("a snapshot becomes JSON"));
        }
    }
}
