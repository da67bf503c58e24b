//! Findings, one with its case and steps, and the rows that prove it.

use futures::future::BoxFuture;
use ingest::casework::{Case as Live, Step};
use serde_json::{Value, json};

use super::units::in_sight;
use super::{FINDINGS as GROUP, OF_DISTRICT, OF_SCHOOL, as_it_is, code};
use crate::api::door::Needs;
use crate::api::listing::{Filter, Page, Select};
use crate::api::parameter::{FINDING as ID, Kind, Parameter, RULE};
use crate::api::problem::Problem;
use crate::api::shape::{Field, Of, Shape};
use crate::api::{Answer, Ask, Resource};
use crate::format;

const SEVERITIES: [&str; 3] = ["high", "medium", "low"];
const STATES: [&str; 6] = ["open", "notified", "answered", "rectified", "dismissed", "closed"];
const DECISIONS: [&str; 2] = ["rectified", "dismissed"];

/// A finding.
pub static FINDING: Shape = Shape {
    name: "Finding",
    fields: &[
        Field::new("finding_id", Of::Text, "编号，始终不变", "Its id, which stays"),
        Field::new("rule", Of::Text, "规则代码", "The rule's code"),
        Field::new("severity", Of::Choice(&SEVERITIES), "严重程度", "Severity"),
        Field::maybe("school_id", Of::Text, "学校；全区的为 null", "The school; null where it is a whole district's"),
        Field::maybe("school_name", Of::Text, "学校名称", "The school's name"),
        Field::maybe("district_code", Of::Text, "区划代码", "District code"),
        Field::new("period", Of::Text, "统计期", "Period"),
        Field::maybe(
            "subject",
            Of::Text,
            "对象，如票据号；学生只有散列的前几位",
            "What within the school, such as a receipt; of a pupil the first digits of a hash",
        ),
        Field::new("subject_is_pupil", Of::YesNo, "对象是否学生", "Whether that is a pupil"),
        Field::maybe("amount", Of::Decimal, "金额（元）；不涉及金额为 null", "Yuan; null where no money is involved"),
        Field::new("message_zh", Of::Text, "说明", "The sentence in Chinese"),
        Field::new("message_en", Of::Text, "英文说明", "The sentence in English"),
        Field::maybe("clause", Of::Text, "条款", "The clause that is broken"),
        Field::maybe("first_seen", Of::Date, "首次发现", "When it was seen first"),
        Field::maybe("ended", Of::Date, "消除日期；仍在为 null", "When it ended; null while it stands"),
        Field::new("case_state", Of::Choice(&STATES), "本版数据中的办理状态", "Where its case stands in this release"),
        Field::maybe("due_on", Of::Date, "整改期限", "By when it is to be put right"),
        Field::new("is_overdue", Of::YesNo, "是否逾期", "Whether that day has passed"),
    ],
};

static CASE: Shape = Shape {
    name: "Case",
    fields: &[
        Field::new("state", Of::Choice(&STATES), "当前办理状态", "Where it stands now"),
        Field::maybe("since", Of::Date, "自何日起", "Since when"),
        Field::maybe("due_on", Of::Date, "整改期限", "By when it is to be put right"),
        Field::new("is_overdue", Of::YesNo, "是否逾期", "Whether that day has passed"),
        Field::new("times_returned", Of::Whole, "消除后再次出现的次数", "How often the finding came back"),
        Field::maybe(
            "decided_before",
            Of::Choice(&DECISIONS),
            "再次出现前的处理",
            "What was decided when it stood before",
        ),
        Field::maybe("decided_on", Of::Date, "再次出现前的处理日期", "When that was"),
        Field::maybe("decided_note", Of::Text, "再次出现前的处理说明", "What was said of it"),
    ],
};

static STEP: Shape = Shape {
    name: "CaseStep",
    fields: &[
        Field::new("step", Of::Choice(&STATES), "步骤", "To which state it led"),
        Field::maybe("on_date", Of::Date, "日期", "The day"),
        Field::maybe("by_whom", Of::Text, "经办人", "Who took it"),
        Field::maybe("due_on", Of::Date, "整改期限", "By when it is to be put right"),
        Field::maybe("note", Of::Text, "说明", "What was said"),
        Field::new("in_release", Of::YesNo, "本版数据是否已计入", "Whether this release counts it"),
    ],
};

static WHOLE: Shape = Shape {
    name: "FindingWithCase",
    fields: &[
        Field::new("finding", Of::One(&FINDING), "问题线索", "The finding"),
        Field::new("case", Of::One(&CASE), "办理情况", "Its case"),
        Field::new("steps", Of::List(&STEP), "办理步骤，按先后", "The steps of its case, in order"),
        Field::new(
            "evidence_rows",
            Of::Whole,
            "证据行数；缺报类没有证据行",
            "Rows that prove it; of something absent none",
        ),
    ],
};

static EVIDENCE: Shape = Shape {
    name: "Evidence",
    fields: &[
        Field::new("form", Of::Text, "表单", "The form's code name"),
        Field::maybe("submission_id", Of::Text, "报送编号", "The submission's id"),
        Field::maybe("row_no", Of::Whole, "表格中的行号", "The row as a spreadsheet numbers it"),
        Field::maybe("file_name", Of::Text, "文件名", "The file's name"),
        Field::maybe("sheet", Of::Text, "工作表", "The sheet"),
        Field::maybe("received_on", Of::Date, "收到日期", "The day of receipt"),
    ],
};

const OF_ID: Parameter = code("finding", &ID, "问题线索编号", "The finding's id");

const SELECT: Select = Select {
    columns: "finding.finding_id, finding.rule, severity, finding.school_id, school_name, finding.district_code, finding.period, subject,
        false as subject_is_pupil, amount, message_zh, message_en, clause, cast(first_seen as date) as first_seen,
        cast(ended as date) as ended, coalesce(work.state, 'open') as case_state, cast(work.due_on as date) as due_on,
        coalesce(work.is_overdue, false) as is_overdue",
    from: "marts.finding as finding
        left join marts.school as school on school.school_id = finding.school_id
        left join marts.case_now as work on work.finding_id = finding.finding_id",
    key: &[
        "case severity when 'high' then '1' when 'medium' then '2' else '3' end",
        "finding.rule",
        "finding.district_code",
        "finding.school_id",
        "finding.period",
        "finding.finding_id",
    ],
    filters: &[
        ("finding", Filter::Is("finding.finding_id")),
        ("rule", Filter::Is("finding.rule")),
        ("severity", Filter::Is("severity")),
        ("district", Filter::Is("finding.district_code")),
        ("school", Filter::Is("finding.school_id")),
        (
            "text",
            Filter::Where(
                "(strpos(coalesce(school_name, ''), ?) > 0 or strpos(message_zh, ?) > 0 or strpos(message_en, ?) > 0)",
            ),
        ),
        ("amount", Filter::Number("amount >= cast(? as decimal(18,2))")),
        ("age", Filter::Age("cast(first_seen as date)")),
        (
            "case",
            Filter::AnyOf(&[
                ("open", "coalesce(work.state, 'open') = 'open'"),
                ("notified", "work.state = 'notified'"),
                ("answered", "work.state = 'answered'"),
                ("rectified", "work.state = 'rectified'"),
                ("dismissed", "work.state = 'dismissed'"),
                ("closed", "work.state = 'closed'"),
                ("overdue", "work.is_overdue"),
            ]),
        ),
    ],
    mend: shorten,
};

/// The same, with the filter by whether they stand: a finding that is named is found either way.
static LISTED: Select = Select {
    filters: &[
        ("state", Filter::OneOf(&[("open", "ended is null"), ("ended", "ended is not null"), ("all", "1 = 1")])),
        SELECT.filters[1],
        SELECT.filters[2],
        SELECT.filters[3],
        SELECT.filters[4],
        SELECT.filters[5],
        SELECT.filters[6],
        SELECT.filters[7],
        SELECT.filters[8],
    ],
    ..SELECT
};

static EVIDENCE_SELECT: Select = Select {
    columns: "evidence.form, evidence.submission_id, evidence.row_no, sent.file_name, sent.sheet, cast(sent.received_on as date) as received_on",
    from: "marts.finding_evidence as evidence left join facts.submission as sent on sent.submission_id = evidence.submission_id",
    key: &[
        "evidence.form",
        "coalesce(evidence.submission_id, '')",
        "lpad(cast(coalesce(evidence.row_no, 0) as varchar), 12, '0')",
    ],
    filters: &[("finding", Filter::Is("evidence.finding_id"))],
    mend: as_it_is,
};

/// Findings.
pub static LIST: Resource = Resource {
    name: "listFindings",
    group: &GROUP,
    needs: Needs::Findings,
    path: &[],
    query: &[
        code("rule", &RULE, "规则代码", "The rule's code"),
        Parameter { name: "severity", kind: Kind::Choice(&SEVERITIES), zh: "严重程度", en: "Severity" },
        OF_DISTRICT,
        OF_SCHOOL,
        Parameter {
            name: "state",
            kind: Kind::Choice(&["open", "ended", "all"]),
            zh: "仍在的（默认）、已消除的或全部",
            en: "Those that stand (where it is not given), those that ended, or all",
        },
        Parameter {
            name: "case",
            kind: Kind::Choice(&["open", "notified", "answered", "rectified", "dismissed", "closed", "overdue"]),
            zh: "办理状态",
            en: "Where its case stands",
        },
        Parameter {
            name: "text",
            kind: Kind::Text(100),
            zh: "校名或说明中的文字",
            en: "Text in the school's name or in the sentence",
        },
        Parameter {
            name: "amount",
            kind: Kind::Whole { least: 1, most: 1_000_000_000, default: None },
            zh: "金额不少于（元）",
            en: "At least so many yuan",
        },
        Parameter {
            name: "age",
            kind: Kind::Whole { least: 0, most: 3660, default: None },
            zh: "首次发现至数据日期已有（天）",
            en: "First seen at least so many days before the release's date",
        },
    ],
    answer: Answer::List(&FINDING, list),
    zh: "问题线索，筛选同网页清单；严重的在前",
    en: "Findings, with the filters of the worklist; severe ones first",
};

/// A finding.
pub static ONE: Resource = Resource {
    name: "getFinding",
    group: &GROUP,
    needs: Needs::Findings,
    path: &[OF_ID],
    query: &[],
    answer: Answer::One(&WHOLE, one),
    zh: "一条问题线索及其办理情况，含本版数据之后的步骤",
    en: "A finding with its case, and the steps that were taken since the release",
};

/// The rows that prove a finding.
pub static PROOF: Resource = Resource {
    name: "listEvidence",
    group: &GROUP,
    needs: Needs::Findings,
    path: &[OF_ID],
    query: &[],
    answer: Answer::List(&EVIDENCE, evidence),
    zh: "证据：哪个文件、哪张工作表、哪一行",
    en: "The rows that prove it, by file, sheet and row",
};

fn list(ask: &Ask) -> BoxFuture<'_, Result<Page, Problem>> {
    Box::pin(async move {
        in_sight(ask).await?;
        LISTED.page(&FINDING, ask).await
    })
}

fn evidence(ask: &Ask) -> BoxFuture<'_, Result<Page, Problem>> {
    Box::pin(async move {
        SELECT.one(&FINDING, ask).await?;
        EVIDENCE_SELECT.page(&EVIDENCE, ask).await
    })
}

fn one(ask: &Ask) -> BoxFuture<'_, Result<Value, Problem>> {
    Box::pin(async move {
        // What is in sight is asked of the scope first; the desk knows all cases.
        let finding = SELECT.one(&FINDING, ask).await?;
        let id = ask.path.get(OF_ID.name).unwrap_or_default();
        let now = "select state, cast(since as date) as since, cast(due_on as date) as due_on, is_overdue, times_returned,
                decided_before, cast(decided_on as date) as decided_on, decided_note from marts.case_now where finding_id = $1";
        let now = ask.scoped.read(now, &[id]).await?;
        let untouched = json!({
            "state": "open", "since": null, "due_on": null, "is_overdue": false, "times_returned": 0,
            "decided_before": null, "decided_on": null, "decided_note": null
        });
        let mut case = now.first().map_or(untouched, |row| CASE.read(row));
        let steps = "select step, cast(on_date as date) as on_date, by_whom, cast(due_on as date) as due_on, note, true as in_release
            from facts.case_event where finding_id = $1 order by \"at\"";
        let known = ask.scoped.read(steps, &[id]).await?;
        let mut steps: Vec<Value> = known.iter().map(|row| STEP.read(row)).collect();
        if let Some(live) = ask.app.desk.case(id).filter(|live| live.steps.len() > steps.len()) {
            case["state"] = json!(live.state().code());
            case["since"] = json!(live.last().and_then(|step| step.on));
            case["due_on"] = json!(live.due_on());
            case["is_overdue"] = json!(live.is_overdue(ask.release.today));
            steps.extend(fresh(&live, steps.len()));
        }
        let rows = "select count(*) as times from marts.finding_evidence where finding_id = $1";
        let rows = ask.scoped.read(rows, &[id]).await?.first().map_or(0, |row| row.count("times"));
        Ok(json!({ "finding": finding, "case": case, "steps": steps, "evidence_rows": rows }))
    })
}

/// The steps that no release counts yet.
fn fresh(live: &Live, known: usize) -> Vec<Value> {
    let told = |step: &Step| {
        json!({
            "step": step.state.code(),
            "on_date": step.on,
            "by_whom": step.by_whom,
            "due_on": step.due_on,
            "note": step.note,
            "in_release": false
        })
    };
    live.steps[known..].iter().map(told).collect()
}

/// Of a pupil no more is told than pages tell.
fn shorten(finding: &mut Value) {
    let subject = finding["subject"].as_str().unwrap_or_default().to_owned();
    if format::is_hash(&subject) {
        finding["subject"] = json!(format::shortened(&subject));
        finding["subject_is_pupil"] = json!(true);
    }
}
