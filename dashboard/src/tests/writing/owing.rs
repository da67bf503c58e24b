//! Reminders, more time, excuses and confirmation, by the district alone.

use axum::http::StatusCode;

use super::{STRANGER, Town, roster, run, school};
use crate::routes;

const OWN: &str = super::DISTRICT;

#[test]
fn a_district_excuses_gives_time_and_confirms() {
    run(async {
        let town = Town::with_release(3).await;
        let own = town.site.log_in("own").await;
        let address = routes::duties(OWN);
        let october = format!("{address}?period=2019-10");
        let page = town.site.get(&october, &own).await;
        assert!(page.body.contains("2019年10月未报、退回或免报的：3 份"), "{}", page.body);
        assert!(!page.body.contains("邻区小学"));
        let token = page.token();
        let slice = |n: usize| format!("&slice=class_roster%7C{}%7C2019-10", school(n));
        let say = async |fields: &str| {
            town.site.post(&address, &own, &format!("form_token={token}&period=2019-10{fields}")).await
        };
        for (fields, says) in [
            ("&do=excuse&reason=x".to_owned(), "没有勾选报表"),
            (format!("&do=excuse{}", slice(0)), "要写明理由"),
            (format!("&do=extend&reason=x{}", slice(0)), "请写明延期到哪一天"),
            (format!("&do=extend&reason=x&until=2020-02-01{}", slice(0)), "早于今天"),
            (format!("&do=confirm{}", slice(0)), "1 份报表的状态刚刚变了"),
        ] {
            let refused = say(&fields).await;
            assert!(
                refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains(says),
                "{says}: {}",
                refused.body
            );
        }
        let foreign = say(&format!("&do=excuse&reason=x&slice=class_roster%7C{STRANGER}%7C2019-10")).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);

        // Of three that owe, one is excused, one gets time until a day to come: one is left to remind.
        let excused = say(&format!("&do=excuse&reason=%E7%BB%B4%E4%BF%AE{}", slice(0))).await;
        assert_eq!(excused.status, StatusCode::SEE_OTHER, "{}", excused.body);
        let extended = say(&format!("&do=extend&reason=x&until=2020-03-20{}", slice(1))).await;
        assert_eq!(extended.status, StatusCode::SEE_OTHER, "{}", extended.body);
        let page = town.until(&october, &own, "延期至 2020年3月20日").await.body;
        assert!(page.contains("维修") && page.contains("免报"), "{page}");
        // Its page names who owes, and what was excused is not owed.
        let owes = town.site.get(&routes::district(OWN), &own).await.body;
        let named = |school: usize| owes.contains(&format!("第{school}小学</a> · 班级需求汇总表 · 2019年10月"));
        assert!(!named(0) && named(1), "{owes}");
        let csv = town.site.get(&format!("{}?period=2019-10", routes::reminders(OWN)), &own).await;
        assert!(csv.body.starts_with("\u{feff}学校标识码,"), "{}", csv.body);
        let lines: Vec<&str> = csv.body.lines().skip(1).collect();
        assert!(
            lines.len() == 1 && lines[0].starts_with(&format!("{},第2小学,班级需求汇总表,2019-10,缺报,", school(2))),
            "{lines:?}"
        );
        let taken_back = say(&format!("&do=revoke{}", slice(0))).await;
        assert_eq!(taken_back.status, StatusCode::SEE_OTHER, "{}", taken_back.body);
        town.until(&format!("{}?period=2019-10", routes::reminders(OWN)), &own, &school(0)).await;

        // What came is confirmed, and a correction is to be confirmed anew.
        let mine = town.site.log_in("s0").await;
        town.sent(&mine, &[("十月.csv", &roster(0, "2019-10", 12))]).await;
        assert!(town.site.get(&october, &own).await.body.contains("已确认 0 / 1 份"));
        let all = say("&do=confirm_all").await;
        assert_eq!(all.status, StatusCode::SEE_OTHER, "{}", all.body);
        town.until(&october, &own, "已确认 1 / 1 份").await;
        town.sent(&mine, &[("十月更正.csv", &roster(0, "2019-10", 11))]).await;
        assert!(town.site.get(&october, &own).await.body.contains("已确认 0 / 1 份"));

        // Nobody else says anything, and another district sees nothing of it.
        for (who, seen) in [
            ("other", StatusCode::NOT_FOUND),
            ("city", StatusCode::OK),
            ("s0", StatusCode::NOT_FOUND),
            ("watch", StatusCode::NOT_FOUND),
        ] {
            let cookie = town.site.log_in(who).await;
            assert_eq!(town.site.get(&october, &cookie).await.status, seen, "{who}");
            let token = town.site.get(routes::PASSWORD, &cookie).await.token();
            let tried = format!("form_token={token}&period=2019-10&do=excuse&reason=x{}", slice(2));
            assert_eq!(town.site.post(&address, &cookie, &tried).await.status, StatusCode::NOT_FOUND, "{who}");
        }
        town.check_audit(&["excused", "extended", "revoked", "confirmed", "export"]).await;
    });
}
