//! Any bytes as a snapshot, as findings and as a report: refused, or read, written and shown.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../model/tests/views/any_json.rs"]
mod any_json;

fuzz_target!(|bytes: &[u8]| any_json::check(bytes));
