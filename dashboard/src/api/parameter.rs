//! What a request may say: each parameter stands here once, and from it come the check of a request and its description.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::Uri;
use serde_json::{Value, json};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::api::problem::Problem;
use crate::words::Lang;

/// A parameter of a path or of a query.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What may stand in it.
    pub kind: Kind,
    /// What it is, in Chinese.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
}

/// What may stand in a parameter.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// One of these.
    Choice(&'static [&'static str]),
    /// A whole number within bounds, both included.
    Whole {
        /// The least.
        least: u64,
        /// The most.
        most: u64,
        /// The one that is taken where none is given.
        default: Option<u64>,
    },
    /// Text of a shape.
    Code(&'static Code),
    /// Any text up to so many letters.
    Text(usize),
}

/// A shape of text.
#[derive(Debug)]
pub struct Code {
    /// The shape as the description tells it.
    pub pattern: &'static str,
    /// The shape as it is checked.
    fits: fn(&str) -> bool,
    /// One that fits.
    pub example: &'static str,
}

/// The values of a request, each read and within its bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked(BTreeMap<&'static str, String>);

impl Asked {
    /// A value, if it was given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A whole number, the default where none was given.
    pub fn whole(&self, parameter: &Parameter) -> u64 {
        let default = match parameter.kind {
            Kind::Whole { default, least, .. } => default.unwrap_or(least),
            _ => 0,
        };
        self.get(parameter.name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    /// All values, in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Reads a query: what is not declared, stands twice or can't be read is refused.
    pub fn query(uri: &Uri, declared: &[Parameter]) -> Result<Asked, Problem> {
        let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else { return Err(Problem::query()) };
        let mut asked = Asked::default();
        for (name, value) in pairs {
            let Some(parameter) = declared.iter().find(|one| one.name == name) else {
                let known: Vec<&str> = declared.iter().map(|one| one.name).collect();
                let known = known.join(", ");
                return Err(Problem::parameter(
                    "",
                    format!("有不认识的参数；这里可用的有：{known}"),
                    format!("There is a parameter that is unknown here; these may be given: {known}"),
                ));
            };
            parameter.check(&value)?;
            if asked.0.insert(parameter.name, value).is_some() {
                let name = parameter.name;
                return Err(Problem::parameter(name, format!("{name} 只能给一次"), format!("Give {name} once")));
            }
        }
        Ok(asked)
    }

    /// Reads the parts of a path; what can't be read names nothing that there is.
    pub fn path<'a>(parts: impl Iterator<Item = (&'a str, &'a str)>, declared: &[Parameter]) -> Result<Asked, Problem> {
        let mut asked = Asked::default();
        for (name, value) in parts {
            let parameter = declared.iter().find(|one| one.name == name).ok_or_else(Problem::not_here)?;
            parameter.check(value).map_err(|_| Problem::not_here())?;
            asked.0.insert(parameter.name, value.to_owned());
        }
        Ok(asked)
    }
}

impl Parameter {
    /// What it is.
    pub fn said(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }

    fn check(&self, value: &str) -> Result<(), Problem> {
        let name = self.name;
        let refused = |zh: String, en: String| Err(Problem::parameter(name, zh, en));
        match self.kind {
            Kind::Choice(all) if !all.contains(&value) => {
                let all = all.join(", ");
                refused(format!("{name} 应为下列之一：{all}"), format!("{name} must be one of: {all}"))
            }
            Kind::Whole { least, most, .. }
                if !value
                    .parse()
                    .is_ok_and(|number: u64| number.to_string() == value && (least..=most).contains(&number)) =>
            {
                refused(
                    format!("{name} 应为 {least} 到 {most} 的整数"),
                    format!("{name} must be a whole number from {least} to {most}"),
                )
            }
            Kind::Code(code) if !(code.fits)(value) => refused(
                format!("{name} 的写法不对，例如 {}", code.example),
                format!("{name} can't be read; it is written like {}", code.example),
            ),
            Kind::Text(most) if !(1..=most).contains(&value.chars().count()) => {
                refused(format!("{name} 应有 1 到 {most} 个字符"), format!("{name} must have 1 to {most} letters"))
            }
            _ => Ok(()),
        }
    }

    /// Its schema.
    pub fn schema(&self) -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        match self.kind {
            Kind::Choice(all) => text().enum_values(Some(all.iter().copied())).into(),
            Kind::Whole { least, most, default } => ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(least as f64))
                .maximum(Some(most as f64))
                .default(default.map(|number| json!(number)))
                .into(),
            Kind::Code(code) => text().pattern(Some(code.pattern)).into(),
            Kind::Text(most) => text().min_length(Some(1)).max_length(Some(most)).into(),
        }
    }

    /// A value that may stand in it.
    pub fn example(&self) -> Value {
        match self.kind {
            Kind::Choice(all) => json!(all[0]),
            Kind::Whole { least, default, .. } => json!(default.unwrap_or(least.max(1))),
            Kind::Code(code) => json!(code.example),
            Kind::Text(_) => json!("小学"),
        }
    }
}

fn digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn word(text: &str, bounds: std::ops::RangeInclusive<usize>, also: &str) -> bool {
    bounds.contains(&text.len()) && text.chars().all(|letter| letter.is_ascii_alphanumeric() || also.contains(letter))
}

fn is_period(text: &str) -> bool {
    let (year, rest) = match text.split_once('-') {
        None => return digits(text, 4),
        Some(parts) => parts,
    };
    let is_quarter =
        rest.len() == 2 && rest.starts_with('Q') && ('1'..='4').contains(&rest.chars().next_back().unwrap_or(' '));
    let is_term = rest.split_once('-').is_some_and(|(next, term)| digits(next, 4) && ["1", "2"].contains(&term));
    digits(year, 4) && (digits(rest, 2) || is_quarter || digits(rest, 4) || is_term)
}

fn is_dimension(text: &str) -> bool {
    text.is_empty()
        || text.split_once('=').is_some_and(|(name, value)| {
            (1..=32).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                && word(value, 1..=64, "_.-")
        })
}

/// A school's id.
pub static SCHOOL: Code = Code { pattern: "^[0-9]{10}$", fits: |text| digits(text, 10), example: "1101010001" };
/// A district's code.
pub static DISTRICT: Code = Code { pattern: "^[0-9]{6}$", fits: |text| digits(text, 6), example: "110101" };
/// A district or a school.
pub static PLACE: Code =
    Code { pattern: "^([0-9]{6}|[0-9]{10})$", fits: |text| digits(text, 6) || digits(text, 10), example: "110101" };
/// The city, a district or a school.
pub static UNIT: Code = Code {
    pattern: "^(city|[0-9]{6}|[0-9]{10})$",
    fits: |text| text == "city" || digits(text, 6) || digits(text, 10),
    example: "city",
};
/// An indicator's code.
pub static INDICATOR: Code =
    Code { pattern: "^[0-9A-Za-z_-]{1,32}$", fits: |text| word(text, 1..=32, "_-"), example: "C03" };
/// A rule's code.
pub static RULE: Code =
    Code { pattern: "^[0-9A-Za-z_-]{1,32}$", fits: |text| word(text, 1..=32, "_-"), example: "R13" };
/// A form's code name.
pub static FORM: Code = Code {
    pattern: "^[a-z_]{1,32}$",
    fits: |text| (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
    example: "charge",
};
/// A period.
pub static PERIOD: Code =
    Code { pattern: "^[0-9]{4}(-([0-9]{2}|Q[1-4]|[0-9]{4}(-[12])?))?$", fits: is_period, example: "2019-10" };
/// A dimension of an indicator; empty for the headline.
pub static DIMENSION: Code =
    Code { pattern: "^([a-z_]{1,32}=[0-9A-Za-z_.-]{1,64})?$", fits: is_dimension, example: "urban_rural=rural" };
/// A finding's id.
pub static FINDING: Code = Code {
    pattern: "^[0-9a-f]{32}$",
    fits: |text| text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
    example: "0f343b0931126a20f133d67c2b018a3b",
};
/// A submission's id.
pub static SUBMISSION: Code = Code {
    pattern: "^[0-9A-Za-z-]{1,64}$",
    fits: |text| word(text, 1..=64, "-"),
    example: "0197a3c0-5f5e-7c3a-9d1e-2f4b6a8c0e12",
};
/// Where a listing goes on.
pub static CURSOR: Code = Code {
    pattern: "^[0-9a-f]{16,2000}$",
    fits: |text| {
        (16..=2000).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    },
    example: "9f86d081884c7d65",
};

/// How many entries a page of a listing has.
pub const LIMIT: Parameter = Parameter {
    name: "limit",
    kind: Kind::Whole { least: 1, most: 500, default: Some(100) },
    zh: "每页条数",
    en: "Entries of a page",
};
/// Where a listing goes on.
pub const GO_ON: Parameter = Parameter {
    name: "cursor",
    kind: Kind::Code(&CURSOR),
    zh: "从上一页的 next 取得；同一次翻页各页出自同一版数据",
    en: "From the page before, by its next; all pages of one listing are of one release",
};

#[cfg(test)]
mod tests {
    use super::*;

    fn check(declared: &[Parameter], query: &str) -> bool {
        let uri: Uri = format!("/api/v1/x?{query}").parse().expect("an address");
        Asked::query(&uri, declared).is_ok()
    }

    #[test]
    fn what_is_unknown_or_unreadable_is_refused() {
        let declared = [
            LIMIT,
            Parameter { name: "state", kind: Kind::Choice(&["open", "ended"]), zh: "", en: "" },
            Parameter { name: "text", kind: Kind::Text(3), zh: "", en: "" },
        ];
        for good in ["", "limit=1", "limit=500&state=open", "text=%E5%AD%A6", "text=abc"] {
            assert!(check(&declared, good), "{good}");
        }
        for bad in [
            "limit=0",
            "limit=501",
            "limit=%2B5",
            "limit=05",
            "limit=",
            "limit=1.0",
            "limit=1&limit=1",
            "state=Open",
            "text=abcd",
            "text=",
            "page=1",
            "limit[]=1",
        ] {
            assert!(!check(&declared, bad), "{bad}");
        }
    }

    #[test]
    fn codes_are_what_their_patterns_say() {
        let good: [(&Code, &[&str]); 5] = [
            (&UNIT, &["city", "370402", "3704020001"]),
            (&PERIOD, &["2019", "2019-09", "2019-Q4", "2019-2020", "2019-2020-1"]),
            (&DIMENSION, &["", "urban_rural=rural", "category=staff_pay"]),
            (&FORM, &["charge", "class_roster"]),
            (&CURSOR, &["0123456789abcdef"]),
        ];
        for (code, texts) in good {
            assert!(texts.iter().all(|text| (code.fits)(text)), "{}", code.pattern);
        }
        let bad: [(&Code, &[&str]); 5] = [
            (&UNIT, &["", "City", "37040", "city\n", "３７０４０２"]),
            (&PERIOD, &["", "201", "2019-", "2019-9", "2019-Q5", "2019-2020-3", "2019-2020-1-1", "2019-q4"]),
            (&DIMENSION, &["=", "a=", "=b", "A=b", "a=b c", "a=b=c"]),
            (&FORM, &["", "Charge", "a b"]),
            (&CURSOR, &["", "0123", "0123456789ABCDEF", "g123456789abcdef"]),
        ];
        for (code, texts) in bad {
            assert!(texts.iter().all(|text| !(code.fits)(text)), "{}", code.pattern);
        }
        let all = [
            &SCHOOL,
            &DISTRICT,
            &PLACE,
            &UNIT,
            &INDICATOR,
            &RULE,
            &FORM,
            &PERIOD,
            &DIMENSION,
            &FINDING,
            &SUBMISSION,
            &CURSOR,
        ];
        assert!(all.iter().all(|code| (code.fits)(code.example)), "an example fits its own pattern");
    }
}
