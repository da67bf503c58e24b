//! Zip archives of files: unpacked within bounds, by what really comes out and not by what the archive claims.

use std::io::{Cursor, Read};

use encoding_rs::GB18030;
use zip::ZipArchive;
use zip::result::ZipError;

use super::{Kind, sniff};
use crate::issue::Issue;

/// Files that an archive may hold.
const MOST_FILES: usize = 2_000;
/// Bytes of all its files unpacked.
const MOST_BYTES: u64 = 256 << 20;

/// A file of an archive.
#[derive(Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name within the archive, safe to show and to take for a path below a folder.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What an archive holds.
#[derive(Debug, Default)]
pub struct Unpacked {
    /// Its files in the order of their names.
    pub members: Vec<Member>,
    /// Files that were refused, by name, and why.
    pub refused: Vec<(String, Issue)>,
}

/// Whether bytes are an archive of files: a workbook is a zip too, and none.
pub fn is_archive(bytes: &[u8]) -> bool {
    sniff("", bytes) == Kind::Archive
}

/// Unpacks an archive; an issue where it is broken or beyond the bounds, because half of it would be worse than nothing.
pub fn unpack(bytes: &[u8]) -> Result<Unpacked, Issue> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error.to_string()))?;
    if archive.len() > MOST_FILES {
        return Err(Issue::error(
            "archive-too-many",
            format!("压缩包里的文件超过 {MOST_FILES} 个，请分成几个压缩包报送。"),
            format!("the archive holds more than {MOST_FILES} files; send several archives"),
        ));
    }
    let mut unpacked = Unpacked::default();
    let mut left = MOST_BYTES;
    for at in 0..archive.len() {
        let raw = archive.by_index_raw(at).map_err(|error| broken(&error.to_string()))?;
        let Some(name) = display_name(raw.name_raw()).filter(|_| !raw.is_dir()) else { continue };
        let (encrypted, link) = (raw.encrypted(), raw.is_symlink());
        drop(raw);
        match member(&mut archive, at, encrypted, link, &mut left) {
            Ok(bytes) => unpacked.members.push(Member { name, bytes }),
            Err(Refusal::File(issue)) => unpacked.refused.push((name, issue)),
            Err(Refusal::Archive(issue)) => return Err(issue),
        }
    }
    if unpacked.members.is_empty() && unpacked.refused.is_empty() {
        return Err(Issue::error("empty-archive", "压缩包里没有文件。", "there are no files in the archive"));
    }
    unpacked.members.sort_by(|one, other| one.name.cmp(&other.name));
    unpacked.refused.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(unpacked)
}

enum Refusal {
    /// The file is refused, the others are not.
    File(Issue),
    /// The archive is refused.
    Archive(Issue),
}

fn member(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    at: usize,
    encrypted: bool,
    link: bool,
    left: &mut u64,
) -> Result<Vec<u8>, Refusal> {
    if encrypted {
        return Err(Refusal::File(Issue::error(
            "password",
            "压缩包里的这个文件有密码，无法读取。请去掉密码后重新压缩报送。",
            "this file of the archive is protected by a password; pack it again without one",
        )));
    }
    if link {
        return Err(Refusal::File(Issue::error(
            "archive-link",
            "压缩包里的这一项是链接，不是文件。请放入文件本身后重新压缩报送。",
            "this entry of the archive is a link and no file; pack the file itself",
        )));
    }
    let damaged = |why: String| {
        Refusal::File(Issue::error(
            "broken-archive",
            format!("压缩包里的这个文件无法解压（{why}）。请重新压缩为 zip 后报送。"),
            format!("this file of the archive can't be unpacked ({why}); pack it again as zip"),
        ))
    };
    let file = match archive.by_index(at) {
        Ok(file) => file,
        Err(ZipError::UnsupportedArchive(why)) => return Err(damaged(why.to_owned())),
        Err(error) => return Err(damaged(error.to_string())),
    };
    let mut bytes = Vec::new();
    // One byte more than is left tells that there is more.
    let read = file.take(*left + 1).read_to_end(&mut bytes);
    *left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
        Refusal::Archive(Issue::error(
            "too-large",
            "压缩包解压后过大，请分成几个压缩包报送。",
            "the archive is too large when unpacked; send several archives",
        ))
    })?;
    read.map_err(|error| damaged(error.to_string()))?;
    match sniff("", &bytes) {
        Kind::Archive | Kind::OtherArchive => Err(Refusal::File(Issue::error(
            "nested-archive",
            "压缩包里还有压缩包，不再解压。请把文件直接放入一个压缩包。",
            "there is an archive within the archive, which is not unpacked; put the files into one archive",
        ))),
        _ => Ok(bytes),
    }
}

fn broken(why: &str) -> Issue {
    Issue::error(
        "broken-archive",
        format!("压缩包无法打开（{why}）。请重新压缩为 zip 后报送。"),
        format!("the archive can't be opened ({why}); pack it again as zip"),
    )
}

/// The name without anything that leads out of a folder; nothing for what systems put into archives by themselves.
fn display_name(raw: &[u8]) -> Option<String> {
    // Names are UTF-8 where the packer is young and in the code page of a Chinese Windows where it is old.
    let name = match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => GB18030.decode_without_bom_handling(raw).0.into_owned(),
    };
    let visible = |letter: &char| {
        !letter.is_control()
            && !matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let name: String = name.replace('\\', "/").chars().filter(visible).collect();
    let step = |part: &&str| !(part.is_empty() || *part == "." || *part == ".." || part.ends_with(':'));
    let parts: Vec<&str> = name.split('/').map(str::trim).filter(step).collect();
    let last = parts.last().copied().unwrap_or("?");
    let own = ["__MACOSX", "Thumbs.db", "desktop.ini"];
    let hidden = last.starts_with('.') || last.starts_with("~$") || parts.iter().any(|part| own.contains(part));
    (!hidden).then(|| if parts.is_empty() { last.to_owned() } else { parts.join("/") })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    fn pack(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
            zip.start_file(*name, options).expect("a file");
            zip.write_all(bytes).expect("written");
        }
        zip.finish().expect("a zip").into_inner()
    }

    /// The bytes with a name in place of another one of the same length, in both of its places.
    fn renamed(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
        assert_eq!(from.len(), to.len());
        let mut out = bytes.to_vec();
        let mut at = 0;
        while let Some(found) = memchr::memmem::find(&out[at..], from) {
            out[at + found..at + found + to.len()].copy_from_slice(to);
            at += found + to.len();
        }
        out
    }

    fn names(bytes: &[u8]) -> Vec<String> {
        unpack(bytes).expect("an archive").members.into_iter().map(|member| member.name).collect()
    }

    #[test]
    fn files_come_in_the_order_of_their_names() {
        let bytes = pack(&[("b/考勤.csv", b"1"), ("a.csv", b"2"), ("b/", b"")]);
        assert!(is_archive(&bytes));
        let unpacked = unpack(&bytes).expect("an archive");
        assert!(unpacked.refused.is_empty());
        let member = |name: &str, bytes: &[u8]| Member { name: name.to_owned(), bytes: bytes.to_vec() };
        assert_eq!(unpacked.members, [member("a.csv", b"2"), member("b/考勤.csv", b"1")]);
    }

    #[test]
    fn names_lead_nowhere_and_are_readable() {
        let check = |raw: &[u8], expected: Option<&str>| assert_eq!(display_name(raw).as_deref(), expected);
        check(b"../../etc/passwd", Some("etc/passwd"));
        check(b"/abs/x.csv", Some("abs/x.csv"));
        check(b"C:\\Users\\x.csv", Some("Users/x.csv"));
        check(b"a/../../x.csv", Some("a/x.csv"));
        check(b"..", Some("?"));
        check("a\u{202e}vsc.exe\0".as_bytes(), Some("avsc.exe"));
        check(&GB18030.encode("学生考勤.csv").0, Some("学生考勤.csv"));
        check("学生考勤.csv".as_bytes(), Some("学生考勤.csv"));
        check(b"__MACOSX/._x.csv", None);
        check(b"a/.DS_Store", None);
        check(b"~$roster.xlsx", None);
    }

    #[test]
    fn names_in_a_chinese_code_page_are_decoded() {
        let name = GB18030.encode("考勤.csv").0.into_owned();
        assert_eq!(names(&renamed(&pack(&[("abcd.csv", b"1")]), b"abcd.csv", &name)), ["考勤.csv"]);
        assert_eq!(names(&renamed(&pack(&[("XX/XX/x.csv", b"1")]), b"XX/XX/", b"../../")), ["x.csv"]);
    }

    #[test]
    fn a_bomb_is_counted_as_it_goes_off() {
        let zeros = vec![b' '; 64 << 20];
        let bytes =
            pack(&[("1.csv", &zeros), ("2.csv", &zeros), ("3.csv", &zeros), ("4.csv", &zeros), ("5.csv", &zeros)]);
        assert!(bytes.len() < 2 << 20);
        assert_eq!(unpack(&bytes).expect_err("too large").code, "too-large");
        // A directory that claims a few bytes changes nothing.
        let mut lying = bytes.clone();
        let mut at = 0;
        while let Some(found) = memchr::memmem::find(&lying[at..], b"PK\x01\x02") {
            lying[at + found + 24..at + found + 28].copy_from_slice(&9u32.to_le_bytes());
            at += found + 4;
        }
        assert!(unpack(&lying).map_or_else(|issue| issue.code == "too-large", |unpacked| unpacked.members.is_empty()));
    }

    #[test]
    fn what_is_no_plain_file_is_refused_and_the_others_are_not() {
        let inner = pack(&[("x.csv", b"1")]);
        let bytes = pack(&[("a.csv", b"1"), ("inner.zip", &inner), ("old.rar", b"Rar!\x1a\x07\x01\x00")]);
        let unpacked = unpack(&bytes).expect("an archive");
        assert_eq!(unpacked.members.len(), 1);
        let refused: Vec<_> = unpacked.refused.iter().map(|(name, issue)| (name.as_str(), issue.code)).collect();
        assert_eq!(refused, [("inner.zip", "nested-archive"), ("old.rar", "nested-archive")]);
        // The flag of encryption, in both of its places.
        let mut locked = pack(&[("a.csv", b"1")]);
        locked[6] |= 1;
        let directory = memchr::memmem::find(&locked, b"PK\x01\x02").expect("a directory");
        locked[directory + 8] |= 1;
        assert_eq!(unpack(&locked).expect("an archive").refused[0].1.code, "password");
    }

    #[test]
    fn broken_empty_and_endless_archives_are_refused() {
        let code = |bytes: &[u8]| unpack(bytes).expect_err("refused").code;
        let whole = pack(&[("a.csv", b"1,2,3\n")]);
        assert_eq!(code(&whole[..whole.len() - 10]), "broken-archive");
        assert_eq!(code(&pack(&[])), "empty-archive");
        assert_eq!(code(&pack(&[(".DS_Store", b"1")])), "empty-archive");
        let many: Vec<(String, &[u8])> = (0..=MOST_FILES).map(|at| (format!("{at}.csv"), &b"1"[..])).collect();
        let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
        assert_eq!(code(&pack(&many)), "archive-too-many");
        let mut damaged = pack(&[("a.csv", &[b'x'; 1000]), ("b.csv", b"1")]);
        damaged[40] ^= 0xff;
        let unpacked = unpack(&damaged).expect("an archive");
        assert_eq!((unpacked.members.len(), unpacked.refused[0].1.code), (1, "broken-archive"));
    }
}
