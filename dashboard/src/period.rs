//! Which periods belong to a month that was chosen. This picks what a page shows; figures come from the calendar, in SQL.

/// The month, its term, its calendar year and the year before: where a figure of a month is looked for, in this order.
pub fn around(month: &str) -> Vec<String> {
    let Some((year, number)) = parse(month) else { return vec![month.to_owned()] };
    let term = match number {
        9.. => format!("{year}-{}-1", year + 1),
        1 => format!("{}-{year}-1", year - 1),
        _ => format!("{}-{year}-2", year - 1),
    };
    let term_before = match number {
        9.. => format!("{}-{year}-2", year - 1),
        1 => format!("{}-{}-2", year - 2, year - 1),
        _ => format!("{}-{year}-1", year - 1),
    };
    vec![month.to_owned(), term, year.to_string(), term_before, (year - 1).to_string()]
}

/// Whether a text is a month such as `2019-09`.
pub fn is_month(text: &str) -> bool {
    parse(text).is_some()
}

fn parse(month: &str) -> Option<(i32, u32)> {
    let (year, number) = month.split_once('-')?;
    let fits = year.len() == 4 && number.len() == 2;
    let (year, number) = (year.parse().ok()?, number.parse().ok()?);
    (fits && (1..=12).contains(&number) && year > 1900).then_some((year, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_its_term_and_year() {
        assert_eq!(around("2019-09"), ["2019-09", "2019-2020-1", "2019", "2018-2019-2", "2018"]);
        assert_eq!(around("2020-01"), ["2020-01", "2019-2020-1", "2020", "2018-2019-2", "2019"]);
        assert_eq!(around("2020-02"), ["2020-02", "2019-2020-2", "2020", "2019-2020-1", "2019"]);
    }

    #[test]
    fn a_month_is_known() {
        assert!(is_month("2019-09"));
        for text in ["2019-13", "2019", "2019-9", "2019-Q4", "2019-2020-1", "'; drop"] {
            assert!(!is_month(text), "{text}");
        }
    }
}
