//! Cells that are no value, or could be two.

use super::make::{Grid, charges, csv, roster, with};
use super::{Case, good, rejected};

pub fn cases() -> Vec<Case> {
    [charged(), counted(), slices()].into_iter().flatten().collect()
}

/// A list of charges with one cell changed in its second row of data.
fn charge(heading: &'static str, cell: &str) -> Vec<u8> {
    csv(&with(charges(), 3, heading, cell)).into_bytes()
}

fn charged() -> Vec<Case> {
    let wrong = |name: &str, heading: &'static str, cell: &str, says: &'static [&'static str]| {
        rejected(name, charge(heading, cell), "value").at(3, heading).says(says)
    };
    vec![
        wrong("day_or_month_first.csv", "日期", "02/10/2019", &["月/日/年", "日/月/年"]),
        wrong("year_of_two_digits.csv", "日期", "10/9/19", &["年/月/日", "月/日/年", "日/月/年"]),
        wrong("serial_day.csv", "日期", "43747", &["1900", "1904"]),
        wrong("no_such_day.csv", "日期", "2019-02-30", &["2019-09-02"]),
        wrong("day_with_a_time.csv", "日期", "2019-10-09 16:30", &["钟点"]),
        wrong("point_or_thousands.csv", "金额", "1.234", &["小数点", "千位分隔"]),
        wrong("comma_or_point.csv", "金额", "1,23", &["小数点", "千位分隔"]),
        wrong("ten_thousands.csv", "金额", "0.006万元", &["换算成元"]),
        wrong("three_places.csv", "金额", "60.005", &["小数点"]),
        wrong("negative.csv", "金额", "-60", &["不小于 0"]),
        wrong("exponent.csv", "金额", "6e1", &["不小于 0"]),
        wrong("a_letter_for_a_cross.csv", "建档立卡", "x", &["两种读法"]),
        wrong("lost_digits.csv", "学生编号", "3.70402E+17", &["科学计数法"]),
        wrong("january_or_october.csv", "所属月份", "2019.1", &["一月", "十月"]),
        wrong("no_such_choice.csv", "类型", "缓缴", &["收费", "退费"]),
        rejected("day_of_another_month.csv", charge("日期", "2019-11-08"), "outside-period").at(3, "日期"),
        rejected("blank_cell.csv", charge("票据号", " "), "missing").at(3, "票据号"),
        rejected("key_twice.csv", charge("票据号", "Ｔ１"), "key-twice").at(3, "票据号"),
        good("as_people_write.csv", csv(&written())),
    ]
}

/// The charges in the spellings of people.
fn written() -> Grid {
    let cells = [
        ("日期", "2019年10月9日 星期三"),
        ("金额", "￥1，234.50元"),
        ("建档立卡", "×"),
        ("学生编号", "２０１９００２"),
        ("所属月份", "2019年10月"),
        ("计费学时", "２０"),
        ("统计期", "2019/10"),
    ];
    cells.into_iter().fold(charges(), |grid, (heading, cell)| with(grid, 3, heading, cell))
}

fn counted() -> Vec<Case> {
    let wrong = |name: &str, heading: &'static str, cell: &str, code: &'static str| {
        rejected(name, csv(&with(roster(), 3, heading, cell)), code).at(3, heading)
    };
    vec![
        wrong("not_whole.csv", "在籍人数", "30.5", "value"),
        wrong("no_number.csv", "在籍人数", "三十", "value"),
        wrong("grade_of_two_systems.csv", "年级", "初一", "value").says(&["六年级", "七年级"]),
        wrong("more_than_there_are.csv", "参加人数", "31", "more-than"),
        wrong("school_unknown.csv", "学校标识码", "3799009999", "unknown-school"),
        wrong("school_of_nine_digits.csv", "学校标识码", "379900100", "school-code"),
        wrong("school_blank.csv", "学校标识码", "", "school-missing"),
        wrong("period_of_another_kind.csv", "统计期", "2019-2020-1", "period"),
    ]
    .into_iter()
    // The other row's slice is sound in some of these: they are sent with one row alone.
    .map(|case| Case { bytes: without_second_line(&case.bytes), row: Some(2), ..case })
    .collect()
}

fn without_second_line(text: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    [lines[0], lines[2]].concat()
}

fn slices() -> Vec<Case> {
    let other = with(with(roster(), 3, "统计期", "2019-09"), 3, "年级", "0");
    // A sound row of the same slice, and one of another: the faulty slice alone is rejected.
    vec![Case { verdict: "partly", ..rejected("one_of_two_slices.csv", csv(&other), "value").at(3, "年级") }]
}
