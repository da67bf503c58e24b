//! Looking up, loading and printing forms.

use datafusion::arrow::datatypes::DataType;

use super::{Kind, Visibility, by_heading, file, form, forms, normal};

#[test]
fn persons_are_secret_and_free_words_are_not_public() {
    let secret: Vec<String> = forms()
        .iter()
        .flat_map(|form| form.columns.iter().map(move |column| (form, column)))
        .filter(|(_, column)| column.visibility == Visibility::Secret)
        .map(|(form, column)| format!("{}.{}", form.name, column.name))
        .collect();
    assert_eq!(secret, ["group_session.staff_id", "attendance.pupil_id", "charge.pupil_id", "staff_work.staff_id"]);
    for (name, column) in [("survey", "comment"), ("inspection", "note")] {
        assert_eq!(form(name).unwrap().column(column).unwrap().visibility, Visibility::Inspector);
    }
}

#[test]
fn every_column_is_explained_and_its_example_is_of_its_kind() {
    for form in forms() {
        for column in &form.columns {
            let place = format!("{}.{}", form.name, column.name);
            for text in [&column.note_zh, &column.note_en, &column.title_en, &column.example] {
                assert!(!text.trim().is_empty(), "{place}");
            }
            match &column.kind {
                Kind::Choice(_) => assert!(column.choice(&column.example).is_some(), "{place}"),
                Kind::Money => {
                    assert!(column.example.split_once('.').is_some_and(|(_, places)| places.len() == 2), "{place}")
                }
                Kind::Whole { min, max } => {
                    assert!((*min..=*max).contains(&column.example.parse().unwrap()), "{place}")
                }
                Kind::Scale => assert!((1..=5).contains(&column.example.parse().unwrap()), "{place}"),
                Kind::Date => assert!(column.example.parse::<chrono::NaiveDate>().is_ok(), "{place}"),
                Kind::YesNo => assert!(["是", "否"].contains(&column.example.as_str()), "{place}"),
                _ => {}
            }
        }
    }
}

#[test]
fn lookups_compare_as_the_reader_does() {
    assert_eq!(by_heading(" 收退费台账　").unwrap().name, "charge");
    assert_eq!(by_heading("charge").unwrap().name, "charge");
    assert!(by_heading("收费").is_none());
    let provider = form("provider").unwrap();
    assert_eq!(provider.column_by_heading("区(市)审批日期").unwrap().name, "district_approved_on");
    assert_eq!(normal(" 一（1）班　"), "一(1)班");
    let activity = form("group_session").unwrap().column("activity").unwrap();
    assert_eq!(activity.choice(" 体育 ").unwrap().code, "sports");
    assert_eq!(activity.choice("sports").unwrap().label, "体育");
    assert!(activity.choice("游泳").is_none());
}

#[test]
fn headings_that_tell_a_form() {
    assert_eq!(form("service_plan").unwrap().telling_headings().len(), 10);
    assert_eq!(form("annual_report").unwrap().telling_headings(), ["含教师考核"]);
    assert_eq!(
        form("subsidy").unwrap().bulk_headings(),
        ["学校标识码", "统计期", "凭证号", "预算金额", "拨付金额", "拨付日期"]
    );
    assert_eq!(form("school").unwrap().bulk_headings()[..3], ["学校标识码", "统计期", "学校名称"]);
}

#[test]
fn schema_is_slice_columns_source() {
    let written = |name: &str| -> Vec<String> {
        form(name)
            .unwrap()
            .schema()
            .fields()
            .iter()
            .map(|field| format!("{} {}", field.name(), field.data_type()))
            .collect()
    };
    assert_eq!(
        written("subsidy"),
        [
            "school_id Utf8",
            "period Utf8",
            "voucher_no Utf8",
            "budgeted Decimal128(18, 2)",
            "paid Decimal128(18, 2)",
            "paid_on Date32",
            "submission_id Utf8",
            "row_no Int64"
        ]
    );
    let school = form("school").unwrap().schema();
    assert_eq!(school.fields().iter().filter(|field| field.name() == "school_id").count(), 1);
    assert_eq!(form("charge").unwrap().schema().field_with_name("is_poor").unwrap().data_type(), &DataType::Boolean);
    assert_eq!(form("charge").unwrap().schema().field_with_name("billed_period").unwrap().data_type(), &DataType::Utf8);
}

#[test]
fn a_faulty_file_is_refused_with_its_place() {
    let check = |from: &str, to: &str, expected: &str| {
        let text = include_str!("../../forms/subsidy.toml");
        assert!(text.contains(from));
        let fault = file::parse("subsidy", &text.replacen(from, to, 1)).unwrap_err();
        assert!(fault.contains(expected), "{fault}");
    };
    check("zero_report = true", "zero_reports = true", "unknown field `zero_reports`");
    check("visibility = \"public\"\n", "", "missing field `visibility`");
    check("kind = \"money\"", "kind = \"choice\"", "column `budgeted`: `choices` belong");
    check("name = \"paid\"", "name = \"budgeted\"", "column `budgeted`: the name is taken");
    check("heading = \"拨付金额\"", "heading = \"统计期\"", "column `paid`: the heading 统计期 is taken");
    check(
        "[[column]]",
        "[[check]]\ncheck = \"school_day\"\nseverity = \"warning\"\ncolumn = \"paid\"\n\n[[column]]",
        "`paid` is no date",
    );
    check(
        "[[column]]",
        "[[check]]\ncheck = \"school_day\"\nseverity = \"warning\"\ncolumns = \"paid\"\n\n[[column]]",
        "unknown field `columns`",
    );
}

#[test]
fn the_catalogue_prints_every_form() {
    let json = serde_json::to_value(forms()).unwrap();
    assert_eq!(json[4]["columns"][1]["kind"]["person"], "pupil");
    assert_eq!(json[4]["columns"][1]["visibility"], "secret");
    assert_eq!(json[6]["checks"][1]["allowed"]["income"][2], "donation");
    assert_eq!(json[2]["period"], "term");
}
