//! JSON of a row a line.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    ingest::read::read("fuzz.ndjson", bytes, None);
});
