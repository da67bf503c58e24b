//! CSV and JSON.

use encoding_rs::GB18030;

use super::make::{Grid, charges, csv, roster, wide, with};
use super::{Case, good, rejected, unreadable};

pub fn cases() -> Vec<Case> {
    [encodings(), records(), documents(), lines()].into_iter().flatten().collect()
}

fn text() -> String {
    csv(&roster())
}

fn encodings() -> Vec<Case> {
    let national = GB18030.encode(&text()).0.into_owned();
    let little = [&[0xFF, 0xFE][..], &wide(&text())].concat();
    let big: Vec<u8> = [0xFE, 0xFF].into_iter().chain(text().encode_utf16().flat_map(u16::to_be_bytes)).collect();
    let mut surrogate = little.clone();
    surrogate.extend([0x00, 0xD8, 0x2C, 0x00]);
    let mut odd = little.clone();
    odd.push(0x41);
    let garbled = text().replace("一(1)班", "\u{fffd}\u{fffd}(1)班");
    let mut cut = text().into_bytes();
    // In the middle of a letter.
    let at = text().find("二(1)班").expect("a class") + 1;
    cut.truncate(at);
    let zero = text().replace("一(1)班", "一\0(1)班");
    vec![
        unreadable("empty.csv", "", "empty-file"),
        unreadable("blank.csv", " \r\n\t\r\n", "empty-file"),
        good("utf8.csv", text()),
        good("utf8_with_mark.csv", format!("\u{feff}{}", text())),
        good("gb18030.csv", national),
        good("utf16_little.csv", little),
        good("utf16_big.csv", big),
        unreadable("utf16_half_a_pair.csv", surrogate, "encoding"),
        unreadable("utf16_half_a_letter.csv", odd, "encoding"),
        unreadable("letters_lost.csv", garbled, "encoding"),
        unreadable("half_a_letter.csv", cut, "encoding"),
        unreadable("no_encoding.csv", [text().as_bytes(), &[0xFF, 0xFF, 0x81]].concat(), "encoding"),
        unreadable("zero_byte.csv", zero, "zero-bytes"),
        unreadable("utf16_without_mark.csv", wide(&text()), "zero-bytes"),
        unreadable("machine_code.csv", (0..=255u8).cycle().take(4096).collect::<Vec<u8>>(), "zero-bytes"),
    ]
}

fn records() -> Vec<Case> {
    let split = |separator: &str| roster().iter().map(|row| row.join(separator) + "\r\n").collect::<String>();
    let longer = text().replace("\n3799001000,2019-10,二", ",备用\n3799001000,2019-10,二");
    let shorter = text().trim_end().trim_end_matches(",2,1,1").to_owned() + "\n";
    let open = text().replace("一(1)班", "\"一(1)班");
    let wide_row = text() + &",".repeat(10_000) + "\n";
    let total = |pupils: &str| text() + &format!("合计,,,,{pupils},17,17,17,17,17,5,2,2\n");
    let twice = with(roster(), 1, "有需求人数", "在籍人数（人）");
    let mut repeated = roster();
    for row in &mut repeated {
        row.push(row[4].clone());
    }
    let named: Grid = roster().into_iter().map(|row| row[..12].to_vec()).collect();
    let mut extra = roster();
    for (row, cell) in extra.iter_mut().zip(["备注", "无", ""]) {
        row.push(cell.to_owned());
    }
    let mut unheaded = roster();
    unheaded.remove(0);
    let zero = csv(&charges()) + "3799001000,2019-10,零报告\n";
    let titled = format!("班级需求汇总表,,\n填报单位：青禾小学\n\n{}", text());
    vec![
        good("semicolons.csv", split(";")),
        good("tabs.tsv", split("\t")),
        good("old_line_ends.csv", text().replace('\n', "\r")),
        good("title_above.csv", titled),
        good("extra_column.csv", csv(&extra)).with("unknown-column").at(1, "备注"),
        good("total_row.csv", total("63")),
        rejected("wrong_total.csv", total("64"), "total").at(4, "在籍人数"),
        rejected("a_cell_too_many.csv", longer, "too-many-cells").in_row(2),
        rejected("cells_too_few.csv", shorter, "missing").at(3, "建档立卡人数"),
        unreadable("quotation_mark_alone.csv", open, "broken-csv"),
        unreadable("ten_thousand_columns.csv", wide_row, "too-many-columns").in_row(4),
        rejected("a_megabyte_in_a_cell.csv", csv(&with(roster(), 3, "班级", &"长".repeat(350_000))), "cell-too-long")
            .at(3, "班级"),
        rejected("heading_of_another.csv", csv(&twice), "unknown-form").says(&["班级需求汇总表", "缺少：有需求人数。"]),
        rejected("column_missing.csv", csv(&named), "unknown-form")
            .says(&["班级需求汇总表", "缺少：建档立卡参加人数。"]),
        rejected("heading_twice.csv", csv(&repeated), "heading-twice").at(1, "在籍人数"),
        rejected("no_headings.csv", csv(&unheaded), "unknown-form"),
        rejected("headings_alone.csv", csv(&roster()[..1].to_vec()), "no-rows"),
        rejected("other_text.txt", "各位老师：\n请于本周五前报送。\n", "unknown-form"),
        rejected("nothing_beside_rows.csv", zero, "zero-with-rows").at(4, "票据号"),
        rejected(
            "nothing_where_it_is_owed.csv",
            csv(&roster()[..1].to_vec()) + "3799001000,2019-10,零报告\n",
            "zero-not-allowed",
        )
        .at(2, "班级"),
    ]
}

const ROW: &str = "\"school_id\":\"3799001000\",\"period\":\"2019-10\",\"receipt_no\":\"T1\",\"paid_on\":\"2019-10-08\",\
                   \"pupil_id\":2019001,\"class_id\":\"一(1)班\",\"kind\":\"charge\",\"billed_period\":\"2019-10\",\
                   \"sessions_billed\":20,\"amount\":60.00,\"is_poor\":false";

fn document(row: &str) -> String {
    format!("{{\"form\":\"charge\",\"rows\":[{{{row}}}]}}")
}

fn documents() -> Vec<Case> {
    let whole = document(ROW);
    let amount = |text: &str| document(&ROW.replace("60.00", text));
    let deep = amount(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    let twice = document(&format!("{ROW},\"amount\":61"));
    vec![
        good("whole.json", whole.clone()),
        good("list_of_rows.json", format!("[{{{ROW}}}]")),
        good("gb18030.json", GB18030.encode(&whole).0.into_owned()),
        good("json_named_text.txt", whole.clone()),
        good("double_in_full.json", amount("372.67000000000002")),
        unreadable("cut.json", whole[..whole.len() - 4].to_owned(), "broken-json"),
        unreadable("two_documents.json", format!("{whole} {whole}"), "broken-json"),
        unreadable("no_rows.json", "{\"form\":\"charge\"}", "broken-json"),
        unreadable("rows_are_numbers.json", "{\"form\":\"charge\",\"rows\":[1,2]}", "broken-json"),
        unreadable("no_json.json", "班级,年级\n", "broken-json"),
        unreadable("number_beyond_all.json", amount("1e400"), "broken-json"),
        unreadable("half_a_pair.json", document(&ROW.replace("T1", "\\ud800")), "broken-json"),
        unreadable("unknown_form.json", whole.replace("\"charge\",\"rows\"", "\"charges\",\"rows\""), "unknown-form"),
        rejected("nested_deep.json", deep, "nested-value").at(1, "金额"),
        rejected("list_in_a_cell.json", amount("[60]"), "nested-value").at(1, "金额"),
        rejected("key_twice.json", twice, "key-twice").at(1, "金额"),
        rejected("long_number.json", document(&ROW.replace("2019001", "370402201901011234567890")), "long-number")
            .at(1, "学生编号"),
        rejected("no_rows_in_list.json", "{\"form\":\"charge\",\"rows\":[]}", "no-rows"),
        rejected("nothing_and_values.json", document(&format!("{ROW},\"zero\":true")), "zero-with-values").in_row(1),
        good("nothing.json", document("\"school_id\":\"3799001000\",\"period\":\"2019-10\",\"zero\":true")),
        good("unknown_key.json", document(&format!("{ROW},\"phone\":\"\""))).with("unknown-column").at(1, "phone"),
        rejected("key_missing.json", document(&ROW.replace("\"kind\":\"charge\",", "")), "missing").at(1, "类型"),
    ]
}

fn lines() -> Vec<Case> {
    let second = ROW.replace("T1", "T2");
    let both = format!("{{{ROW}}}\n{{{second}}}\n");
    vec![
        good("rows.ndjson", both.clone()),
        good("rows_named_json.json", both.clone()),
        good("form_first.jsonl", format!("{{\"form\":\"charge\"}}\n{both}")),
        good("form_in_rows.ndjson", both.replace("{\"school", "{\"form\":\"charge\",\"school")),
        rejected("broken_line.ndjson", format!("{{\"form\":\"charge\"}}\n{{{ROW}\n{{{second}}}\n"), "broken-json")
            .in_row(2),
        rejected(
            "two_forms.ndjson",
            format!("{{\"form\":\"charge\",{ROW}}}\n{{\"form\":\"attendance\",{second}}}\n"),
            "several-forms",
        )
        .in_row(2),
        unreadable("no_form.ndjson", "{\"a\":1}\n{\"a\":2}\n", "unknown-form"),
        unreadable("no_line.ndjson", "{\"a\":\n{\"a\":\n", "broken-json").in_row(1),
    ]
}
