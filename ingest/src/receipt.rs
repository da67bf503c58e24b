//! The receipt number of an attempt: eight letters that a clerk can quote on the phone.
//!
//! It is derived from the submission's id and stored nowhere, so ledgers of any age have it; `sql/staging/receipt.sql`
//! derives the same in SQL. Seven letters are data and the eighth checks them: one wrong letter, or two that changed
//! places, are noticed. Of a million attempts some twenty pairs share a number, so whoever looks a receipt up
//! gets every attempt that has it.

use std::fmt::{self, Write};
use std::str::FromStr;

use crate::form::form;
use crate::report::{Report, SliceOutcome, SliceReport};

/// Digits and capitals without those that are taken for others (0 O 1 I L). There are 31, a prime, so that the check letter
/// notices each single fault.
const ALPHABET: &[u8] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Letters of data.
const DATA: usize = 7;
/// How many receipts the terminal shows.
const SHOWN: usize = 20;

/// A receipt number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt(String);

/// Why a text is no receipt number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// Another number of letters.
    #[error("回执号有 8 个字符 / a receipt number has 8 letters, this has {0}")]
    Length(usize),
    /// A letter that none has.
    #[error("回执号里没有“{0}”，请核对 / no receipt number holds '{0}'; check it")]
    Letter(char),
    /// The check letter is another one.
    #[error(
        "回执号有误（校验位不符），请核对 / a letter of the receipt number is wrong: its check letter does not fit"
    )]
    Check,
}

impl Receipt {
    /// The receipt of an attempt.
    pub fn of(submission_id: &str) -> Receipt {
        // The last fourteen hex digits: in an id of version 7 they differ from attempt to attempt, the first ones tell the time.
        let digits: Vec<u32> =
            submission_id.chars().filter(char::is_ascii_hexdigit).filter_map(|c| c.to_digit(16)).collect();
        let tail = &digits[digits.len().saturating_sub(2 * DATA)..];
        let mut values: Vec<usize> = tail
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |sum, digit| sum * 16 + digit))
            .map(|byte| byte as usize % ALPHABET.len())
            .collect();
        values.push(check(&values));
        Receipt(values.into_iter().map(|value| ALPHABET[value] as char).collect())
    }
}

/// The check letter's value: each place has a weight of its own, so that letters that change places are noticed.
fn check(values: &[usize]) -> usize {
    values.iter().enumerate().map(|(place, value)| (place + 1) * value).sum::<usize>() % ALPHABET.len()
}

impl FromStr for Receipt {
    type Err = ReceiptError;

    /// Reads what was quoted: small letters, blanks and hyphens don't matter.
    fn from_str(text: &str) -> Result<Receipt, ReceiptError> {
        let letters: Vec<char> =
            text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
        if letters.len() != DATA + 1 {
            return Err(ReceiptError::Length(letters.len()));
        }
        let value = |letter: &char| {
            let place = ALPHABET.iter().position(|one| *one as char == *letter);
            place.ok_or(ReceiptError::Letter(*letter))
        };
        let values = letters.iter().map(value).collect::<Result<Vec<usize>, _>>()?;
        if check(&values[..DATA]) != values[DATA] {
            return Err(ReceiptError::Check);
        }
        Ok(Receipt(letters.into_iter().collect()))
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The receipts of a call for people, those of what was sent back first, and what corrections changed.
pub fn render(report: &Report, english: bool) -> String {
    let mut slices: Vec<(&SliceReport, &str)> = report
        .files
        .iter()
        .flat_map(|file| &file.slices)
        .filter_map(|slice| slice.receipt.as_deref().map(|receipt| (slice, receipt)))
        .collect();
    let rank = |slice: &SliceReport| match (slice.state, &slice.changes) {
        (SliceOutcome::Rejected, _) => 0,
        (_, Some(_)) => 1,
        _ => 2,
    };
    slices.sort_by_key(|(slice, _)| rank(slice));
    let mut out = String::new();
    if slices.is_empty() {
        return out;
    }
    out.push_str(if english { "\nReceipts:\n" } else { "\n回执号：\n" });
    for (slice, receipt) in slices.iter().take(SHOWN) {
        let heading = form(&slice.form).map_or(slice.form.as_str(), |form| form.heading.as_str());
        let (name, state) = match (slice.state, english) {
            (SliceOutcome::Accepted, true) => (&*slice.form, "accepted"),
            (SliceOutcome::Zero, true) => (&*slice.form, "reported as nothing"),
            (SliceOutcome::Rejected, true) => (&*slice.form, "rejected"),
            (SliceOutcome::Replaced, true) => (&*slice.form, "replaced"),
            (SliceOutcome::Unchanged, true) => (&*slice.form, "unchanged"),
            (SliceOutcome::Accepted, false) => (heading, "已接收"),
            (SliceOutcome::Zero, false) => (heading, "零报告"),
            (SliceOutcome::Rejected, false) => (heading, "已退回"),
            (SliceOutcome::Replaced, false) => (heading, "已被替换"),
            (SliceOutcome::Unchanged, false) => (heading, "未变"),
        };
        writeln!(out, "  {receipt}  {name} {} {}  {state}", slice.school_id, slice.period).expect("text grows");
        if let Some(changes) = &slice.changes {
            writeln!(out, "            {}", changes.sentence(english)).expect("text grows");
        }
    }
    if slices.len() > SHOWN {
        let more = slices.len() - SHOWN;
        let line = if english {
            format!("  … and {more} more (--report FILE.json has all)")
        } else {
            format!("  …… 另有 {more} 个（--report FILE.json 列出全部）")
        };
        writeln!(out, "{line}").expect("text grows");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190a5b2-7c3d-7e4f-8a1b-000102030405";

    #[test]
    fn a_receipt_is_worked_out_from_the_id_s_tail() {
        // 1b 00 01 02 03 04 05 → 27 0 1 2 3 4 5 → W 2 3 4 5 6 7; 1·27 + 2·0 + 3·1 + 4·2 + 5·3 + 6·4 + 7·5 = 112 = 3·31 + 19 → N.
        assert_eq!(ALPHABET[27] as char, 'W');
        assert_eq!(ALPHABET[19] as char, 'N');
        assert_eq!(Receipt::of(ID).to_string(), "W234567N");
    }

    #[test]
    fn what_is_quoted_is_read_whatever_its_case_and_blanks() {
        let known = Receipt::of(ID);
        for text in ["W234567N", "w234 567n", " W234-567N "] {
            assert_eq!(text.parse(), Ok(known.clone()), "{text}");
        }
    }

    #[test]
    fn one_wrong_letter_and_two_that_changed_places_are_noticed() {
        let right = b"W234567N";
        for place in 0..right.len() {
            for letter in ALPHABET.iter().filter(|letter| **letter != right[place]) {
                let mut wrong = *right;
                wrong[place] = *letter;
                let wrong = String::from_utf8_lossy(&wrong).into_owned();
                assert_eq!(wrong.parse::<Receipt>(), Err(ReceiptError::Check), "{wrong}");
            }
        }
        for place in 0..DATA - 1 {
            let mut wrong = *right;
            wrong.swap(place, place + 1);
            let wrong = String::from_utf8_lossy(&wrong).into_owned();
            assert_eq!(wrong.parse::<Receipt>(), Err(ReceiptError::Check), "{wrong}");
        }
    }

    #[test]
    fn what_can_t_be_one_says_why() {
        assert_eq!("W234567".parse::<Receipt>(), Err(ReceiptError::Length(7)));
        assert_eq!("W2345670".parse::<Receipt>(), Err(ReceiptError::Letter('0')));
        assert_eq!("回234567N".parse::<Receipt>(), Err(ReceiptError::Letter('回')));
    }
}
