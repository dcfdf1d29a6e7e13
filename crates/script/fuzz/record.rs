//! Any bytes as a record: read as far as they can be, merged, searched, written again and shown.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| heldby_cli::check_record(bytes));
