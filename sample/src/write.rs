//! The files as schools, districts and the finance office would send them.

mod attendance;
mod bulk;
mod rows;
mod workbook;

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{Days, NaiveDate};
use encoding_rs::GB18030;
use rayon::prelude::*;

use crate::books::{Books, Month, day};
use crate::city::School;
use crate::{Format, Options, SampleError};
use rows::Sheet;

/// A school and its books.
pub type Kept<'a> = (&'a School, &'a Books);

/// A file that somebody sends.
pub struct File<'a> {
    /// When it is received: the folder that it lies in.
    received_on: NaiveDate,
    /// Its name.
    name: String,
    /// What is in it.
    content: Content<'a>,
}

/// What is in a file.
enum Content<'a> {
    /// One school's sheets for a period, behind a cover.
    Workbook { school: &'a School, period: String, sheets: Vec<&'static str>, books: &'a Books, is_first_try: bool },
    /// One form of many schools.
    Csv { form: &'static str, period: String, schools: Vec<Kept<'a>>, text: Text },
    /// The same as JSON rows.
    Json { form: &'static str, period: String, schools: Vec<Kept<'a>> },
}

/// How a CSV file's text is written down.
#[derive(Debug, Clone, Copy)]
enum Text {
    Utf8,
    Utf8WithBom,
    Gb18030,
}

/// Fen as yuan with two places.
pub fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// All that is sent.
pub fn files<'a>(schools: &'a [School], books: &'a [Books], months: &[String], options: &Options) -> Vec<File<'a>> {
    let kept: Vec<Kept<'a>> = schools.iter().zip(books).collect();
    let mut districts: Vec<&str> = schools.iter().map(|school| school.district.as_str()).collect();
    districts.dedup();
    let mut files = Vec::new();
    for (place, district) in districts.into_iter().enumerate() {
        let own: Vec<Kept<'a>> = kept.iter().filter(|(school, _)| school.district == district).copied().collect();
        let text = [Text::Utf8, Text::Gb18030, Text::Utf8WithBom][place % 3];
        files.extend(of_district(district, &own, months, text, options.format));
    }
    for (place, name) in months.iter().enumerate() {
        let paid = day_after(name, 8);
        let is_paid = |(_, books): &Kept<'_>| books.months[place].subsidy > 0;
        let schools = kept.iter().filter(|one| is_paid(one)).copied().collect();
        let content = Content::Json { form: "subsidy", period: name.clone(), schools };
        files.push(File { received_on: paid, name: format!("finance-subsidy-{name}.json"), content });
    }
    files
}

/// What a district sends for its schools, and what its schools send.
fn of_district<'a>(district: &str, own: &[Kept<'a>], months: &[String], text: Text, format: Format) -> Vec<File<'a>> {
    let csv = |form, period: &str, received_on, schools: Vec<Kept<'a>>| File {
        received_on,
        name: format!("{district}-{form}-{period}.csv"),
        content: Content::Csv { form, period: period.to_owned(), schools, text },
    };
    let bulk = format == Format::Csv;
    let mut files = vec![csv("school", "2019", day(2019, 9, 5), own.to_vec())];
    for (term, planned) in [("2019-2020-1", day(2019, 9, 10)), ("2019-2020-2", day(2020, 2, 10))] {
        let place = usize::from(term.ends_with("-2"));
        let owing: Vec<Kept<'a>> = own.iter().filter(|(school, _)| is_offering_or_primary(school)).copied().collect();
        // Nobody sends a plan before its steps are taken, and schools that started late send theirs late.
        let received = |kept: &Kept<'a>| {
            rows::plan_steps(kept, place).fold(planned, |latest, step| latest.max(step + Days::new(1)))
        };
        send(&mut files, "service_plan", term, &owing, bulk, received, &csv);
    }
    let reporting: Vec<Kept<'a>> = own.iter().filter(|(_, books)| !books.report.is_missing).copied().collect();
    let reported = |(_, books): &Kept<'a>| {
        let steps = [books.report.to_education_on, books.report.to_finance_on];
        steps.into_iter().flatten().fold(day(2020, 1, 20), |latest, step| latest.max(step + Days::new(1)))
    };
    send(&mut files, "annual_report", "2019", &reporting, bulk, reported, &csv);
    let asked: Vec<Kept<'a>> = own.iter().filter(|(school, _)| is_offering_or_primary(school)).copied().collect();
    let with_providers: Vec<Kept<'a>> =
        asked.iter().filter(|(_, books)| !books.providers.is_empty()).copied().collect();
    send(&mut files, "survey", "2019-2020-1", &asked, bulk, |_| day(2020, 2, 10), &csv);
    send(&mut files, "provider", "2019-2020-1", &with_providers, bulk, |_| day(2020, 2, 10), &csv);
    for (place, name) in months.iter().enumerate() {
        files.extend(of_month(district, own, place, name, text, bulk));
    }
    files
}

fn of_month<'a>(district: &str, own: &[Kept<'a>], place: usize, name: &str, text: Text, bulk: bool) -> Vec<File<'a>> {
    let month = |kept: &Kept<'a>| -> &'a Month { &kept.1.months[place] };
    let sent_on = day_after(name, 8);
    let csv = |form, received_on, schools: Vec<Kept<'a>>| File {
        received_on,
        name: format!("{district}-{form}-{name}.csv"),
        content: Content::Csv { form, period: name.to_owned(), schools, text },
    };
    let mut files = Vec::new();
    let offering: Vec<Kept<'a>> = own.iter().filter(|kept| !month(kept).days.is_empty()).copied().collect();
    let rostered: Vec<Kept<'a>> =
        own.iter().filter(|kept| kept.0.is_primary() || !month(kept).days.is_empty()).copied().collect();
    if !offering.is_empty() {
        let remitted = offering.iter().flat_map(|kept| &month(kept).receipts).filter_map(|receipt| receipt.remitted_on);
        let charges_on = remitted.fold(sent_on, |latest, step| latest.max(step + Days::new(1)));
        files.push(csv("attendance", sent_on, offering.clone()));
        files.push(csv("charge", charges_on, offering.clone()));
    }
    let complained: Vec<Kept<'a>> = own.iter().filter(|kept| !month(kept).cases.is_empty()).copied().collect();
    if !complained.is_empty() {
        files.push(csv("inspection", day_after(name, 9), complained));
    }
    let disclosed_on = |kept: &Kept<'a>| {
        let steps = month(kept).ledger.iter().filter_map(|line| line.disclosed_on);
        // Some schools are always late.
        let sent_on = if kept.0.index % 11 == 6 { day_after(name, 15) } else { sent_on };
        steps.fold(sent_on, |latest, step| latest.max(step + Days::new(1)))
    };
    if bulk {
        if !rostered.is_empty() {
            files.push(csv("class_roster", sent_on, rostered));
        }
        for form in ["group_session", "fund_ledger", "staff_work"] {
            if !offering.is_empty() {
                let received = offering.iter().map(disclosed_on).max().unwrap_or(sent_on);
                files.push(csv(form, received, offering.clone()));
            }
        }
        return files;
    }
    for kept in rostered {
        let (school, books) = kept;
        let is_offering = !month(&kept).days.is_empty();
        let sheets = if is_offering {
            vec!["class_roster", "group_session", "fund_ledger", "staff_work"]
        } else {
            vec!["class_roster"]
        };
        let workbook = |received_on, is_first_try| File {
            received_on,
            name: format!("{}-{name}.xlsx", school.id),
            content: Content::Workbook { school, period: name.to_owned(), sheets: sheets.clone(), books, is_first_try },
        };
        let received = disclosed_on(&kept);
        // Some find a mistake in October's workbook and send it again.
        if is_offering && school.index % 23 == 4 && name == "2019-10" {
            files.push(workbook(received, true));
            files.push(workbook(received + Days::new(5), false));
        } else {
            files.push(workbook(received, false));
        }
    }
    files
}

/// One form of schools that each send it when it is done, or all of them in one file.
fn send<'a>(
    files: &mut Vec<File<'a>>,
    form: &'static str,
    period: &str,
    schools: &[Kept<'a>],
    bulk: bool,
    received: impl Fn(&Kept<'a>) -> NaiveDate,
    csv: &impl Fn(&'static str, &str, NaiveDate, Vec<Kept<'a>>) -> File<'a>,
) {
    if bulk {
        if let Some(received_on) = schools.iter().map(received).max() {
            files.push(csv(form, period, received_on, schools.to_vec()));
        }
        return;
    }
    for kept in schools {
        let content = Content::Workbook {
            school: kept.0,
            period: period.to_owned(),
            sheets: vec![form],
            books: kept.1,
            is_first_try: false,
        };
        let name = format!("{}-{form}-{period}.xlsx", kept.0.id);
        files.push(File { received_on: received(kept), name, content });
    }
}

fn is_offering_or_primary(school: &School) -> bool {
    school.is_primary() || school.started_on.is_some()
}

/// A day of the month after a month.
fn day_after(month: &str, number: u32) -> NaiveDate {
    let first: NaiveDate = format!("{month}-01").parse().expect("a month");
    (first + chrono::Months::new(1)) + Days::new(u64::from(number) - 1)
}

/// Writes the files below a folder.
pub fn write(inbox: &Path, files: &[File<'_>], progress: &(dyn Fn(usize, usize) + Sync)) -> Result<(), SampleError> {
    let done = AtomicUsize::new(0);
    files.par_iter().try_for_each(|file| {
        let folder = inbox.join(file.received_on.to_string());
        let path = folder.join(&file.name);
        let failed = |source| SampleError::io(&path, source);
        fs::create_dir_all(&folder).map_err(failed)?;
        match &file.content {
            Content::Workbook { school, period, sheets, books, is_first_try } => {
                let sheets: Vec<Sheet> = sheets
                    .iter()
                    .map(|form| {
                        let mut sheet = rows::sheet(form, period, (school, books));
                        if *is_first_try && *form == "fund_ledger" {
                            sheet.spoil();
                        }
                        sheet
                    })
                    .collect();
                fs::write(&path, workbook::bytes(school, period, &sheets)?).map_err(failed)?;
            }
            Content::Csv { form, period, schools, text } => {
                let mut out = BufWriter::with_capacity(1 << 20, fs::File::create(&path).map_err(failed)?);
                csv_file(&mut out, form, period, schools, *text).and_then(|()| out.flush()).map_err(failed)?;
            }
            Content::Json { form, period, schools } => {
                fs::write(&path, bulk::json(form, period, schools)).map_err(failed)?;
            }
        }
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, files.len());
        Ok(())
    })
}

/// A CSV file of many schools, one school's text after the other.
fn csv_file(out: &mut impl Write, form: &str, period: &str, schools: &[Kept<'_>], text: Text) -> std::io::Result<()> {
    let mut put = |part: &str| match text {
        Text::Gb18030 => out.write_all(&GB18030.encode(part).0),
        Text::Utf8 | Text::Utf8WithBom => out.write_all(part.as_bytes()),
    };
    if matches!(text, Text::Utf8WithBom) {
        put("\u{feff}")?;
    }
    put(&bulk::headings(form))?;
    for kept in schools {
        if form == "attendance" {
            put(&attendance::csv(period, *kept))?;
        } else {
            put(&bulk::csv(form, period, *kept))?;
        }
    }
    Ok(())
}
