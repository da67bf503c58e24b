//! What people write, and what it is read as.

use chrono::NaiveDate;

use super::{Fault, Value, cell, days, meant, parse, parse_date, parse_period};
use crate::form::{PeriodKind, form};

/// Reads a raw cell as a value of `form.column`.
fn read(place: &str, raw: &str) -> Result<Value, Fault> {
    let (name, column) = place.split_once('.').expect("form.column");
    let column = form(name).expect("a form").column(column).expect("a column");
    parse(column, &cell(raw).expect("a filled cell"))
}

/// What a raw cell is read as; the readings that a fault must name where it is none.
fn check(place: &str, cases: &[(&str, Value)]) {
    for (raw, expected) in cases {
        assert_eq!(read(place, raw).as_ref(), Ok(expected), "{place} {raw:?}");
    }
}

/// Each is refused, and the message has the words.
fn refused(place: &str, words: &[&str], raws: &[&str]) {
    for raw in raws {
        let fault = read(place, raw).expect_err(raw);
        for word in words {
            assert!(fault.zh.contains(word), "{place} {raw:?}: {}", fault.zh);
        }
        // The examples of how to write it are no repetition.
        let told = format!("{} {}", fault.zh, fault.en).replace("2019-09-02", "").replace("16:30", "");
        let long = raw.bytes().filter(u8::is_ascii_digit).count() > 3;
        assert!(!long || !told.contains(raw), "{place} {raw:?}: the message repeats it: {told}");
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn dates_as_people_write_them() {
    let day = NaiveDate::from_ymd_opt(2019, 9, 2).expect("a day");
    for raw in [
        "2019-09-02",
        "2019/9/2",
        "2019.9.2",
        "2019年9月2日",
        "2019年09月02号",
        "2019 年 9 月 2 日",
        "２０１９／９／２",
        "20190902",
        "2019-09-02 00:00:00",
        "2019-09-02T00:00:00",
        "2019-09-02T00:00:00.000Z",
        "2019/9/2 0:00",
        "2019年9月2日星期一",
        "2019年9月2日 星期一",
    ] {
        assert_eq!(read("charge.paid_on", raw), Ok(Value::Day(days(day))), "{raw}");
    }
    let place = "charge.paid_on";
    refused(place, &["月/日/年", "日/月/年", "2019-09-02"], &["02/09/2019", "9-2-2019", "13/09/2019", "2.9.2019"]);
    refused(place, &["两位", "年/月/日", "月/日/年", "日/月/年"], &["9/2/19", "19/9/2", "19-09-02", "19.9.2"]);
    refused(place, &["1900", "1904"], &["43710", "43709"]);
    refused(place, &["钟点"], &["2019-09-02 08:30:00", "2019/9/2 16:30"]);
    refused(place, &["星期"], &["2019年9月2日星期二"]);
    refused(
        place,
        &["应为日期"],
        &[
            "2019-02-30",
            "2019年2月29日",
            "9月2日",
            "2019-9",
            "201909",
            "昨天",
            "2019-09/02",
            "2019/9.2",
            "20191302",
            "0019-09-02",
            "9999-09-02",
            "2019-09-02-03",
            "二〇一九年九月二日",
        ],
    );
}

#[test]
fn money_in_fen() {
    check(
        "charge.amount",
        &[
            ("580", Value::Number(58000)),
            ("580.5", Value::Number(58050)),
            ("0", Value::Number(0)),
            ("1,234.50", Value::Number(123_450)),
            ("1,234", Value::Number(123_400)),
            ("1234.500", Value::Number(123_450)),
            ("¥12.00", Value::Number(1200)),
            ("￥ 12.00", Value::Number(1200)),
            ("12.30元", Value::Number(1230)),
            ("１２．３０", Value::Number(1230)),
            ("１，２３４．５０", Value::Number(123_450)),
            ("0.010", Value::Number(1)),
            ("372.67000000000002", Value::Number(37_267)),
            ("9999999999999.99", Value::Number(999_999_999_999_999)),
        ],
    );
    refused("charge.amount", &["小数点", "千位分隔"], &["1.234", "12.500", "999.000"]);
    refused("charge.amount", &["小数点", "千位分隔"], &["1,23", "1234,5", "1,2345"]);
    refused("charge.amount", &["万元", "换算成元"], &["1.2万元", "3万"]);
    let other =
        ["0.001", "-1", "1e3", "1e400", "12.3.4", "1.234,56", "1,23,456", "¥¥12", "五十元", "12元整", "NaN", "12-13"];
    refused("charge.amount", &["不小于 0", "两位小数"], &other);
}

#[test]
fn a_double_is_what_was_meant() {
    for (number, expected) in [(372.67, "372.67"), (0.1 + 0.2, "0.3"), (510.0, "510"), (1.234, "1.234")] {
        assert_eq!(meant(number), expected);
    }
}

#[test]
fn whole_numbers() {
    check(
        "class_roster.pupils",
        &[
            ("42", Value::Number(42)),
            ("42.0", Value::Number(42)),
            ("４２", Value::Number(42)),
            ("1,042", Value::Number(1042)),
            ("0", Value::Number(0)),
            ("007", Value::Number(7)),
        ],
    );
    refused("class_roster.pupils", &["小数点", "千位分隔"], &["1.042", "1.000", "1,04"]);
    let other = ["2.5", "-3", "四十二", "42人", "+42", "4 2", "1e2", "0x2A", "99999999999999999999", "#N/A"];
    refused("class_roster.pupils", &["整数"], &other);
    refused("survey.overall", &["1 到 5"], &["0", "6"]);
}

#[test]
fn yes_and_no() {
    for raw in ["是", "有", "√", "✓", "✔", "1", "１", "TRUE"] {
        check("charge.is_poor", &[(raw, Value::Flag(true))]);
    }
    for raw in ["否", "无", "×", "✗", "✘", "0", "FALSE"] {
        check("charge.is_poor", &[(raw, Value::Flag(false))]);
    }
    refused("charge.is_poor", &["两种读法", "是 或 否"], &["x", "X", "Ｘ", "□"]);
    refused("charge.is_poor", &["应填 是 或 否"], &["2", "不详", "是否", "√×"]);
}

#[test]
fn grades() {
    for (raw, grade) in [("3", 3), ("三年级", 3), ("三", 3), ("3年级", 3), ("９", 9), ("九年级", 9), ("3.0", 3)]
    {
        check("class_roster.grade", &[(raw, Value::Number(grade))]);
    }
    refused("class_roster.grade", &["六年级", "七年级"], &["初一", "初三"]);
    refused("class_roster.grade", &["1 到 9"], &["十二年级", "0", "10", "三年级年级", "高一", "三(1)班"]);
}

#[test]
fn times() {
    for raw in
        ["16:30", "16：30", "16:30:00", "下午4:30", "下午 4：30", "4:30 PM", "4:30pm", "16时30分", "16点30分", "16点半"]
    {
        check("group_session.started_at", &[(raw, text("16:30"))]);
    }
    check(
        "group_session.started_at",
        &[
            ("9:05:00", text("09:05")),
            ("08:00", text("08:00")),
            ("04:30", text("04:30")),
            ("上午8点", text("08:00")),
            ("中午12:30", text("12:30")),
            ("中午1:10", text("13:10")),
            ("下午16:30", text("16:30")),
            ("0:00", text("00:00")),
            ("16时整", text("16:00")),
        ],
    );
    refused("group_session.started_at", &["凌晨", "下午", "16:30"], &["4:30", "5点", "4:30:00"]);
    let other = [
        "25:00",
        "24:00",
        "16:60",
        "16:3",
        "1630",
        "16.30",
        "上午16:30",
        "上午12:10",
        "16:30:61",
        "下午",
        "16-30",
        "0.6875",
    ];
    refused("group_session.started_at", &["应为时间"], &other);
}

#[test]
fn weekdays() {
    for (raw, expected) in [
        ("1,2,3", "1,2,3"),
        ("1、2、3", "1,2,3"),
        ("3，1，2", "1,2,3"),
        ("12345", "1,2,3,4,5"),
        ("周一至周五", "1,2,3,4,5"),
        ("周一到周五", "1,2,3,4,5"),
        ("周一～周三", "1,2,3"),
        ("星期一至星期三、星期五", "1,2,3,5"),
        ("周一、周三、周日", "1,3,7"),
        ("周一至五", "1,2,3,4,5"),
        ("1至5", "1,2,3,4,5"),
        ("5", "5"),
    ] {
        check("service_plan.weekdays", &[(raw, text(expected))]);
    }
    refused("service_plan.weekdays", &["从几到几", "只有这两天"], &["1-5", "1-3,5"]);
    refused(
        "service_plan.weekdays",
        &["1,2,3,4,5"],
        &["1,8", "1,1", "0", "周五至周一", "工作日", "每天", "11", "日", "周"],
    );
}

#[test]
fn a_person_is_the_same_as_a_number_and_as_text() {
    for raw in ["2019001", "２０１９００１", " 2019001 ", "2019001.0", "2019001.00"] {
        check("attendance.pupil_id", &[(raw, text("2019001"))]);
    }
    for kept in ["0019", "G2019001", "2019-001", "2019001.5", "1.0a"] {
        check("attendance.pupil_id", &[(kept, text(kept))]);
    }
    refused("attendance.pupil_id", &["科学计数法", "文本"], &["3.70402E+17", "3E+17", "3.7e+17"]);
    refused("charge.receipt_no", &["科学计数法", "文本"], &["2.01909E+11"]);
    check("charge.receipt_no", &[("1E5", text("1E5")), ("SJ+1", text("SJ+1"))]);
}

#[test]
fn periods_are_canonical() {
    let check = |text: &str, kind, period: Option<&str>| {
        assert_eq!(parse_period(text, kind).ok().as_deref(), period, "{text}");
    };
    for text in [
        "2019-09",
        "2019年9月",
        "2019年09月",
        "2019 年 9 月",
        "2019年9月份",
        "2019-09-01",
        "2019/9",
        "2019-9",
        "2019.9",
    ] {
        check(text, PeriodKind::Month, Some("2019-09"));
    }
    check("2019.10", PeriodKind::Month, Some("2019-10"));
    check("2019-1", PeriodKind::Month, Some("2019-01"));
    for text in ["2019-13", "2019-09-02", "2019-2020-1", "2019", "9月", "2019-009", "2019年9", "43709", "09-2019"] {
        check(text, PeriodKind::Month, None);
    }
    let two_ways = parse_period("2019.1", PeriodKind::Month).expect_err("two readings");
    assert!(two_ways.zh.contains("一月") && two_ways.zh.contains("十月"));
    for text in ["2019-2020-1", "2019-2020学年第一学期", "2019-2020 学年第 1 学期"] {
        check(text, PeriodKind::Term, Some("2019-2020-1"));
    }
    check("2019-2020学年第二学期", PeriodKind::Term, Some("2019-2020-2"));
    for text in ["2019-2021-1", "2019-2020-3", "2019-2020", "2019学年上学期", "2019-09"] {
        check(text, PeriodKind::Term, None);
    }
    for text in ["2019", "2019年", "2019年度"] {
        check(text, PeriodKind::Year, Some("2019"));
    }
    for text in ["2019-09", "19", "2019年年", "2019-2020"] {
        check(text, PeriodKind::Year, None);
    }
}

#[test]
fn a_text_that_is_no_value_never_panics() {
    let odd = [
        "年",
        "年月日",
        "-",
        "--",
        "..",
        ",",
        "￥",
        "元",
        "万",
        "星期",
        "2019年",
        "T",
        " T00:00",
        ":",
        "点",
        "E+",
        "é年é月",
        "𝟚𝟘",
        "半",
    ];
    for form in crate::form::forms() {
        for column in &form.columns {
            for raw in odd {
                if let Some(text) = cell(raw) {
                    let _ = parse(column, &text);
                }
            }
        }
    }
    assert!(parse_date("年月日").is_err());
}
