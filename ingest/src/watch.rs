//! A drop folder: what lies in it is ingested, and put away once its slices are committed.
//!
//! A file is taken when two looks some time apart found it unchanged; all that are found so go into one call, in the order in
//! which they came. A file whose slices were all accepted goes to `done/<date>/`, any other to `rejected/<date>/` with its
//! report beside it. A kill between commit and move is harmless: the file is taken again, and the same bytes change nothing.
//!
//! The reports in the folder hold no value of any cell. They name sheet, row and heading, and the file lies beside them; a
//! column that slipped would put persons' numbers under any heading, and a drop folder has many readers.

mod inbox;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::sync::watch::Receiver;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::step;

pub use self::inbox::Inbox;
use self::inbox::Seen;
use crate::accept::{IngestError, Known, Options, Order, Purpose, ingest};
use crate::form::{PERIOD_HEADING, SCHOOL_HEADING, forms};
use crate::issue::Issue;
use crate::keys::Keys;
use crate::report::{FileReport, Language, Report, Verdict};

/// So many files go into one call at most.
const TOGETHER: usize = 1000;
/// The longest wait after something failed.
const LONGEST: Duration = Duration::from_secs(60);

/// What keeps a folder from being watched. What happens later never ends the watch.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The folder and the warehouse, or its keys, lie in each other.
    #[error("{0} and the warehouse or its keys lie in one another: watch a folder of its own")]
    Overlap(String),
    /// There is no such folder.
    #[error("{path} is no folder to watch: {source}")]
    Folder {
        /// The path.
        path: PathBuf,
        /// The fault below.
        #[source]
        source: std::io::Error,
    },
    /// The object store can't be used.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
}

/// What a watch tells while it works. It never tells what stands in a cell.
#[derive(Debug)]
pub enum News<'a> {
    /// A file was put away.
    PutAway {
        /// Its name in the folder.
        name: &'a str,
        /// What became of it.
        verdict: Verdict,
        /// Its new name.
        to: &'a str,
    },
    /// A file changed while it was read; it stays and is taken again.
    Changed {
        /// Its name in the folder.
        name: &'a str,
    },
    /// Something failed; it is tried again after a while.
    Failed {
        /// What.
        why: &'a str,
    },
}

/// Watches until `stop` says so; what was begun by then is brought to its end.
pub async fn watch(
    warehouse: &Warehouse,
    keys_folder: &Path,
    inbox: &Inbox,
    options: &Options,
    settle: Duration,
    mut stop: Receiver<bool>,
    tell: &(dyn Fn(News<'_>) + Sync),
) -> Result<(), WatchError> {
    inbox.keep_apart(warehouse, keys_folder)?;
    // Files that came one after another count in that order, whatever their names. `Again` would take twice what a kill left.
    let options = Options { order: Order::Given, known: Known::Skip, purpose: Purpose::Accept, ..options.clone() };
    let pause = (settle / 2).clamp(Duration::from_millis(50), Duration::from_secs(5));
    let mut waiting: HashMap<String, (Seen, Instant)> = HashMap::new();
    let mut failures = 0;
    while !*stop.borrow() {
        let found = inbox.look().await.map_err(|error| error.to_string());
        let done = match found {
            Ok(found) => {
                let ready = settled(found, &mut waiting, settle);
                if ready.is_empty() {
                    Ok(false)
                } else {
                    take(warehouse, keys_folder, inbox, &options, ready, tell).await
                }
            }
            Err(why) => Err(why),
        };
        let wait = match done {
            Ok(_) => {
                failures = 0;
                pause
            }
            Err(why) => {
                tell(News::Failed { why: &why });
                failures += 1;
                (pause * 2u32.saturating_pow(failures)).min(LONGEST)
            }
        };
        tokio::select! {
            _ = stop.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    Ok(())
}

/// The files that two looks found unchanged, in the order in which they came.
fn settled(found: Vec<Seen>, waiting: &mut HashMap<String, (Seen, Instant)>, settle: Duration) -> Vec<Seen> {
    let now = Instant::now();
    let mut next = HashMap::with_capacity(found.len());
    for seen in found {
        let since = match waiting.remove(&seen.name) {
            Some((before, since)) if before == seen => since,
            _ => now,
        };
        next.insert(seen.name.clone(), (seen, since));
    }
    *waiting = next;
    let ready = waiting.values().filter(|(_, since)| now.duration_since(*since) >= settle);
    let mut ready: Vec<Seen> = ready.map(|(seen, _)| seen.clone()).collect();
    ready.sort_by(|one, other| (one.modified, &one.name).cmp(&(other.modified, &other.name)));
    ready.truncate(TOGETHER);
    ready
}

/// Ingests files in one call and puts them away. Gives whether there was anything.
async fn take(
    warehouse: &Warehouse,
    keys_folder: &Path,
    inbox: &Inbox,
    options: &Options,
    ready: Vec<Seen>,
    tell: &(dyn Fn(News<'_>) + Sync),
) -> Result<bool, String> {
    // A key may be rotated while the watch runs.
    let keys = Keys::in_force(warehouse, keys_folder).await.map_err(|error| error.to_string())?;
    let mut files: Vec<(PathBuf, Seen)> = Vec::with_capacity(ready.len());
    for seen in ready {
        match inbox.fetch(&seen).await {
            Ok(path) => files.push((path, seen)),
            // Another watch was quicker, or nobody may read it.
            Err(error) => tell(News::Failed { why: &format!("{}: {error}", seen.name) }),
        }
    }
    let today = chrono::Local::now().date_naive().to_string();
    let report = loop {
        if files.is_empty() {
            return Ok(false);
        }
        let paths: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
        match ingest(warehouse, &keys, &paths, options, &|_| ()).await {
            Ok(report) => break report,
            // Gone or unreadable: the others don't wait for it.
            Err(IngestError::Path { path, source }) => {
                let before = files.len();
                files.retain(|(found, _)| *found != path);
                if files.len() == before {
                    return Err(format!("{}: {source}", path.display()));
                }
                tell(News::Failed { why: &format!("{}: {source}", path.display()) });
            }
            Err(error) => return Err(error.to_string()),
        }
    };
    step::reached("watch.committed");
    let mut reports = report.files;
    for (path, seen) in files {
        // An archive has a report for each of its files.
        let (mut own, rest): (Vec<FileReport>, Vec<FileReport>) =
            reports.into_iter().partition(|file| Path::new(&file.file).starts_with(&path));
        reports = rest;
        for file in &mut own {
            let inner = Path::new(&file.file).strip_prefix(&path).expect("asked above").to_path_buf();
            let whole = inner.as_os_str().is_empty();
            file.file = if whole { seen.name.clone() } else { format!("{}/{}", seen.name, inner.display()) };
        }
        let Some(verdict) = together(&own) else { continue };
        let kind = if verdict == Verdict::Accepted { "done" } else { "rejected" };
        let name = inbox.free_name(kind, &today, &seen.name).await.map_err(|error| error.to_string())?;
        if verdict != Verdict::Accepted {
            // The report first: a file that was put away has one.
            for (ending, text) in reports_of(own) {
                inbox.put(&format!("{name}{ending}"), text.into_bytes()).await.map_err(|error| error.to_string())?;
            }
        }
        put_away(inbox, &seen, verdict, &name, tell).await?;
        inbox.forget(&path);
        step::reached("watch.moved");
    }
    Ok(true)
}

/// The verdict of files that came as one; none where there are none.
fn together(files: &[FileReport]) -> Option<Verdict> {
    let all = |verdict: Verdict| files.iter().all(|file| file.verdict == verdict);
    let one = [Verdict::Accepted, Verdict::Rejected, Verdict::Unreadable].into_iter().find(|verdict| all(*verdict));
    (!files.is_empty()).then(|| one.unwrap_or(Verdict::Partly))
}

async fn put_away(
    inbox: &Inbox,
    seen: &Seen,
    verdict: Verdict,
    to: &str,
    tell: &(dyn Fn(News<'_>) + Sync),
) -> Result<(), String> {
    match inbox.rename(seen, to).await {
        Ok(true) => tell(News::PutAway { name: &seen.name, verdict, to }),
        Ok(false) => tell(News::Changed { name: &seen.name }),
        Err(error) => return Err(format!("{}: {error}", seen.name)),
    }
    Ok(())
}

/// A file's report for people and for programs, without what stands in the cells.
fn reports_of(mut files: Vec<FileReport>) -> [(&'static str, String); 2] {
    for file in &mut files {
        for issue in file.issues.iter_mut().chain(file.slices.iter_mut().flat_map(|slice| &mut slice.issues)) {
            conceal(issue);
        }
    }
    let report = Report { files };
    let json = serde_json::to_string_pretty(&report).expect("a report is plain data");
    let text = format!(
        "{}\n{}\n本报告不含任何单元格的内容：请按工作表、行号和表头在文件中核对，改正后重新放入。\n\
         No cell's value stands in this report: look up sheet, row and heading in the file, mend it, and drop it again.\n",
        report.render(Language::Zh),
        report.render(Language::En)
    );
    [(".report.txt", text), (".report.json", json)]
}

/// Takes out what stands in the cell, and a heading that no form knows: where a row of data was taken for the headings, it is
/// a cell too.
fn conceal(issue: &mut Issue) {
    let known = |text: &str| {
        let columns = forms().iter().flat_map(|form| &form.columns).map(|column| column.heading.as_str());
        columns.chain([SCHOOL_HEADING, PERIOD_HEADING]).any(|heading| heading == text)
    };
    let heading = issue.column.take_if(|heading| !known(heading));
    for cell in [issue.value.take(), heading].into_iter().flatten().filter(|cell| !cell.is_empty()) {
        for message in [&mut issue.message_zh, &mut issue.message_en] {
            *message = message.replace(&cell, "…");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(name: &str, size: u64, modified: i64) -> Seen {
        Seen { name: name.to_owned(), size, modified, tag: String::new() }
    }

    #[test]
    fn a_report_in_the_folder_holds_no_cell() {
        let slipped = "88201904417";
        let unknown =
            Issue::warning("unknown-column", format!("没有“{slipped}”这一列"), format!("no column {slipped}"));
        let issues = vec![
            unknown.at(1, slipped),
            Issue::error("value", "应填整数", "a number").at(2, "金额").with_value(slipped),
        ];
        let file = FileReport::new("a.csv".to_owned(), String::new(), true, issues, Vec::new());
        for (_, text) in reports_of(vec![file]) {
            assert!(!text.contains(slipped), "{text}");
            assert!(text.contains("金额") && text.contains("应填整数"), "{text}");
        }
    }

    #[test]
    fn a_file_is_taken_when_two_looks_found_it_unchanged_and_in_the_order_in_which_it_came() {
        let mut waiting = HashMap::new();
        let names = |ready: Vec<Seen>| ready.into_iter().map(|seen| seen.name).collect::<Vec<_>>();
        let settle = Duration::from_millis(20);
        let first = settled(vec![seen("b", 1, 5), seen("a", 1, 9), seen("c", 1, 7)], &mut waiting, settle);
        assert_eq!(names(first), Vec::<String>::new());
        std::thread::sleep(settle);
        // b came before a; c grew meanwhile, and d is new.
        let next = vec![seen("a", 1, 9), seen("b", 1, 5), seen("c", 2, 8), seen("d", 1, 1)];
        assert_eq!(names(settled(next, &mut waiting, settle)), vec!["b", "a"]);
    }
}
