//! Workbooks: a whole one where the bytes are a zip, and else the XML of a sheet within a sound workbook, because a fuzzer
//! seldom finds the checksums of a zip.

#![no_main]

use std::io::{Cursor, Write};

use libfuzzer_sys::fuzz_target;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const TYPES: &str = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";
const RELATIONS: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship \
                         Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" \
                         Target=\"worksheets/sheet1.xml\"/></Relationships>";
const BOOK: &str = "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
                    xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet \
                    name=\"班级需求汇总表\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>";

fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"PK") {
        ingest::read::read("fuzz.xlsx", bytes, None);
        return;
    }
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let parts: [(&str, &[u8]); 4] = [
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/worksheets/sheet1.xml", bytes),
    ];
    for (name, part) in parts {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(name, options).expect("memory takes a part");
        zip.write_all(part).expect("memory takes bytes");
    }
    let book = zip.finish().expect("memory takes a zip").into_inner();
    ingest::read::read("fuzz.xlsx", &book, None);
});
