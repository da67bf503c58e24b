//! The casework on a finding's page.

use datafusion::prelude::SessionContext;
use ingest::casework::{Case, Finding, State, Step};

use super::Site;
use super::city::{
    DISTRICT, FINDINGS, OTHER_DISTRICT, OTHER_SCHOOL, SCHOOL, SISTER, dates, day, register, texts, wholes, yes_no,
};
use crate::routes;

/// The finding of [`SCHOOL`] was dismissed, ended, came back and was notified; its sister's is open; that of another
/// district was answered.
pub fn tables(context: &SessionContext) {
    let some = |text: &str| Some(day(text));
    register(
        context,
        "marts",
        "case_now",
        vec![
            ("finding_id", texts(&FINDINGS[..3])),
            ("rule", texts(["R13"; 3])),
            ("school_id", texts([SCHOOL, SISTER, OTHER_SCHOOL])),
            ("district_code", texts([DISTRICT, DISTRICT, OTHER_DISTRICT])),
            ("period", texts(["2019-10"; 3])),
            ("state", texts(["notified", "open", "answered"])),
            ("since", dates([some("2020-01-20"), some("2019-11-10"), some("2020-01-05")])),
            ("by_whom", texts(["王督学", "", "李校长"])),
            ("due_on", dates([some("2020-02-10"), None, some("2020-02-20")])),
            ("is_overdue", yes_no([true, false, false])),
            ("note", texts(["请退还多收的费用", "", "另区的答复"])),
            ("times_returned", wholes([1, 0, 0])),
            ("decided_before", texts(["dismissed", "", ""])),
            ("decided_on", dates([some("2019-12-02"), None, None])),
            ("decided_by", texts(["王督学", "", ""])),
            ("decided_note", texts(["票据号重复登记", "", ""])),
        ],
    );
    register(
        context,
        "facts",
        "case_event",
        vec![
            ("finding_id", texts([FINDINGS[0], FINDINGS[0], FINDINGS[2]])),
            ("step", texts(["dismissed", "notified", "answered"])),
            ("at", wholes([1, 3, 2])),
            ("by_whom", texts(["王督学", "王督学", "李校长"])),
            ("due_on", dates([None, some("2020-02-10"), None])),
            ("note", texts(["票据号重复登记", "请退还多收的费用", "另区的答复"])),
            ("on_date", dates([some("2019-12-02"), some("2020-01-20"), some("2020-01-05")])),
            ("occurrence", wholes([1, 2, 1])),
        ],
    );
}

#[tokio::test]
async fn a_finding_tells_its_case_to_those_whom_it_concerns() {
    let site = Site::new().await;
    for role in ["school", "district", "inspector", "city"] {
        let cookie = site.log_in(role).await;
        let page = site.get(&routes::finding(FINDINGS[0]), &cookie).await.body;
        for said in
            ["办理情况", "已撤销", "票据号重复登记", "已通知", "请退还多收的费用", "整改期限", "已逾期", "再次出现"]
        {
            assert!(page.contains(said), "{role}: {said} is not on the page");
        }
        let first = page.find("票据号重复登记").expect("asked above");
        assert!(page.rfind("票据号重复登记").expect("twice") > first, "{role}: on top, and among the steps");
        assert!(!page.contains("另区的答复"), "{role}");
    }
    let cookie = site.log_in("district").await;
    let sister = site.get(&routes::finding(FINDINGS[1]), &cookie).await.body;
    assert!(sister.contains("尚未办理") && !sister.contains("整改期限"), "an open case has no steps");
}

/// A case of [`DISTRICT`] after so many notices, the last one taken after the release was made.
fn notified(finding_id: &str, times: usize) -> Case {
    let step = Step {
        finding_id: finding_id.to_owned(),
        occurrence: 1,
        state: State::Notified,
        at: chrono::Utc::now().timestamp_micros(),
        on: None,
        by_whom: "王督学".to_owned(),
        due_on: Some(day_of("2020-02-01")),
        note: None,
    };
    let finding = Finding {
        finding_id: finding_id.to_owned(),
        rule: "R13".to_owned(),
        severity: "high".to_owned(),
        school_id: SISTER.to_owned(),
        district_code: DISTRICT.to_owned(),
        period: "2019-10".to_owned(),
        message_zh: String::new(),
        message_en: String::new(),
        first_seen: None,
        ended: None,
        occurrence: 1,
    };
    Case { finding, steps: vec![step; times] }
}

fn day_of(text: &str) -> chrono::NaiveDate {
    text.parse().expect("a date")
}

#[tokio::test]
async fn a_step_that_no_release_has_yet_is_told_by_lists() {
    let site = Site::new().await;
    let cookie = site.log_in("district").await;
    let listed = async |state: &str, finding: &str| {
        let list = site.get(&format!("{}?case={state}", routes::FINDINGS), &cookie).await.body;
        list.contains(&routes::finding(finding))
    };
    let sister = FINDINGS[1];
    assert!(listed("open", sister).await && !listed("notified", sister).await && !listed("overdue", sister).await);

    site.app.desk.remember(vec![notified(sister, 1)]);
    assert!(!listed("open", sister).await && listed("notified", sister).await && listed("overdue", sister).await);

    // What the release knows as well is the release's to tell.
    assert!(listed("notified", FINDINGS[0]).await);
    let mut answered = notified(FINDINGS[0], 2);
    answered.steps[1].state = State::Answered;
    site.app.desk.remember(vec![answered]);
    assert!(listed("notified", FINDINGS[0]).await && !listed("answered", FINDINGS[0]).await);
}
