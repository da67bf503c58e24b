//! Workbooks of Excel 97 to 2003.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    ingest::read::read("fuzz.xls", bytes, None);
});
