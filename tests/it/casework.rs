//! Casework by the command: steps that follow one another, what the figures make of them, and two persons at once.

use std::process::{Child, Stdio};

use crate::desk::{Desk, Slice, school};
use crate::facts::ask;

/// Two classes in which fewer agreements were signed than pupils take part (R07), and the same put right.
const WRONG: Slice<'static> =
    ("class_roster", "2019-10", &["一(1)班,1,33,20,20,20,20,15,3,1,1", "一(2)班,1,30,10,10,10,10,9,3,1,1"]);
const RIGHT: Slice<'static> =
    ("class_roster", "2019-10", &["一(1)班,1,33,20,20,20,20,20,3,1,1", "一(2)班,1,30,10,10,10,10,10,3,1,1"]);

/// Runs `kehou case …`; gives the exit code and what was printed.
fn case(desk: &Desk, words: &[&str]) -> (Option<i32>, String) {
    let output = desk.city.run(&[&["case"][..], words].concat());
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

fn ok(desk: &Desk, words: &[&str]) -> String {
    let (code, said) = case(desk, words);
    assert_eq!(code, Some(0), "{words:?}: {said}");
    said
}

/// A step that is refused, and changes nothing.
fn refused(desk: &Desk, words: &[&str], says: &[&str]) {
    let before = steps(desk);
    let (code, said) = case(desk, words);
    assert_eq!(code, Some(1), "{words:?}: {said}");
    for word in says {
        assert!(said.contains(word), "{words:?}: '{word}' is not in {said}");
    }
    assert_eq!(steps(desk), before, "{words:?} changed something");
}

fn steps(desk: &Desk) -> String {
    ask(&desk.city.warehouse(), "select count(*) as steps from facts.case_event")[0]["steps"].clone()
}

/// The findings of the rosters, by class.
fn findings(desk: &Desk) -> Vec<String> {
    let sql = "select finding_id from finding where rule = 'R07' order by school_id, subject";
    desk.city.query(sql).into_iter().map(|row| row["finding_id"].clone()).collect()
}

/// K02 of the school in a release as of this day: what was put right, and what was notified and not dismissed.
fn rectified(desk: &Desk, today: &str) -> Option<(String, String)> {
    desk.city.ok(&["transform", "--today", today]);
    let sql = format!(
        "select numerator, denominator from indicator_value where indicator = 'K02' and level = 'school' \
         and unit_id = '{}' and period = '2019-10' and dimension = ''",
        school(0)
    );
    desk.city.query(&sql).first().map(|row| (row["numerator"].clone(), row["denominator"].clone()))
}

fn now(desk: &Desk, finding: &str) -> std::collections::BTreeMap<String, String> {
    let sql = format!("select * from marts.case_now where finding_id = '{finding}'");
    desk.city.query(&sql).into_iter().next().expect("it has a case")
}

fn share(one: &str, all: &str) -> Option<(String, String)> {
    Some((format!("{one}.00"), format!("{all}.00")))
}

#[test]
fn a_case_goes_its_way_and_a_finding_that_returns_says_what_was_decided() {
    let desk = Desk::new(1);
    desk.send("wrong", "2019-11-01", &[(0, WRONG)]);
    refused(&desk, &["list"], &["kehou transform"]);
    assert_eq!(rectified(&desk, "2020-03-01"), None, "none without casework");
    let ids = findings(&desk);
    let [one, two] = [ids[0].as_str(), ids[1].as_str()];
    assert_eq!(ids.len(), 2);
    let open = ok(&desk, &["list", "--rule", "R07", "--state", "open"]);
    assert!(open.contains(one) && open.contains(two) && open.contains("待处理"), "{open}");

    let notice = ["--by", "王督学", "--on", "2020-03-01", "--due", "2020-03-20"];
    refused(&desk, &["notify", one, "--by", "王督学"], &["--due"]);
    refused(&desk, &["notify", one, "--by", " ", "--due", "2020-03-20"], &["--by"]);
    let late = ["--by", "王督学", "--on", "2020-03-01", "--due", "2020-02-29"];
    refused(&desk, &[&["notify", one][..], &late].concat(), &["2020-02-29", "2020-03-01"]);
    refused(&desk, &[&["notify", one, "ffff"][..], &notice].concat(), &["ffff", "没有这条问题线索"]);
    refused(&desk, &["close", one, "--by", "王督学"], &["待处理", "已通知"]);
    // By the first letters, both in one go.
    ok(&desk, &[&["notify", &one[..12], two][..], &notice].concat());
    assert_eq!(rectified(&desk, "2020-03-02"), share("0", "2"));
    refused(&desk, &[&["notify", two][..], &notice].concat(), &[two, "已通知"]);

    ok(&desk, &["answer", one, "--by", "李校长", "--on", "2020-03-03", "--note", "已补签"]);
    refused(&desk, &["rectify", one, "--by", "王督学", "--on", "2020-03-02"], &["2020-03-03"]);
    ok(&desk, &["rectify", one, "--by", "王督学", "--on", "2020-03-04"]);
    assert_eq!(rectified(&desk, "2020-03-04"), share("1", "2"));
    let overdue = ok(&desk, &["list", "--overdue", "--today", "2020-03-21", "--format", "csv"]);
    assert!(overdue.contains(two) && !overdue.contains(one), "{overdue}");
    desk.city.ok(&["transform", "--today", "2020-03-21"]);
    assert_eq!([&now(&desk, one)["is_overdue"], &now(&desk, two)["is_overdue"]], ["false", "true"]);

    refused(&desk, &["dismiss", two, "--by", "王督学"], &["--note"]);
    // One of the two can't: none does.
    refused(&desk, &["dismiss", one, two, "--by", "王督学", "--note", "x"], &[one, "已整改"]);
    ok(&desk, &["dismiss", two, "--by", "王督学", "--note", "纸质告知书已核对", "--on", "2020-03-21"]);
    assert_eq!(rectified(&desk, "2020-03-22"), share("1", "1"));

    // It survives a run in which everything is computed anew.
    desk.city.ok(&["transform", "--today", "2020-03-23", "--full"]);
    let dismissed = now(&desk, two);
    let told = ["state", "note", "since", "decided_before"].map(|name| dismissed[name].as_str());
    assert_eq!(told, ["dismissed", "纸质告知书已核对", "2020-03-21", ""]);
    assert!(dismissed["by_whom"].starts_with("王督学"), "{dismissed:?}");
    ok(&desk, &["close", two, "--by", "王督学", "--on", "2020-03-24"]);

    // Both end, and both come back.
    desk.send("right", "2020-03-25", &[(0, RIGHT)]);
    desk.city.ok(&["transform", "--today", "2020-03-25"]);
    assert_eq!([&now(&desk, one)["state"], &now(&desk, two)["state"]], ["rectified", "closed"]);
    desk.send("again", "2020-03-26", &[(0, (WRONG.0, WRONG.1, &["一(1)班,1,33,20,20,20,20,14,3,1,1", WRONG.2[1]]))]);
    desk.city.ok(&["transform", "--today", "2020-03-26"]);
    assert_eq!(findings(&desk), ids, "the ids stay");
    for (finding, decided, reason) in [(one, "rectified", ""), (two, "dismissed", "纸质告知书已核对")] {
        let case = now(&desk, finding);
        let told =
            ["state", "since", "times_returned", "decided_before", "decided_note"].map(|name| case[name].as_str());
        assert_eq!(told, ["open", "2020-03-26", "1", decided, reason]);
    }
    let shown = ok(&desk, &["show", two]);
    for word in ["待处理", "再次出现", "已撤销", "纸质告知书已核对", "已通知", "已办结"] {
        assert!(shown.contains(word), "'{word}' is not in {shown}");
    }
    // A new notice counts from now on.
    ok(&desk, &["notify", two, "--by", "王督学", "--on", "2020-03-27", "--due", "2020-04-10"]);
    assert_eq!(rectified(&desk, "2020-03-27"), share("1", "2"));
}

#[test]
fn of_several_persons_at_once_one_takes_the_step() {
    let desk = Desk::new(3);
    desk.send("wrong", "2019-11-01", &[(0, WRONG), (1, WRONG), (2, WRONG)]);
    desk.city.ok(&["transform", "--today", "2020-03-01"]);
    let ids = findings(&desk);
    assert_eq!(ids.len(), 6);
    let start = |finding: &str, by: &str| -> Child {
        let words = ["case", "notify", finding, "--by", by, "--on", "2020-03-01", "--due", "2020-03-20"];
        let mut command = desk.city.command(&words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts")
    };
    // Five notify one finding, and one each of the others.
    let mut running: Vec<Child> = (0..5).map(|at| start(&ids[0], &format!("甲{at}"))).collect();
    running.extend(ids[1..].iter().map(|finding| start(finding, "乙")));
    let ends: Vec<(bool, String)> = running
        .into_iter()
        .map(|child| child.wait_with_output().expect("it ends"))
        .map(|output| (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
        .collect();
    let (same, others) = ends.split_at(5);
    assert_eq!(same.iter().filter(|(done, _)| *done).count(), 1, "{same:?}");
    assert!(same.iter().filter(|(done, _)| !done).all(|(_, said)| said.contains("已通知")), "{same:?}");
    assert!(others.iter().all(|(done, _)| *done), "{others:?}");
    let told = "select count(*) as steps, count(distinct finding_id) as findings, count(distinct \"at\") as moments \
                from facts.case_event";
    let told = &ask(&desk.city.warehouse(), told)[0];
    assert_eq!([&told["steps"], &told["findings"], &told["moments"]], ["6", "6", "6"]);
}
