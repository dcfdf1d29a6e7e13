//! Any bytes as a scenario: refused with a place, or read, written and run by both profiles.
//!
//! Classes and places live for ever, so a run of days grows with the names that it makes up.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../tests/language/any_text.rs"]
mod any_text;

fuzz_target!(|text: &str| any_text::check(text));
