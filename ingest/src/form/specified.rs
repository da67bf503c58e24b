//! Each form against the tables of the specification, written out by hand.

use super::{Check, Owed, PeriodKind, SentBy, Severity, form, forms};

/// `name`, `heading`, kind of period, then each column as `name 表头`, with `!` and `*` as the specification has them.
const SPECIFIED: &[(&str, &str, PeriodKind, &[&str])] = &[
    (
        "school",
        "学校名录",
        PeriodKind::Year,
        &[
            "school_id 学校标识码 !*",
            "school_name 学校名称 !",
            "district_code 区划代码 !",
            "school_kind 办学类型 !",
            "urban_rural 城乡类型 !",
            "opened_on 开办日期",
            "closed_on 撤并日期",
        ],
    ),
    (
        "class_roster",
        "班级需求汇总表",
        PeriodKind::Month,
        &[
            "class_id 班级 !*",
            "grade 年级 !",
            "pupils 在籍人数 !",
            "wanting 有需求人数 !",
            "applied 家长申请人数 !",
            "approved 班级审核人数 !",
            "enrolled 参加人数 !",
            "agreements 三方签字份数 !",
            "poor_pupils 建档立卡人数 !",
            "poor_wanting 建档立卡有需求人数 !",
            "poor_enrolled 建档立卡参加人数 !",
        ],
    ),
    (
        "service_plan",
        "课后服务方案",
        PeriodKind::Term,
        &[
            "started_on 开始日期",
            "weekdays 服务日",
            "sessions_per_day 每日学时数",
            "minutes_per_session 每学时分钟数",
            "ends_at 结束时间",
            "consulted_on 征求家长意见日期",
            "board_notice_on 公示栏公示日期",
            "web_notice_on 网站公示日期",
            "web_notice_url 公示网址",
            "safety_plan_on 应急预案日期",
        ],
    ),
    (
        "group_session",
        "活动登记表",
        PeriodKind::Month,
        &[
            "held_on 日期 !*",
            "group_id 组别 !*",
            "activity 活动类型 !",
            "started_at 开始时间 !",
            "sessions 学时数 !",
            "minutes 分钟数 !",
            "pupils_present 到场人数 !",
            "staff_id 负责人编号 !",
            "staff_kind 人员类别 !",
            "provider_id 机构编号",
        ],
    ),
    (
        "attendance",
        "学生考勤",
        PeriodKind::Month,
        &["held_on 日期 !*", "pupil_id 学生编号 !*", "class_id 班级 !", "group_id 组别 !", "sessions 学时数 !"],
    ),
    (
        "charge",
        "收退费台账",
        PeriodKind::Month,
        &[
            "receipt_no 票据号 !*",
            "paid_on 日期 !",
            "pupil_id 学生编号 !",
            "class_id 班级 !",
            "kind 类型 !",
            "billed_period 所属月份 !",
            "sessions_billed 计费学时 !",
            "amount 金额 !",
            "is_poor 建档立卡 !",
            "remitted_on 缴入财政专户日期",
            "withdrawn_on 退出服务日期",
            "refund_requested_on 退费申请日期",
        ],
    ),
    (
        "fund_ledger",
        "经费收支台账",
        PeriodKind::Month,
        &[
            "voucher_no 凭证号 !*",
            "line_no 行号 !*",
            "posted_on 日期 !",
            "direction 收支 !",
            "category 科目 !",
            "amount 金额 !",
            "account 账户 !",
            "payee 收款方",
            "disclosed_on 公示日期",
        ],
    ),
    (
        "staff_work",
        "教职工参与情况",
        PeriodKind::Month,
        &["staff_id 人员编号 !*", "role 人员类别 !", "sessions_led 学时数 !", "pay 绩效金额 !", "assessed 纳入考核"],
    ),
    (
        "provider",
        "第三方准入",
        PeriodKind::Term,
        &[
            "provider_id 机构编号 !*",
            "provider_name 机构名称 !",
            "provider_kind 类型 !",
            "licence_no 办学许可证号",
            "panel_on 评审日期",
            "panel_parents 家长委员会人数",
            "panel_teachers 教师代表人数",
            "party_meeting_on 党组织会议日期",
            "district_approved_on 区（市）审批日期",
            "city_approved_on 市局审批日期",
            "service_from 服务起 !",
            "service_to 服务止",
        ],
    ),
    (
        "survey",
        "满意度问卷",
        PeriodKind::Term,
        &[
            "response_id 问卷编号 !*",
            "answered_on 日期 !",
            "respondent 填写人 !",
            "grade 年级 !",
            "overall 总体 !",
            "content 内容",
            "safety 安全",
            "staff 师资",
            "fee 收费",
            "time 时间",
            "voluntary 是否自愿 !",
            "comment 意见",
        ],
    ),
    (
        "inspection",
        "督导与投诉",
        PeriodKind::Month,
        &[
            "case_no 编号 !*",
            "found_on 日期 !",
            "source 来源 !",
            "issue 问题 !",
            "substantiated 是否属实",
            "amount 涉及金额",
            "closed_on 办结日期",
            "note 说明",
        ],
    ),
    (
        "annual_report",
        "年度报告",
        PeriodKind::Year,
        &["to_education_on 报教育部门日期", "to_finance_on 报财政部门日期", "staff_assessment 含教师考核 !"],
    ),
    (
        "subsidy",
        "财政补贴",
        PeriodKind::Month,
        &["voucher_no 凭证号 !*", "budgeted 预算金额 !", "paid 拨付金额 !", "paid_on 拨付日期"],
    ),
];

#[test]
fn forms_are_those_of_the_specification() {
    assert_eq!(forms().len(), SPECIFIED.len());
    for (form, (name, heading, period, columns)) in forms().iter().zip(SPECIFIED) {
        assert_eq!((form.name.as_str(), form.heading.as_str(), form.period), (*name, *heading, *period));
        let written: Vec<String> = form
            .columns
            .iter()
            .map(|column| {
                let marks = format!("{}{}", if column.required { "!" } else { "" }, if column.key { "*" } else { "" });
                format!("{} {} {marks}", column.name, column.heading).trim_end().to_owned()
            })
            .collect();
        assert_eq!(&written, columns, "{name}");
    }
}

#[test]
fn every_file_is_listed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/forms");
    let mut files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let mut listed: Vec<String> = forms().iter().map(|form| format!("{}.toml", form.name)).collect();
    files.sort();
    listed.sort();
    assert_eq!(files, listed);
}

#[test]
fn zero_reports_and_owing_are_those_of_the_specification() {
    let no_zero: Vec<&str> = forms().iter().filter(|form| !form.zero_report).map(|form| form.name.as_str()).collect();
    assert_eq!(no_zero, ["school", "class_roster", "annual_report"]);
    let single: Vec<&str> = forms().iter().filter(|form| form.single_row).map(|form| form.name.as_str()).collect();
    assert_eq!(single, ["service_plan", "annual_report"]);
    let owed =
        |owed: Owed| forms().iter().filter(|form| form.owed == owed).map(|form| form.name.as_str()).collect::<Vec<_>>();
    assert_eq!(owed(Owed::District), ["school"]);
    assert_eq!(owed(Owed::Always), ["class_roster", "service_plan", "survey", "annual_report"]);
    assert_eq!(owed(Owed::FromPlan), ["group_session", "attendance", "charge", "fund_ledger", "staff_work"]);
    assert_eq!(owed(Owed::Nobody), ["provider", "inspection", "subsidy"]);
    let not_by_schools: Vec<&str> =
        forms().iter().filter(|form| form.sent_by != SentBy::School).map(|form| form.name.as_str()).collect();
    assert_eq!(not_by_schools, ["school", "inspection", "subsidy"]);
}

#[test]
fn choices_are_those_of_the_specification() {
    let check = |name: &str, column: &str, expected: &str| {
        let column = form(name).unwrap().column(column).unwrap();
        let written: Vec<String> =
            column.choices().iter().map(|choice| format!("{} {}", choice.code, choice.label)).collect();
        assert_eq!(written.join(", "), expected, "{name}");
    };
    check("school", "school_kind", "primary 小学, teaching_point 教学点, nine_year 九年一贯制, junior 初中");
    check("school", "urban_rural", "urban 城区, town 镇区, rural 乡村");
    check(
        "group_session",
        "activity",
        "homework 作业辅导, reading 自主阅读, sports 体育, arts 文艺, science 科普, club 社团, outdoor 户外拓展, labour 劳动实践, \
         individual_tutoring 个别辅导, collective_teaching 集体教学",
    );
    check("group_session", "staff_kind", "teacher 教师, staff 职工, volunteer 志愿者, third_party 第三方");
    check("staff_work", "role", "teacher 教师, staff 职工, volunteer 志愿者, third_party 第三方");
    check("charge", "kind", "charge 收费, refund 退费");
    check("fund_ledger", "direction", "income 收入, expense 支出");
    check(
        "fund_ledger",
        "category",
        "service_fee 服务性收费, subsidy 财政补贴, donation 社会赞助, staff_pay 教职工绩效, volunteer_allowance 志愿者补助, training 教师培训, \
         third_party 第三方服务, materials 活动材料, utilities 水电, management_fee 管理费, transfer 调出, unrelated 其他无关支出",
    );
    check("fund_ledger", "account", "fiscal 财政专户, school 学校账户");
    check("provider", "provider_kind", "institution 机构, individual 个人, volunteer_body 志愿组织");
    check("survey", "respondent", "parent 家长, pupil 学生");
    check("inspection", "source", "inspection 督导, hotline 热线, letter 信访");
    check(
        "inspection",
        "issue",
        "forced 强制参加, collective_teaching 集体补课, overcharge 乱收费, solicitation 招揽生源, commerce 商业行为, safety 安全隐患, other 其他",
    );
}

#[test]
fn error_checks_are_those_of_the_specification() {
    let mut written = Vec::new();
    for form in forms() {
        for check in form.checks.iter().filter(|check| check.severity() == Severity::Error) {
            written.push(match check {
                Check::AtMost { left, right, .. } => format!("{}: {left} <= {right}", form.name),
                Check::Positive { columns, .. } => format!("{}: {} > 0", form.name, columns.join(", ")),
                Check::InPeriod { column, .. } => format!("{}: {column} in period", form.name),
                Check::CategoryOf { column, by, .. } => format!("{}: {column} of {by}", form.name),
                other => panic!("{other:?} is no error of the specification"),
            });
        }
    }
    let expected = [
        "class_roster: wanting <= pupils",
        "class_roster: applied <= pupils",
        "class_roster: approved <= pupils",
        "class_roster: enrolled <= pupils",
        "class_roster: poor_pupils <= pupils",
        "class_roster: poor_wanting <= wanting",
        "class_roster: poor_enrolled <= enrolled",
        "group_session: sessions, minutes > 0",
        "group_session: held_on in period",
        "attendance: held_on in period",
        "charge: paid_on in period",
        "fund_ledger: posted_on in period",
        "fund_ledger: category of direction",
    ];
    assert_eq!(written, expected);
    let provider = form("group_session").unwrap().column("provider_id").unwrap();
    assert_eq!(provider.required_when, Some(("staff_kind".to_owned(), "third_party".to_owned())));
}
