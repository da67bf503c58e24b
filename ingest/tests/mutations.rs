//! Files that were good before something happened to them: whatever it was, reading and judging answer and don't stop.
//!
//! A few hundred are tried each time; `KEHOU_MUTATIONS=100000` tries more, `KEHOU_MUTATIONS_SEED` others. What once stopped
//! a reader is kept in `finds/` and tried first.

#[path = "common/world.rs"]
mod world;

use std::fs;
use std::io::{Cursor, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use encoding_rs::GB18030;
use ingest::form::form;
use ingest::judge::{World, judge};
use ingest::read::archive::unpack;
use ingest::read::read;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::world::world;

/// How many are tried where nobody says.
const FEW: u64 = 400;
/// Longer than any small file takes, on any machine.
const HANGS: Duration = Duration::from_secs(60);

/// A good file.
struct Seed {
    name: String,
    bytes: Vec<u8>,
}

#[test]
fn what_once_stopped_a_reader_no_longer_does() {
    let world = world(&["3799001000"]);
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/finds")) {
        let bytes = fs::read(&path).expect("a find");
        answer(&world, &path.file_name().unwrap_or_default().to_string_lossy(), &bytes);
    }
}

#[test]
fn no_mutation_stops_a_reader() {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name)
            .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
    };
    let (count, first) = (number("KEHOU_MUTATIONS", FEW), number("KEHOU_MUTATIONS_SEED", 1));
    let seeds = seeds();
    assert!(seeds.len() > 20, "{} seeds", seeds.len());
    let world = world(&["3799001000", "3799061222", "3799011814"]);
    for round in first..first + count {
        let mut random = Random(round.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let seed = &seeds[random.below(seeds.len())];
        let bytes = mutated(&seed.bytes, &seeds, &mut random);
        let started = Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| answer(&world, &seed.name, &bytes)));
        if ended.is_err() || started.elapsed() > HANGS {
            let kept = std::env::temp_dir().join(format!("{round}_{}", seed.name));
            fs::write(&kept, &bytes).expect("written");
            panic!(
                "round {round} on {} stopped after {:?}; the file is {}",
                seed.name,
                started.elapsed(),
                kept.display()
            );
        }
    }
}

/// Reads and judges.
fn answer(world: &World, name: &str, bytes: &[u8]) {
    let _ = unpack(bytes);
    for given in [None, form("charge")] {
        let judged = judge(read(name, bytes, given), world);
        assert!(judged.readable || !judged.issues.is_empty(), "{name} is unreadable without a reason");
    }
}

/// Numbers that follow from the first one alone.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).expect("it is below a usize")
    }
}

/// The bytes after one to four mishaps. Of a zip mostly the parts are hit and packed again: behind the packing are the parsers.
fn mutated(bytes: &[u8], seeds: &[Seed], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let parts = if bytes.starts_with(b"PK") && random.below(4) > 0 { parts(bytes) } else { None };
    if let Some(mut parts) = parts {
        let part = random.below(parts.len());
        for _ in 0..=random.below(3) {
            parts[part].1 =
                mishap(&parts[part].1, &parts.iter().map(|(_, bytes)| bytes.as_slice()).collect::<Vec<_>>(), random);
        }
        out = packed(&parts);
    } else {
        let others: Vec<&[u8]> = seeds.iter().map(|seed| seed.bytes.as_slice()).collect();
        for _ in 0..=random.below(3) {
            out = mishap(&out, &others, random);
        }
    }
    out
}

fn parts(bytes: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut parts = Vec::new();
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).ok()?;
        let mut inner = Vec::new();
        part.read_to_end(&mut inner).ok()?;
        parts.push((part.name().ok()?.into_owned(), inner));
    }
    (!parts.is_empty()).then_some(parts)
}

fn packed(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(name.as_str(), options).expect("a part");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("a zip").into_inner()
}

/// Things that parsers trip over.
const ODD: [&[u8]; 20] = [
    b"0",
    b"-1",
    b"4294967295",
    b"99999999999999999999",
    b"1e400",
    b"NaN",
    b"\"",
    b"<",
    b"</c>",
    b"]]>",
    b"&#0;",
    b"&lol;",
    b"\0",
    b"\xFF\xFF\xFF\xFF",
    b"\xF0\x9F\x98",
    b"\\ud800",
    b"[[[[[[[[",
    b"XFD1048577",
    b"\r",
    "零报告".as_bytes(),
];

fn mishap(bytes: &[u8], others: &[&[u8]], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let at = random.below(out.len() + 1);
    let to = (at + random.below(64)).min(out.len());
    match random.below(9) {
        0 => out.truncate(at),
        1 => drop(out.drain(at..to)),
        2 => {
            let copy = out[at..to].to_vec();
            out.splice(at..at, copy);
        }
        3 => drop(out.splice(at..at, ODD[random.below(ODD.len())].iter().copied())),
        4 => {
            // In place of what stands there, so that lengths and offsets stay.
            let odd = ODD[random.below(ODD.len())];
            let end = (at + odd.len()).min(out.len());
            out[at..end].copy_from_slice(&odd[..end - at]);
        }
        5 if at < out.len() => out[at] ^= 1 << random.below(8),
        6 if at < out.len() => out[at] = random.next() as u8,
        7 => {
            // A number becomes another one.
            if let Some(digit) = out[at..].iter().position(u8::is_ascii_digit) {
                let odd = ODD[random.below(6)];
                out.splice(at + digit..=at + digit, odd.iter().copied());
            }
        }
        _ => {
            let other = others[random.below(others.len())];
            let from = random.below(other.len() + 1);
            let until = (from + random.below(256)).min(other.len());
            out.splice(at..to, other[from..until].iter().copied());
        }
    }
    out
}

/// The example's files, some of each kind, and what is made of them.
fn seeds() -> Vec<Seed> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    let small = |path: &PathBuf| fs::metadata(path).is_ok_and(|about| about.len() < 40_000);
    let found: Vec<PathBuf> =
        [fixtures.join("qinghe/inbox"), fixtures.join("xls")].iter().flat_map(|folder| files(folder)).collect();
    let mut seeds: Vec<Seed> = found
        .iter()
        .filter(|path| small(path))
        .map(|path| Seed {
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            bytes: fs::read(path).expect("a fixture"),
        })
        .collect();
    let mut made = Vec::new();
    let first =
        |extension: &str| seeds.iter().find(|seed| seed.name.ends_with(extension)).expect("a seed of each kind");
    if let Ok(text) = std::str::from_utf8(&first(".csv").bytes) {
        made.push(("gb18030.csv", GB18030.encode(text).0.into_owned()));
        made.push((
            "wide.csv",
            "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
        ));
    }
    let json: serde_json::Value = serde_json::from_slice(&first(".json").bytes).expect("a JSON fixture");
    let lines: String = json["rows"].as_array().expect("rows").iter().map(|row| format!("{row}\n")).collect();
    made.push(("lines.ndjson", lines.into_bytes()));
    let inner = [first(".csv"), first(".xlsx")].map(|seed| (seed.name.clone(), seed.bytes.clone()));
    made.push(("both.zip", packed(&inner)));
    // Rare kinds as often as common ones.
    for _ in 0..4 {
        seeds.extend(made.iter().map(|(name, bytes)| Seed { name: (*name).to_owned(), bytes: bytes.clone() }));
        let old = found.iter().filter(|path| path.extension().is_some_and(|one| one == "xls"));
        seeds.extend(old.map(|path| Seed { name: "old.xls".to_owned(), bytes: fs::read(path).expect("a fixture") }));
    }
    seeds
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
