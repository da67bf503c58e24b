//! `kehou report`: three PDFs of the example city, read by another program.

use std::path::Path;
use std::process::Command;

use crate::city::City;
use crate::tools::has;

const PERIOD: &str = "2019-2020-1";

/// The pages of a PDF as pdftotext reads them, each line without its spaces: paper sets Chinese beside Latin apart.
fn pages(file: &Path) -> Vec<Vec<String>> {
    let output = Command::new("pdftotext").args(["-layout", "-enc", "UTF-8"]).arg(file).arg("-").output();
    let output = output.expect("pdftotext starts");
    assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("it was asked for UTF-8");
    let bare = |line: &str| line.chars().filter(|one| !one.is_whitespace() && *one != '\u{2060}').collect::<String>();
    let mut pages: Vec<Vec<String>> =
        text.split('\u{c}').map(|page| page.lines().map(bare).filter(|line| !line.is_empty()).collect()).collect();
    // A page ends with a form feed, the last one too.
    assert_eq!(pages.pop(), Some(Vec::new()));
    pages
}

/// Whether a machine can make and read the PDFs.
fn can_read(city: &City) -> bool {
    if !has("pdftotext", &["-v"]) {
        return false;
    }
    let probe = city.run(&["report", "city", "-o", &at(city, "probe.pdf")]);
    let why = String::from_utf8_lossy(&probe.stderr).into_owned();
    if !probe.status.success() {
        assert!(why.contains("fonts-noto-cjk"), "{why}");
        assert!(std::env::var_os("KEHOU_REQUIRE_TOOLS").is_none(), "CI must have a Chinese font: {why}");
        eprintln!("SKIPPED: this test needs a Chinese font: apt-get install fonts-noto-cjk");
    }
    probe.status.success()
}

fn at(city: &City, name: &str) -> String {
    city.folder().join(name).display().to_string()
}

/// `1,234`, of a number that has no fraction.
fn grouped(number: &str) -> Option<String> {
    let whole = number.strip_suffix(".00").or(number.strip_suffix(".0")).unwrap_or(number);
    let digits: u64 = whole.parse().ok()?;
    let mut text = digits.to_string();
    let mut cut = text.len();
    while cut > 3 {
        cut -= 3;
        text.insert(cut, ',');
    }
    Some(text)
}

#[test]
fn figures_on_paper_are_those_of_a_query() {
    let city = City::with_release();
    if !can_read(&city) {
        return;
    }
    let catalogue: serde_json::Value =
        serde_json::from_str(&city.ok(&["catalog", "indicators", "--format", "json"])).expect("JSON");
    let title = |code: &str| {
        let all = catalogue.as_array().expect("a list");
        let entry =
            all.iter().find(|entry| entry["code"] == code).unwrap_or_else(|| panic!("{code} is in the catalogue"));
        entry["title_zh"].as_str().expect("a title").to_owned()
    };
    let schools = city.query("select school_id, school_name from marts.school order by school_id");
    let findings = city.query("select distinct subject from marts.finding where length(subject) = 32");
    let (district, school) = {
        // The school with the most figures, and its district.
        let told = city.query(&format!(
            "select unit_id, district_code from indicator_value where level = 'school' and period = '{PERIOD}' and value is not null
             group by unit_id, district_code order by count(*) desc, unit_id limit 1"
        ));
        (told[0]["district_code"].clone(), told[0]["unit_id"].clone())
    };
    for (level, unit) in [("city", "city"), ("district", district.as_str()), ("school", school.as_str())] {
        let file = at(&city, &format!("{unit}.pdf"));
        city.ok(&["report", unit, "--period", PERIOD, "-o", &file]);
        let pages = pages(Path::new(&file));
        assert!(pages.len() >= 4, "{unit} has {} pages", pages.len());
        for (number, page) in pages.iter().enumerate() {
            let numbered = format!("第{}页/共{}页", number + 1, pages.len());
            assert_eq!(page.last(), Some(&numbered), "the last line of a page of {unit}");
            assert!(number == 0 || page[0].contains("课后服务评价报告"), "{unit}: {page:?}");
        }
        let lines: Vec<&String> = pages.iter().flatten().collect();
        assert!(lines.iter().any(|line| line.as_str() == "2019–2020学年第一学期"), "{lines:?}");

        let figures = city.query(&format!(
            "select indicator, value, numerator, denominator, lower from indicator_value
             where level = '{level}' and unit_id = '{unit}' and period = '{PERIOD}' and dimension = '' and value is not null"
        ));
        let mut compared = 0;
        for figure in &figures {
            // Shares of people and of schools: the others are yuan, marks and points.
            if figure["lower"].is_empty() && !["C01", "C07", "C10", "K04"].contains(&figure["indicator"].as_str()) {
                continue;
            }
            let value: f64 = figure["value"].parse().expect("a number");
            // More answers than pupils come of reports that don't agree: shown as all. Nearly all is not all.
            let value = if figure["indicator"] == "S03" { value.min(1.0) } else { value };
            let percent = match value * 100.0 {
                100.0 => "100%".to_owned(),
                percent if percent > 99.9 && percent < 100.0 => "99.9%".to_owned(),
                percent => format!("{percent:.1}%"),
            };
            let row = format!("{}{percent}", title(&figure["indicator"]));
            let found = lines.iter().find(|line| line.starts_with(&row));
            let found = found.unwrap_or_else(|| panic!("{unit} has no line {row}: {lines:#?}"));
            let (Some(above), Some(below)) = (grouped(&figure["numerator"]), grouped(&figure["denominator"])) else {
                continue;
            };
            assert!(found.ends_with(&format!("{above}/{below}")), "{row}: {found}");
            compared += 1;
        }
        assert!(compared >= 6, "{compared} figures of {unit} were compared");

        let of_unit = match level {
            "city" => "1 = 1".to_owned(),
            "district" => format!("district_code = '{unit}'"),
            _ => format!("school_id = '{unit}'"),
        };
        let open =
            city.query(&format!("select count(*) as times from marts.finding where ended is null and {of_unit}"));
        let told = format!("截至数据日，未消除的问题线索{}条", open[0]["times"]);
        assert!(lines.iter().any(|line| line.contains(&told)), "{told}: {lines:#?}");

        let all = lines.iter().map(|line| line.as_str()).collect::<Vec<_>>().join("\n");
        for finding in &findings {
            assert!(
                !all.contains(&finding["subject"]) && !all.contains(&finding["subject"][..8]),
                "{unit} shows a hash"
            );
        }
        if level == "school" {
            let own = schools.iter().find(|one| one["school_id"] == unit).expect("it is in the register");
            assert!(all.contains(&own["school_name"]), "{all}");
            for other in schools.iter().filter(|one| one["school_id"] != unit) {
                assert!(!all.contains(&other["school_id"]), "{unit} names {}", other["school_id"]);
                // A name may be the beginning of another one.
                let is_part = own["school_name"].contains(&other["school_name"]);
                assert!(is_part || !all.contains(&other["school_name"]), "{unit} names {}", other["school_name"]);
            }
        }
    }
}

#[test]
fn the_same_release_is_the_same_document() {
    let city = City::with_release();
    if !can_read(&city) {
        return;
    }
    let [one, other, english] = ["one.pdf", "other.pdf", "english.pdf"].map(|name| at(&city, name));
    city.ok(&["report", "city", "-o", &one]);
    city.ok(&["report", "city", "--release", "1", "-o", &other]);
    assert_eq!(std::fs::read(&one).expect("written"), std::fs::read(&other).expect("written"));
    city.ok(&["report", "city", "--lang", "en", "-o", &english]);
    let pages = pages(Path::new(&english));
    assert_eq!(pages[0].last(), Some(&format!("Page1of{}", pages.len())));
    assert!(pages[0].iter().any(|line| line == "1.Summary"), "{:?}", pages[0]);
    // Title, language and bookmarks.
    let bytes = String::from_utf8_lossy(&std::fs::read(&one).expect("written")).into_owned();
    for part in ["/Lang", "/Outlines", "/MarkInfo"] {
        assert!(bytes.contains(part), "{part}");
    }
}

#[test]
fn what_can_t_be_set_is_refused_with_what_to_do() {
    let city = City::with_release();
    let empty = city.folder().join("fonts");
    std::fs::create_dir(&empty).expect("made");
    let file = at(&city, "none.pdf");
    let check = |words: &[&str], says: &[&str]| {
        let output = city.run(words);
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{words:?}: {why}");
        for part in says {
            assert!(why.contains(part), "{words:?} says {part}: {why}");
        }
        assert!(!Path::new(&file).exists(), "{words:?} left a file");
    };
    let fonts = empty.display().to_string();
    check(&["report", "city", "-o", &file, "--font", &fonts], &["没有中文字体", "fonts-noto-cjk", "--font"]);
    check(&["report", "370000", "-o", &file], &["370000", "district's code"]);
    check(&["report", "city", "-o", &file, "--period", "1999-01"], &["1999-01", "2019-10"]);
}
