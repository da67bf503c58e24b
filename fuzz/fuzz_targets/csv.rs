//! Text with separators, in any encoding.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    ingest::read::read("fuzz.csv", bytes, None);
});
