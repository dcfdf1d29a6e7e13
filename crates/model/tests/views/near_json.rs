//! Any bytes, and any JSON that is near to what is written: read and shown, or refused.

use heldby_model::{Code, Findings};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::any_json;
use crate::dumps::dump;
use crate::reports::report;

/// Everything that is written, as JSON.
pub(crate) fn written() -> Vec<Value> {
    let reports: Vec<_> = Code::ALL.iter().map(|&code| report(code)).collect();
    let findings = Findings::new(reports[..4].to_vec(), reports[4..6].to_vec(), Vec::new());
    let data = reports.iter().map(serde_json::to_value);
    let others = [serde_json::to_value(findings), serde_json::to_value(dump())];
    data.chain(others)
        .map(|value| value.expect("plain data becomes JSON"))
        .collect()
}

/// What is done to one value of a document.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Replace(Value),
    /// Another value of the document takes its place.
    Copy(Index),
    /// A list holds everything twice.
    Double,
}

pub(crate) fn edit() -> impl Strategy<Value = Edit> {
    let values = json!([
        null,
        true,
        0,
        u64::MAX,
        -1,
        0.5,
        "",
        "\u{1b}[31m`\n\u{fc}",
        "f:1:1",
        "f:0:4294967295",
        "HB0004",
        "read",
        [],
        {}
    ]);
    let values = values.as_array().expect("a list").clone();
    prop_oneof![
        select(values).prop_map(Edit::Replace),
        any::<Index>().prop_map(Edit::Copy),
        Just(Edit::Double),
    ]
}

/// How many values a document holds, itself among them.
pub(crate) fn count(value: &Value) -> usize {
    let inner: usize = match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    };
    inner + 1
}

/// The value that `left` others stand before.
pub(crate) fn nth<'v>(value: &'v mut Value, left: &mut usize) -> Option<&'v mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, left)),
        Value::Object(fields) => fields.values_mut().find_map(|field| nth(field, left)),
        _ => None,
    }
}

pub(crate) fn apply(document: &mut Value, place: Index, edit: Edit) {
    let mut at = |place: Index| {
        let mut left = place.index(count(document));
        nth(document, &mut left).expect("one of the values").clone()
    };
    let new = match edit {
        Edit::Replace(value) => value,
        Edit::Copy(from) => at(from),
        Edit::Double => match at(place) {
            Value::Array(items) => [items.clone(), items].concat().into(),
            other => other,
        },
    };
    let mut left = place.index(count(document));
    *nth(document, &mut left).expect("one of the values") = new;
}

/// A failure is a row to write, not a file to keep.
pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_refused_or_shown(bytes in any::<Vec<u8>>()) {
        any_json::check(&bytes);
    }

    #[test]
    fn any_near_bytes_are_refused_or_shown(
        document in select(written()),
        place in any::<Index>(),
        by in any::<u8>(),
    ) {
        let mut bytes = document.to_string().into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = by;
        any_json::check(&bytes);
    }

    #[test]
    fn any_near_data_is_refused_or_shown(
        document in select(written()),
        edits in proptest::collection::vec((any::<Index>(), edit()), 1..6),
    ) {
        let mut document = document;
        for (place, edit) in edits {
            apply(&mut document, place, edit);
        }
        any_json::check(document.to_string().as_bytes());
    }
}
