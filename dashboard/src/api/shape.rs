//! What an answer holds: each field stands here once, and from it come the JSON and its description.

use serde_json::{Map, Value as Json, json};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};

use crate::rows::{Row, Value};
use crate::words::Lang;

/// An object.
#[derive(Debug)]
pub struct Shape {
    /// Its name in the description.
    pub name: &'static str,
    /// Its fields, in order.
    pub fields: &'static [Field],
}

/// A field of an object.
#[derive(Debug)]
pub struct Field {
    /// Its name; of a listing the column's too.
    pub name: &'static str,
    /// What stands in it.
    pub of: Of,
    /// Whether it is null where there is nothing to say. What is missing is never 0.
    pub null: bool,
    /// What it is, in Chinese.
    pub zh: &'static str,
    /// The same in English.
    pub en: &'static str,
}

/// What stands in a field.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// Text.
    Text,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// An exact number with two places, as text: money in yuan, and sums.
    Decimal,
    /// A number.
    Real,
    /// A whole number.
    Whole,
    /// A day.
    Date,
    /// A moment in UTC.
    Moment,
    /// Yes or no.
    YesNo,
    /// Objects.
    List(&'static Shape),
    /// An object.
    One(&'static Shape),
}

impl Field {
    /// A field that always has a value.
    pub const fn new(name: &'static str, of: Of, zh: &'static str, en: &'static str) -> Field {
        Field { name, of, null: false, zh, en }
    }

    /// A field that may be null.
    pub const fn maybe(name: &'static str, of: Of, zh: &'static str, en: &'static str) -> Field {
        Field { name, of, null: true, zh, en }
    }

    /// What it is.
    pub fn said(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }

    fn schema(&self, lang: Lang) -> RefOr<Schema> {
        let (kind, format) = match self.of {
            Of::List(shape) => {
                let items = Ref::from_schema_name(shape.name);
                return ArrayBuilder::new().items(items).description(Some(self.said(lang))).into();
            }
            Of::One(shape) => return RefOr::Ref(Ref::from_schema_name(shape.name)),
            Of::Text | Of::Choice(_) | Of::Decimal => (Type::String, None),
            Of::Real => (Type::Number, Some(KnownFormat::Double)),
            Of::Whole => (Type::Integer, Some(KnownFormat::Int64)),
            Of::Date => (Type::String, Some(KnownFormat::Date)),
            Of::Moment => (Type::String, Some(KnownFormat::DateTime)),
            Of::YesNo => (Type::Boolean, None),
        };
        let kind =
            if self.null { [kind, Type::Null].into_iter().collect::<SchemaType>() } else { SchemaType::new(kind) };
        let object = ObjectBuilder::new()
            .schema_type(kind)
            .format(format.map(SchemaFormat::KnownFormat))
            .description(Some(self.said(lang)))
            .examples([self.example()]);
        match self.of {
            Of::Choice(all) => {
                let nothing = self.null.then_some(Json::Null);
                object.enum_values(Some(all.iter().map(|one| json!(one)).chain(nothing))).into()
            }
            Of::Decimal => object.pattern(Some("^-?[0-9]+\\.[0-9]{2}$")).into(),
            _ => object.into(),
        }
    }

    /// A value as it may stand in it.
    fn example(&self) -> Json {
        match (self.of, self.name) {
            (Of::Choice(all), _) => json!(all[0]),
            (Of::Decimal, _) => json!("1250.00"),
            (Of::Real, _) => json!(0.986),
            (Of::Whole, "release") => json!(7),
            (Of::Whole, _) => json!(48),
            (Of::Date, _) => json!("2019-11-08"),
            (Of::Moment, _) => json!("2019-11-08T01:30:00Z"),
            (Of::YesNo, _) => json!(false),
            (Of::List(shape), _) => json!([shape.example()]),
            (Of::One(shape), _) => shape.example(),
            (Of::Text, "unit_id" | "district_code") => json!("110101"),
            (Of::Text, "school_id") => json!("1101010001"),
            (Of::Text, "period") => json!("2019-10"),
            (Of::Text, "indicator") => json!("C03"),
            (Of::Text, "rule") => json!("R13"),
            (Of::Text, "form") => json!("charge"),
            (Of::Text, "dimension") => json!(""),
            (Of::Text, name) if name.ends_with("_zh") => json!("说明"),
            (Of::Text, name) => json!(name),
        }
    }
}

impl Shape {
    /// An object of a row, whose columns are the fields.
    pub fn read(&self, row: Row<'_>) -> Json {
        let value = |field: &Field| match (row.value(field.name), field.of) {
            (Value::Text(text), _) if field.null && text.is_empty() => Json::Null,
            (Value::Text(text), _) => json!(text),
            // A text that there is not is nothing, and where a field can't be null it is empty.
            (Value::Null, Of::Text) if !field.null => json!(""),
            (Value::Null, Of::YesNo) if !field.null => json!(false),
            (Value::Null, _) => Json::Null,
            (Value::Hundredths(fen), Of::Decimal) => json!(decimal(*fen)),
            (Value::Hundredths(hundredths), _) => json!(*hundredths as f64 / 100.0),
            (Value::Whole(number), Of::Decimal) => json!(decimal(i128::from(*number) * 100)),
            (Value::Whole(number), _) => json!(number),
            (Value::Real(number), _) => json!(number),
            (Value::Date(day), _) => json!(day),
            (Value::Moment(moment), _) => json!(format!("{}Z", moment.format("%Y-%m-%dT%H:%M:%S%.6f"))),
            (Value::YesNo(yes), _) => json!(yes),
        };
        let fields: Map<String, Json> = self.fields.iter().map(|field| (field.name.to_owned(), value(field))).collect();
        Json::Object(fields)
    }

    /// Its schema.
    pub fn schema(&self, lang: Lang) -> RefOr<Schema> {
        let mut object = ObjectBuilder::new().schema_type(Type::Object);
        for field in self.fields {
            object = object.property(field.name, field.schema(lang)).required(field.name);
        }
        object.into()
    }

    /// An object as it may be.
    pub fn example(&self) -> Json {
        Json::Object(self.fields.iter().map(|field| (field.name.to_owned(), field.example())).collect())
    }

    /// The shapes within.
    pub fn inner(&self) -> impl Iterator<Item = &'static Shape> {
        self.fields.iter().filter_map(|field| match field.of {
            Of::List(shape) | Of::One(shape) => Some(shape),
            _ => None,
        })
    }
}

/// Hundredths as text.
pub fn decimal(fen: i128) -> String {
    format!("{}{}.{:02}", if fen < 0 { "-" } else { "" }, fen.abs() / 100, fen.abs() % 100)
}

/// Checks that a value is what a shape says, and nothing else. For tests.
#[cfg(test)]
pub fn fits(shape: &Shape, value: &Json) -> Result<(), String> {
    let object = value.as_object().ok_or_else(|| format!("{} is no object: {value}", shape.name))?;
    if object.len() != shape.fields.len() {
        return Err(format!("{} has other fields: {value}", shape.name));
    }
    for field in shape.fields {
        let value = object.get(field.name).ok_or_else(|| format!("{}.{} is not there", shape.name, field.name))?;
        let text = value.as_str().unwrap_or_default();
        let holds = match field.of {
            _ if value.is_null() => field.null,
            Of::Text => value.is_string(),
            Of::Choice(all) => all.contains(&text),
            Of::Decimal => {
                text.split_once('.').is_some_and(|(yuan, fen)| yuan.parse::<i128>().is_ok() && fen.len() == 2)
            }
            Of::Real => value.is_number(),
            Of::Whole => value.is_i64(),
            Of::Date => text.parse::<chrono::NaiveDate>().is_ok(),
            Of::Moment => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
            Of::YesNo => value.is_boolean(),
            Of::List(inner) => {
                let all = value.as_array().ok_or_else(|| format!("{}.{} is no list", shape.name, field.name))?;
                all.iter().try_for_each(|one| fits(inner, one))?;
                true
            }
            Of::One(inner) => {
                fits(inner, value)?;
                true
            }
        };
        if !holds {
            return Err(format!("{}.{} can't be {value}", shape.name, field.name));
        }
    }
    Ok(())
}
