//! What indicators and rules are called and mean: the headers of the SQL files, read once.

use std::collections::BTreeMap;

use transform::project::Project;

use crate::figures::ORDER;
use crate::format;
use crate::words::Lang;

/// The catalogue's entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    indicators: BTreeMap<String, Entry>,
    rules: BTreeMap<String, Entry>,
}

/// One indicator or rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `C03`, `R13`
    pub code: String,
    /// What a row of the table is, in English.
    pub sentence: String,
    header: BTreeMap<String, String>,
}

/// In what a value is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A share, written as per cent.
    Share,
    /// A share that can't be above 1: a value above it comes of reports that don't agree, and is written as 1.
    Part,
    /// Yuan.
    Yuan,
    /// A plain number: marks, activities.
    Number,
}

impl Catalogue {
    /// The catalogue of the models that this build carries. A model that can't be read has no entry; the command that
    /// runs models is where that is an error.
    pub fn built_in() -> Catalogue {
        match Project::built_in() {
            Ok(project) => Catalogue::of(&project),
            Err(error) => {
                tracing::warn!(%error, "the catalogue of models can't be read");
                Catalogue::default()
            }
        }
    }

    /// The catalogue of a project.
    pub fn of(project: &Project) -> Catalogue {
        Catalogue::new(
            project.models().map(|model| (model.name.schema.as_str(), model.sentence.as_str(), &model.header)),
        )
    }

    /// A catalogue of (schema, sentence, header).
    pub fn new<'a>(models: impl IntoIterator<Item = (&'a str, &'a str, &'a BTreeMap<String, String>)>) -> Catalogue {
        let mut catalogue = Catalogue::default();
        for (schema, sentence, header) in models {
            let (entries, code) = match schema {
                // Some indicators are marts, for they rest on findings or on other indicators.
                "indicators" | "marts" => (&mut catalogue.indicators, header.get("code")),
                "rules" => (&mut catalogue.rules, header.get("rule")),
                _ => continue,
            };
            if let Some(code) = code {
                entries.insert(
                    code.clone(),
                    Entry { code: code.clone(), sentence: sentence.to_owned(), header: header.clone() },
                );
            }
        }
        catalogue
    }

    /// The indicators in their order of presentation.
    pub fn indicators(&self) -> Vec<&Entry> {
        let mut all: Vec<_> = self.indicators.values().collect();
        all.sort_by_key(|entry| {
            (ORDER.iter().position(|code| *code == entry.code).unwrap_or(ORDER.len()), &entry.code)
        });
        all
    }

    /// The rules by code.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.rules.values()
    }

    /// An indicator's entry.
    pub fn indicator(&self, code: &str) -> Option<&Entry> {
        self.indicators.get(code)
    }

    /// A rule's entry.
    pub fn rule(&self, code: &str) -> Option<&Entry> {
        self.rules.get(code)
    }

    /// An indicator's title, its code where the catalogue doesn't know it.
    pub fn indicator_title<'a>(&'a self, code: &'a str, lang: Lang) -> &'a str {
        self.indicator(code).map_or(code, |entry| entry.title(lang))
    }

    /// A rule's title, its code where the catalogue doesn't know it.
    pub fn rule_title<'a>(&'a self, code: &'a str, lang: Lang) -> &'a str {
        self.rule(code).map_or(code, |entry| entry.title(lang))
    }

    /// In what an indicator is counted. Without an entry it is a share, as most are.
    pub fn unit(&self, code: &str) -> Unit {
        self.indicator(code).map_or(Unit::Share, Entry::unit)
    }
}

impl Entry {
    /// The title.
    pub fn title(&self, lang: Lang) -> &str {
        let title = match lang {
            Lang::Zh => self.get("title_zh"),
            Lang::En => self.get("title_en"),
        };
        if title.is_empty() { &self.code } else { title }
    }

    /// A value of the header, empty where there is none.
    pub fn get(&self, key: &str) -> &str {
        self.header.get(key).map_or("", String::as_str)
    }

    /// A value that may have a Chinese twin with `_zh`.
    pub fn said(&self, key: &str, lang: Lang) -> &str {
        let chinese = match lang {
            Lang::Zh => self.get(&format!("{key}_zh")),
            Lang::En => "",
        };
        if chinese.is_empty() { self.get(key) } else { chinese }
    }

    fn unit(&self) -> Unit {
        let unit = self.get("unit");
        let is = |words: &[&str]| words.iter().any(|word| unit.contains(word));
        if is(&["at most 1"]) {
            Unit::Part
        } else if unit.is_empty() || is(&["%", "％", "share", "percent", "ratio"]) {
            Unit::Share
        } else if is(&["yuan", "元"]) {
            Unit::Yuan
        } else {
            Unit::Number
        }
    }
}

impl Unit {
    /// Whether it is written as per cent.
    pub fn is_share(self) -> bool {
        matches!(self, Unit::Share | Unit::Part)
    }

    /// A value as it is written.
    pub fn write(self, value: f64) -> String {
        match self {
            Unit::Share => format::share(value),
            Unit::Part => format::share(value.min(1.0)),
            Unit::Yuan => format::yuan((value * 100.0).round() as i128),
            Unit::Number => format::number(value),
        }
    }

    /// By how much a value differs, with its sign; shares differ by points of a hundred.
    pub fn difference(self, by: f64, lang: Lang) -> String {
        let sign = if by < 0.0 { "−" } else { "+" };
        match self {
            Unit::Share | Unit::Part => {
                let points = (by * 100.0).abs();
                // As many decimals as it takes that a little difference is not told as none.
                let decimals = (1..4).find(|decimals| points == 0.0 || points >= 0.5 * 0.1f64.powi(*decimals));
                let decimals = decimals.unwrap_or(4) as usize;
                lang.with("points", &[&format!("{sign}{points:.decimals$}")])
            }
            Unit::Yuan => format!("{sign}{}", format::yuan((by.abs() * 100.0).round() as i128)),
            Unit::Number => format!("{sign}{}", format::number(by.abs())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_little_difference_is_not_told_as_none() {
        let said = [0.1234, -0.002, 0.000_2, 0.000_003, 0.0].map(|by| Unit::Share.difference(by, Lang::Zh));
        assert_eq!(said, ["+12.3", "−0.2", "+0.02", "+0.0003", "+0.0"].map(|by| format!("{by} 个百分点")));
    }

    #[test]
    fn headers_become_entries() {
        let header = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let [fee, rule, plain]: [BTreeMap<String, String>; 3] = [
            header(&[("code", "F05"), ("title_zh", "生均收费"), ("title_en", "Net fee a pupil"), ("unit", "yuan")]),
            header(&[("rule", "R01"), ("title_zh", "未按期开办"), ("blind", "Nothing."), ("blind_zh", "无。")]),
            header(&[]),
        ];
        let catalogue =
            Catalogue::new([("indicators", "Fee.", &fee), ("rules", "Late.", &rule), ("staging", "X.", &plain)]);
        assert_eq!(catalogue.indicator_title("F05", Lang::En), "Net fee a pupil");
        assert_eq!(catalogue.unit("F05").write(12.5), "¥12.50");
        assert_eq!([Unit::Share, Unit::Part].map(|unit| unit.write(20.0 / 19.0)), ["105.3%", "100%"]);
        assert_eq!(Unit::Yuan.difference(-12.5, Lang::Zh), "−¥12.50");
        assert_eq!(Unit::Share.difference(0.0125, Lang::Zh), "+1.2 个百分点");
        let entry = catalogue.rule("R01").expect("it is there");
        assert_eq!(
            (entry.title(Lang::Zh), entry.title(Lang::En), entry.said("blind", Lang::Zh)),
            ("未按期开办", "R01", "无。")
        );
        assert_eq!(catalogue.rule_title("R99", Lang::Zh), "R99");
    }
}
