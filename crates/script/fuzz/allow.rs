//! Any text as a `heldby.toml`: refused with a place, or read.

#![no_main]

use heldby_script::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Err(error) = Config::new().allow(text, "any.toml") {
        assert!(error.to_string().starts_with("any.toml:"), "{error}");
    }
});
