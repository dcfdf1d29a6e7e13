//! Any text as a declared order: refused with a place, or read.

#![no_main]

use heldby_model::declared::DeclaredOrder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = DeclaredOrder::read(text, "any.toml") {
        assert!(error.to_string().starts_with("any.toml:"), "{error}");
    }
});
