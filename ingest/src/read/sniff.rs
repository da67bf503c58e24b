//! What kind of file bytes are: by what they hold, and only where that doesn't tell by the file's name.

use std::io::Cursor;

use zip::ZipArchive;

use super::ole::{MAGIC, Ole};
use super::xlsx::{broken, protected};
use crate::issue::Issue;

/// How far into a file its beginning reaches.
const START: usize = 64 * 1024;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An xlsx workbook.
    Workbook,
    /// An xls workbook.
    OldWorkbook,
    /// Text with separators.
    Csv,
    /// One JSON document.
    Json,
    /// A JSON row a line.
    JsonLines,
    /// A zip archive of files.
    Archive,
    /// An archive of another kind.
    OtherArchive,
    /// A workbook with a password.
    Protected,
    /// A page or an XML file that a spreadsheet opens but is none.
    WebPage,
    /// A workbook of a kind that is not read: xlsb, ods, of Excel 95.
    OtherWorkbook,
    /// A text document.
    TextDocument,
    /// Text with bytes of zero in it.
    Zeros,
    /// Nothing.
    Empty,
    /// Something else.
    Unknown,
}

/// Tells the kind of a file.
pub fn sniff(file_name: &str, bytes: &[u8]) -> Kind {
    let extension = file_name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    let start = &bytes[..bytes.len().min(START)];
    let starts_with = |magic: &[u8]| bytes.starts_with(magic);
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start).trim_ascii_start();
    let wide = starts_with(b"\xFF\xFE") || starts_with(b"\xFE\xFF");
    match extension.as_str() {
        _ if text.is_empty() => Kind::Empty,
        _ if starts_with(b"PK\x03\x04") || starts_with(b"PK\x05\x06") => zip_kind(&extension, bytes),
        _ if starts_with(MAGIC) => ole_kind(bytes),
        _ if starts_with(b"Rar!") || starts_with(b"7z\xBC\xAF\x27\x1C") || starts_with(b"\x1F\x8B") => {
            Kind::OtherArchive
        }
        _ if starts_with(b"%PDF") || starts_with(b"{\\rtf") => Kind::TextDocument,
        _ if starts_with(b"\x89PNG") || starts_with(b"\xFF\xD8\xFF") || starts_with(b"GIF8") => Kind::Unknown,
        _ if text.starts_with(b"<") && is_markup(text) => Kind::WebPage,
        _ if text.starts_with(b"{") || text.starts_with(b"[") => json_kind(&extension, text),
        "json" => Kind::Json,
        "ndjson" | "jsonl" => Kind::JsonLines,
        _ if !wide && memchr::memchr(0, start).is_some() => match extension.as_str() {
            "csv" | "tsv" | "txt" => Kind::Zeros,
            _ => Kind::Unknown,
        },
        // What has no mark of any kind can only be text, whatever its name.
        _ => Kind::Csv,
    }
}

/// What stands in a zip tells whether it is a workbook.
fn zip_kind(extension: &str, bytes: &[u8]) -> Kind {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(bytes)) else {
        return if extension.starts_with("xls") { Kind::Workbook } else { Kind::Archive };
    };
    let has = |name: &str| archive.index_for_name(name).is_some();
    let kind = match has("[Content_Types].xml") {
        true if has("xl/workbook.bin") => Some(Kind::OtherWorkbook),
        true if has("word/document.xml") || has("ppt/presentation.xml") => Some(Kind::TextDocument),
        true => Some(Kind::Workbook),
        false if has("mimetype") && has("content.xml") => Some(Kind::OtherWorkbook),
        false => None,
    };
    kind.unwrap_or_else(|| {
        // A workbook whose list of contents was lost is a broken workbook, and no archive of files.
        let lost = archive.index_for_name("xl/workbook.xml").is_some();
        let empty = archive.is_empty() && extension.starts_with("xls");
        if lost || empty || archive.by_index_raw(0).is_err() && extension.starts_with("xls") {
            Kind::Workbook
        } else {
            Kind::Archive
        }
    })
}

fn ole_kind(bytes: &[u8]) -> Kind {
    match Ole::open(bytes) {
        Some(ole) if ole.has("EncryptedPackage") => Kind::Protected,
        Some(ole) if ole.has("WordDocument") || ole.has("PowerPoint Document") => Kind::TextDocument,
        Some(ole) if ole.has("Workbook") => Kind::OldWorkbook,
        Some(ole) if ole.has("Book") => Kind::OtherWorkbook,
        Some(_) => Kind::Unknown,
        None => Kind::OldWorkbook,
    }
}

fn is_markup(text: &[u8]) -> bool {
    let start: String = text.iter().take(4096).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    ["<html", "<!doctype", "<table", "<meta", "<?xml", "<head", "<div", "<tr"].iter().any(|mark| start.contains(mark))
}

/// One document, or a row a line: there the first line is whole by itself.
fn json_kind(extension: &str, text: &[u8]) -> Kind {
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let whole = first.starts_with(b"{") && first.ends_with(b"}");
    let second = lines.next();
    match extension {
        "ndjson" | "jsonl" => Kind::JsonLines,
        "csv" | "tsv" if !(text.starts_with(b"{\"") || text.starts_with(b"[{")) => Kind::Csv,
        _ if whole && second.is_some_and(|second| second.starts_with(b"{")) => Kind::JsonLines,
        _ => Kind::Json,
    }
}

impl Kind {
    /// Why a file of this kind is not read.
    pub fn refusal(self) -> Issue {
        let (code, zh, en) = match self {
            Kind::Empty => ("empty-file", "文件是空的。", "the file is empty"),
            Kind::Protected => return protected(),
            Kind::WebPage => (
                "web-page",
                "这不是工作簿，而是改了扩展名的网页或 XML（多由其他系统导出）。请用表格软件打开，另存为 xlsx 后报送。",
                "this is no workbook but a web page or XML under another name, as some systems export it; open it in a \
                 spreadsheet, save it as xlsx and send that",
            ),
            Kind::OtherWorkbook => (
                "other-workbook",
                "不读取这种工作簿（xlsb、ods 或 Excel 95）。请用表格软件另存为 xlsx 后报送。",
                "workbooks of this kind (xlsb, ods, Excel 95) are not read; save it as xlsx and send that",
            ),
            Kind::TextDocument => (
                "text-document",
                "这是文档（Word、PDF 等），不是表格。请按模板填写工作簿后报送。",
                "this is a document (Word, PDF or the like) and no table; fill in the template and send that",
            ),
            Kind::OtherArchive => (
                "other-archive",
                "不解压这种压缩包（rar、7z、gz）。请改用 zip，或直接报送其中的文件。",
                "archives of this kind (rar, 7z, gz) are not unpacked; use zip, or send the files themselves",
            ),
            Kind::Zeros => (
                "zero-bytes",
                "文件里有空字节，可能已损坏，或是没有标记的 UTF-16 编码。请另存为 CSV UTF-8 后报送。",
                "there are bytes of zero in the file: it is damaged, or UTF-16 without its mark; save it as CSV UTF-8",
            ),
            Kind::Workbook | Kind::OldWorkbook => return broken("?"),
            Kind::Csv | Kind::Json | Kind::JsonLines | Kind::Archive | Kind::Unknown => (
                "unknown-kind",
                "不认识的文件类型。请报送 xlsx、xls 工作簿、CSV、JSON，或它们的 zip 压缩包。",
                "this kind of file is not known; send an xlsx or xls workbook, CSV, JSON, or a zip of them",
            ),
        };
        Issue::error(code, zh, en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_holds_counts_more_than_its_name() {
        let check = |name: &str, bytes: &[u8], kind: Kind| assert_eq!(sniff(name, bytes), kind, "{name}");
        check("a.csv", "班级,年级\n".as_bytes(), Kind::Csv);
        check("a", "班级,年级\n".as_bytes(), Kind::Csv);
        check("a.xlsx", "班级,年级\n".as_bytes(), Kind::Csv);
        check("a.csv", b"\xFF\xFEa\0,\0", Kind::Csv);
        check("a.csv", b"a,b\0\n", Kind::Zeros);
        check("a.bin", b"a,b\0\n", Kind::Unknown);
        check("a.csv", b" \r\n\t", Kind::Empty);
        check("a.xls", b"<html><table>", Kind::WebPage);
        check("a.xls", b"\xEF\xBB\xBF\n<?xml version='1.0'?><Workbook>", Kind::WebPage);
        check("a.csv", b"{\"form\": \"charge\", \"rows\": []}", Kind::Json);
        check("a.json", b"{\"a\":1}\n{\"a\":2}\n", Kind::JsonLines);
        check("a.json", b"{\"a\":1}", Kind::Json);
        check("a.json", b"{\n\"rows\": []}", Kind::Json);
        check("a.jsonl", b"{\"a\":1}", Kind::JsonLines);
        check("a.csv", b"[1],b\n", Kind::Csv);
        check("a.xlsx", b"PK\x03\x04cut", Kind::Workbook);
        check("a.zip", b"PK\x03\x04cut", Kind::Archive);
        check("a.doc", b"%PDF-1.7", Kind::TextDocument);
        check("a.zip", b"Rar!\x1a\x07\x01\x00", Kind::OtherArchive);
        check("a.csv", b"\x89PNG\r\n", Kind::Unknown);
    }
}
