use super::*;
use crate::report::{Cell, Chart, Column, Line, Section, Table};

fn report(blocks: Vec<Block>) -> Report {
    Report {
        lang: "zh-CN",
        title: "课后服务评价报告".to_owned(),
        unit: "青山区".to_owned(),
        unit_id: "379903".to_owned(),
        period: "2019-10".to_owned(),
        period_said: "2019年10月".to_owned(),
        release: 7,
        made_at: "2020-03-01T08:00:00Z".to_owned(),
        today: "2020-03-01".parse().expect("a day"),
        warning: None,
        facts: vec![("单位".to_owned(), "青山区".to_owned())],
        header: "青山区".to_owned(),
        numbering: "第 {} 页 / 共 {} 页".to_owned(),
        contents: "目录".to_owned(),
        sections: vec![Section { id: "summary", title: "一、摘要".to_owned(), blocks }],
    }
}

/// The system's fonts where they have Chinese; a machine without is told so, and the test of refusing is the one that counts there.
fn fonts() -> Option<Fonts> {
    let fonts = Fonts::system();
    let there = fonts.choose("课后服务评价报告青山区").is_ok();
    if !there {
        assert!(
            std::env::var_os("KEHOU_REQUIRE_TOOLS").is_none(),
            "CI must have a Chinese font: apt-get install fonts-noto-cjk"
        );
        eprintln!("SKIPPED: this test needs a Chinese font: apt-get install fonts-noto-cjk");
    }
    there.then_some(fonts)
}

#[test]
fn text_from_data_is_never_markup() {
    let Some(fonts) = fonts() else { return };
    // As markup each of these would fail, or read a file.
    let hostile = ["#panic(\"x\")", "$x", "`", "#read(\"/etc/passwd\")", "*", "_", "= 标题", "]#[", "\\", "<a>", "@b"];
    let table = Table {
        caption: hostile.concat(),
        columns: vec![Column::words(hostile[0], 2), Column::number(hostile[3])],
        rows: vec![Line::group(hostile[1]), Line::of(hostile[..2].iter().map(|text| Cell::of(*text)).collect())],
    };
    let mut blocks: Vec<Block> = hostile.iter().map(|text| Block::text(*text)).collect();
    blocks.push(Block::List { items: hostile.iter().map(|text| (*text).to_owned()).collect() });
    blocks.push(Block::Code { lines: vec![hostile.concat()] });
    blocks.push(Block::Table(table));
    let bytes = pdf(&report(blocks), &fonts).expect("it is set as it stands");
    assert!(bytes.starts_with(b"%PDF-1.7"));
}

#[test]
fn the_same_report_is_the_same_bytes() {
    let Some(fonts) = fonts() else { return };
    let svg = "<svg viewBox=\"0 0 680 40\" width=\"680\" height=\"40\" xmlns=\"http://www.w3.org/2000/svg\">\
               <text x=\"9\" y=\"20\" font-size=\"13\" fill=\"var(--ink)\">市中区</text></svg>";
    let chart = Chart { title: "图".to_owned(), note: String::new(), said: String::new(), svg: svg.to_owned() };
    let one = report(vec![Block::Chart(chart), Block::text("各项指标")]);
    let first = pdf(&one, &fonts).expect("set");
    assert_eq!(first, pdf(&one, &Fonts::system()).expect("set again"));
    assert_ne!(first, pdf(&Report { release: 8, ..one }, &fonts).expect("another release is another document"));
    // Subsets: a whole Chinese font has ten million bytes.
    assert!(first.len() < 200_000, "{} bytes", first.len());
}

#[test]
fn without_a_chinese_font_it_refuses_and_says_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let none = Fonts::at(folder.path()).expect("an empty folder is a folder");
    let refused = pdf(&report(vec![]), &none).expect_err("there is nothing to set it in").to_string();
    assert!(refused.contains("fonts-noto-cjk") && refused.contains("--font"), "{refused}");
    let file = folder.path().join("font.ttf");
    std::fs::write(&file, "no font").expect("written");
    let Err(PdfError::FontFile { why, .. }) = Fonts::at(&file) else { panic!("text is no font") };
    assert!(why.contains("no font"), "{why}");
}

#[test]
fn a_letter_that_no_font_has_is_named() {
    let Some(fonts) = fonts() else { return };
    // A code point that stands for nothing.
    let set = pdf(&report(vec![Block::text("甲\u{378}")]), &fonts).map(|bytes| bytes.len());
    let refused = set.expect_err("it would be a box").to_string();
    assert!(refused.contains("U+0378"), "{refused}");
}

#[test]
fn the_family_is_chosen_by_what_it_covers() {
    let Some(fonts) = fonts() else { return };
    let chosen = fonts.choose("课后服务 91.0%").expect("it was tried above");
    let first = chosen.families.first().expect("one at least");
    let book = fonts.store().book();
    let index = book.select(&first.to_lowercase(), typst::text::FontVariant::default()).expect("it is there");
    let info = book.info(index).expect("it is there");
    assert!("课后服务".chars().all(|letter| info.coverage.contains(letter as u32)), "{first}");
}
