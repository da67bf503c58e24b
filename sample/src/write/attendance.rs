//! A month's attendance: millions of rows, so written straight to text.

use std::fmt::Write;

use super::{Kept, rows};
use crate::books::group;

/// A school's rows.
pub fn csv(period: &str, (school, books): Kept<'_>) -> String {
    let month = books.months.iter().find(|month| month.name == period).expect("a month of the books");
    let classes: Vec<String> =
        school.classes.iter().enumerate().map(|(place, class)| format!("{},{}", class.id, group(place))).collect();
    let mut text = String::with_capacity(month.attendance.len() * 64);
    let mut day = (None, String::new());
    for row in &month.attendance {
        if day.0 != Some(row.day) {
            day = (Some(row.day), format!("{},{period},{}", school.id, row.day));
        }
        let (class, pupil) = (&classes[usize::from(row.class)], rows::pupil(school.index, row.pupil));
        writeln!(text, "{},{pupil},{class},{}", day.1, row.sessions).expect("text takes text");
    }
    text
}
