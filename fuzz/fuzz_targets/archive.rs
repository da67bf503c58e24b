//! Zip archives of files.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(unpacked) = ingest::read::archive::unpack(bytes) {
        for member in unpacked.members {
            assert!(!member.name.split('/').any(|part| part.is_empty() || part == ".."), "a name leads out of its folder");
        }
    }
});
