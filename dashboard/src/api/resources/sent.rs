//! Slices with their states, submissions, and what was wrong with them.

use futures::future::BoxFuture;
use serde_json::Value;

use super::units::in_sight;
use super::{OF_DISTRICT, OF_PERIOD, OF_SCHOOL, SENT, as_it_is, code};
use crate::api::door::Needs;
use crate::api::listing::{Filter, Page, Select};
use crate::api::parameter::{FORM, Kind, Parameter, SUBMISSION as ID};
use crate::api::problem::Problem;
use crate::api::shape::{Field, Of, Shape};
use crate::api::{Answer, Ask, Resource};

const SLICE_STATES: [&str; 5] = ["reported", "zero", "rejected", "missing", "not_due"];
const STATES: [&str; 4] = ["accepted", "zero", "rejected", "withdrawn"];

/// A slice.
pub static SLICE: Shape = Shape {
    name: "Slice",
    fields: &[
        Field::new("form", Of::Text, "表单", "The form's code name"),
        Field::new("school_id", Of::Text, "学校标识码", "School code"),
        Field::maybe("district_code", Of::Text, "区划代码", "District code"),
        Field::new("period", Of::Text, "统计期", "Period"),
        Field::new(
            "state",
            Of::Choice(&SLICE_STATES),
            "已报、零报告、退回、缺报、未到期；零报告和缺报从不混同",
            "Reported, reported as nothing, rejected, missing, not due; zero and missing are never the same",
        ),
        Field::maybe("due_on", Of::Date, "应报日期", "Its last day"),
        Field::maybe("received_on", Of::Date, "收到日期", "The day of receipt"),
        Field::maybe("is_late", Of::YesNo, "是否迟报", "Whether it came, or is missing, after its last day"),
        Field::maybe("submission_id", Of::Text, "对应的报送", "The submission that counts or was sent back"),
        Field::maybe("extended_to", Of::Date, "延期至", "Until when the district gave more time"),
        Field::new("is_excused", Of::YesNo, "是否免报", "Whether the district excused it"),
        Field::new("is_confirmed", Of::YesNo, "是否确认", "Whether the district confirmed it"),
    ],
};

/// A submission.
pub static SUBMISSION: Shape = Shape {
    name: "Submission",
    fields: &[
        Field::new("submission_id", Of::Text, "报送编号", "Its id"),
        Field::new("form", Of::Text, "表单", "The form's code name"),
        Field::new("school_id", Of::Text, "学校标识码", "School code"),
        Field::maybe("district_code", Of::Text, "区划代码", "District code"),
        Field::new("period", Of::Text, "统计期", "Period"),
        Field::new("state", Of::Choice(&STATES), "接收、零报告、退回、撤回", "What became of it"),
        Field::maybe("file_name", Of::Text, "文件名", "The file's name"),
        Field::maybe("file_sha256", Of::Text, "文件 SHA-256", "The file's SHA-256"),
        Field::maybe("sheet", Of::Text, "工作表", "The sheet"),
        Field::maybe("sender", Of::Text, "报送单位", "Who sent it"),
        Field::maybe("received_on", Of::Date, "收到日期", "The day of receipt"),
        Field::maybe("received_at", Of::Moment, "处理时刻", "When it was taken in"),
        Field::maybe("rows", Of::Whole, "行数", "Rows of data"),
        Field::maybe("errors", Of::Whole, "错误数", "Errors"),
        Field::maybe("warnings", Of::Whole, "提醒数", "Warnings"),
        Field::maybe("replaces", Of::Text, "替换的报送", "The submission that it replaced"),
    ],
};

/// Something wrong with a submission.
pub static ISSUE: Shape = Shape {
    name: "Issue",
    fields: &[
        Field::new("severity", Of::Choice(&["error", "warning"]), "错误或提醒", "Error or warning"),
        Field::new("code", Of::Text, "代码", "What kind of issue"),
        Field::maybe("sheet", Of::Text, "工作表", "The sheet"),
        Field::maybe("row_no", Of::Whole, "表格中的行号", "The row as a spreadsheet numbers it"),
        Field::maybe("heading", Of::Text, "表头", "The heading"),
        Field::maybe("message_zh", Of::Text, "说明", "What is wrong, in Chinese"),
        Field::maybe("message_en", Of::Text, "英文说明", "What is wrong, in English"),
    ],
};

const OF_FORM: Parameter = code("form", &FORM, "表单", "The form's code name");

static SLICES_SELECT: Select = Select {
    columns: "slice.form, slice.school_id, slice.district_code, slice.period, slice.state, cast(slice.due_on as date) as due_on,
        cast(slice.received_on as date) as received_on, slice.is_late, slice.submission_id, cast(mark.extended_to as date) as extended_to,
        coalesce(mark.is_excused, false) as is_excused, coalesce(mark.is_confirmed, false) as is_confirmed",
    from: "marts.slice as slice left join marts.slice_mark as mark
        on mark.form = slice.form and mark.school_id = slice.school_id and mark.period = slice.period",
    key: &["slice.form", "slice.school_id", "slice.period"],
    filters: &[
        ("form", Filter::Is("slice.form")),
        ("school", Filter::Is("slice.school_id")),
        ("district", Filter::Is("slice.district_code")),
        ("period", Filter::Is("slice.period")),
        ("state", Filter::Is("slice.state")),
    ],
    mend: as_it_is,
};

static SUBMISSIONS_SELECT: Select = Select {
    columns: "submission_id, form, school_id, district_code, period, state, file_name, file_sha256, sheet, sender,
        cast(received_on as date) as received_on, received_at, rows, errors, warnings, replaces",
    from: "facts.submission as sent",
    key: &["submission_id"],
    filters: &[
        ("submission", Filter::Is("submission_id")),
        ("form", Filter::Is("form")),
        ("school", Filter::Is("school_id")),
        ("district", Filter::Is("district_code")),
        ("period", Filter::Is("period")),
        ("state", Filter::Is("state")),
    ],
    mend: as_it_is,
};

static ISSUES_SELECT: Select = Select {
    columns: "severity, code, sheet, row_no, heading, message_zh, message_en",
    // Two issues that say the same are one.
    from: "(select distinct submission_id, severity, code, coalesce(sheet, '') as sheet, row_no, coalesce(heading, '') as heading,
            coalesce(message_zh, '') as message_zh, coalesce(message_en, '') as message_en
        from facts.submission_issue) as issue",
    key: &[
        "sheet",
        "lpad(cast(coalesce(row_no, 0) as varchar), 12, '0')",
        "heading",
        "code",
        "message_zh",
        "message_en",
        "severity",
    ],
    filters: &[("submission", Filter::Is("submission_id"))],
    mend: as_it_is,
};

/// Slices.
pub static SLICES: Resource = Resource {
    name: "listSlices",
    group: &SENT,
    needs: Needs::Figures,
    path: &[],
    query: &[
        OF_FORM,
        OF_DISTRICT,
        OF_SCHOOL,
        OF_PERIOD,
        Parameter { name: "state", kind: Kind::Choice(&SLICE_STATES), zh: "报送状态", en: "State" },
    ],
    answer: Answer::List(&SLICE, slices),
    zh: "报送单元（表单 × 学校 × 统计期）及其状态",
    en: "Slices (form × school × period) and their states",
};

/// Submissions.
pub static SUBMISSIONS: Resource = Resource {
    name: "listSubmissions",
    group: &SENT,
    needs: Needs::Figures,
    path: &[],
    query: &[
        OF_FORM,
        OF_DISTRICT,
        OF_SCHOOL,
        OF_PERIOD,
        Parameter { name: "state", kind: Kind::Choice(&STATES), zh: "报送结果", en: "What became of it" },
    ],
    answer: Answer::List(&SUBMISSION, submissions),
    zh: "每次报送，包括退回和撤回的，按先后排列",
    en: "Every submission, rejected and withdrawn ones too, in the order in which they came",
};

/// A submission.
pub static ONE: Resource = Resource {
    name: "getSubmission",
    group: &SENT,
    needs: Needs::Figures,
    path: &[OF_SUBMISSION],
    query: &[],
    answer: Answer::One(&SUBMISSION, one),
    zh: "一次报送",
    en: "A submission",
};

/// What was wrong with a submission.
pub static ISSUES: Resource = Resource {
    name: "listIssues",
    group: &SENT,
    needs: Needs::Figures,
    path: &[OF_SUBMISSION],
    query: &[],
    answer: Answer::List(&ISSUE, issues),
    zh: "一次报送的错误和提醒，写明工作表、行和表头",
    en: "What was wrong with a submission, by sheet, row and heading",
};

const OF_SUBMISSION: Parameter = code("submission", &ID, "报送编号", "The submission's id");

fn slices(ask: &Ask) -> BoxFuture<'_, Result<Page, Problem>> {
    Box::pin(async move {
        in_sight(ask).await?;
        SLICES_SELECT.page(&SLICE, ask).await
    })
}

fn submissions(ask: &Ask) -> BoxFuture<'_, Result<Page, Problem>> {
    Box::pin(async move {
        in_sight(ask).await?;
        SUBMISSIONS_SELECT.page(&SUBMISSION, ask).await
    })
}

fn one(ask: &Ask) -> BoxFuture<'_, Result<Value, Problem>> {
    Box::pin(SUBMISSIONS_SELECT.one(&SUBMISSION, ask))
}

fn issues(ask: &Ask) -> BoxFuture<'_, Result<Page, Problem>> {
    Box::pin(async move {
        SUBMISSIONS_SELECT.one(&SUBMISSION, ask).await?;
        ISSUES_SELECT.page(&ISSUE, ask).await
    })
}
