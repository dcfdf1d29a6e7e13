//! The JSON that leaves Heldby, described for other programs by JSON Schema.
//!
//! The schemas are made from the types themselves, with their doc comments, and stand in
//! `docs/schema/`; a test holds the two together.
//! They are strict: a field that this version does not write is refused, so a reader notices a newer
//! format before it misses something.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::record::{Fact, RecordHeader};

/// A line of a record: the first one, or any other.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum RecordLine {
    /// The first line.
    Header(RecordHeader),
    /// Any other line.
    Fact(Fact),
}

/// Makes the schema of what `T` is written as, as indented JSON.
#[must_use]
pub fn text<T: JsonSchema>() -> String {
    let generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .with_transform(RecursiveTransform(refuse_unknown))
        .with_transform(RecursiveTransform(bound))
        .into_generator();
    let schema = Value::from(generator.into_root_schema_for::<T>());
    serde_json::to_string_pretty(&schema).expect("a schema always becomes JSON") + "\n"
}

/// An object has the fields that it is told to have, and no others.
fn refuse_unknown(schema: &mut Schema) {
    if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
}

/// A number has the room that it is read into.
fn bound(schema: &mut Schema) {
    let most = match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => u64::from(u32::MAX),
        Some("uint" | "uint64") => u64::MAX,
        _ => return,
    };
    schema.insert("maximum".to_owned(), most.into());
}
