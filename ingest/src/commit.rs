//! Lines enter the ledger in one order, whoever writes them and whatever their clocks say.
//!
//! Each commit is made from the ledger that it follows, and is refused where another one came in between; then it is made
//! anew. So `received_at` grows with every line, `replaces` names the line that really counted before, bytes that another
//! process accepted meanwhile change nothing, and persons that were hashed with a key that is no longer in force stay out.

use std::collections::BTreeSet;

use datafusion::arrow::array::RecordBatch;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::table::Mark;

use crate::accept::{IngestError, Known};
use crate::forget::is_closed;
use crate::form::form;
use crate::keys::{KeyError, Keys, MARK};
use crate::ledger::{Ledger, Line, State, ledger_batch, ledger_table};

/// Commits lines in their order, with `received_at` and `replaces` as the ledger has it in that moment. Gives the ids of
/// those that were left out because the same bytes were accepted for their slice meanwhile. `keys` are those that persons of
/// these lines were hashed with, if there are any.
pub async fn commit_lines(
    warehouse: &Warehouse,
    keys: Option<&Keys>,
    lines: &[Line],
    known: Known,
) -> Result<BTreeSet<String>, IngestError> {
    let mut before: Option<Following> = None;
    loop {
        let mut ledger = Ledger::open(warehouse).await?;
        // A commit whose answer was lost looks like another one's; it is known by its lines.
        let ours = |before: &mut Following| before.lines.first().is_some_and(|line| ledger.holds(&line.submission_id));
        if let Some(before) = before.take_if(ours) {
            return Ok(before.left_out);
        }
        let mark = match keys {
            Some(keys) => (!fence(warehouse, keys, ledger.version).await?).then(|| mark(keys)),
            None => None,
        };
        let erasure = warehouse.erasure(&ledger_table(), ledger.version).await?;
        let is_of_closed = |line: &&Line| {
            line.state != State::Rejected
                && form(&line.slice.form).is_some_and(|form| is_closed(erasure, form, &line.slice.period))
        };
        if let Some(line) = lines.iter().find(is_of_closed) {
            return Err(IngestError::Closed(line.slice.period.clone()));
        }
        let following = follow(&mut ledger, lines, known);
        if following.lines.is_empty() {
            return Ok(following.left_out);
        }
        if commit_at(warehouse, ledger.version, ledger_batch(&following.lines), mark).await? {
            return Ok(following.left_out);
        }
        before = Some(following);
    }
}

/// Commits lines right after a version of the ledger; `false` where another commit came first.
pub async fn commit_at(
    warehouse: &Warehouse,
    version: u64,
    lines: RecordBatch,
    mark: Option<Mark>,
) -> Result<bool, WarehouseError> {
    let mut writer = warehouse.writer(&ledger_table()).await?;
    if lines.num_rows() > 0 {
        writer.write(lines).await?;
    }
    match warehouse.append_at(&ledger_table(), version, writer.finish().await?, mark).await {
        Ok(_) => Ok(true),
        Err(WarehouseError::Moved { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The mark that says that this key is in force.
pub fn mark(keys: &Keys) -> Mark {
    Mark { name: MARK, value: keys.fingerprint() }
}

/// Fails where another key for persons' numbers is in force at this version of the ledger. Tells whether the ledger names one.
pub async fn fence(warehouse: &Warehouse, keys: &Keys, version: u64) -> Result<bool, IngestError> {
    match warehouse.mark(&ledger_table(), version, MARK).await? {
        Some(mark) if mark != keys.fingerprint() => Err(KeyError::Rotated.into()),
        mark => Ok(mark.is_some()),
    }
}

/// The first moment that a line may carry after this ledger: the clock's, or just after the last line where a clock was ahead.
pub fn next_moment(ledger: &Ledger) -> i64 {
    chrono::Utc::now().timestamp_micros().max(ledger.last_at + 1)
}

/// What is to be committed after a ledger.
#[derive(Debug, Default)]
struct Following {
    lines: Vec<Line>,
    left_out: BTreeSet<String>,
}

/// The lines as they follow a ledger, which they are noted in.
fn follow(ledger: &mut Ledger, lines: &[Line], known: Known) -> Following {
    let first = next_moment(ledger);
    // What counts is what others accepted: a call may well give one slice in two files of the same bytes.
    let accepted = |line: &Line| {
        known == Known::Skip && ledger.file(&line.file_sha256).is_some_and(|file| file.accepted.contains(&line.slice))
    };
    let (left_out, lines): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| accepted(line));
    let mut following = Following {
        lines: Vec::with_capacity(lines.len()),
        left_out: left_out.into_iter().map(|line| line.submission_id.clone()).collect(),
    };
    for line in lines {
        let replaces = ledger.current(&line.slice).filter(|_| line.state != State::Rejected).map(str::to_owned);
        let received_at = first + following.lines.len() as i64;
        ledger.note(&line.slice, line.state, &line.file_sha256, &line.submission_id, received_at);
        following.lines.push(Line { received_at, replaces, ..line.clone() });
    }
    following
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::SliceKey;

    fn slice(school: &str) -> SliceKey {
        SliceKey { form: "charge".to_owned(), school_id: school.to_owned(), period: "2019-09".to_owned() }
    }

    fn line(id: &str, school: &str, state: State, sha256: &str) -> Line {
        Line {
            submission_id: id.to_owned(),
            slice: slice(school),
            district_code: String::new(),
            state,
            file_name: String::new(),
            file_sha256: sha256.to_owned(),
            sheet: None,
            sender: None,
            received_on: 0,
            received_at: 0,
            rows: 0,
            errors: 0,
            warnings: 0,
            replaces: Some("stale".to_owned()),
        }
    }

    /// A ledger in which another process, whose clock is a day ahead, accepted bytes `x` for school 1.
    fn ahead() -> Ledger {
        let mut ledger = Ledger::default();
        let tomorrow = chrono::Utc::now().timestamp_micros() + 86_400_000_000;
        ledger.note(&slice("1"), State::Accepted, "x", "theirs", tomorrow);
        ledger.last_at = tomorrow;
        ledger
    }

    #[test]
    fn lines_come_after_all_lines_that_are_there_whatever_the_clock_says() {
        let mut ledger = ahead();
        let last = ledger.last_at;
        let ours = [line("a", "1", State::Accepted, "y"), line("b", "1", State::Accepted, "z")];
        let following = follow(&mut ledger, &ours, Known::Skip);
        let told: Vec<_> =
            following.lines.iter().map(|line| (line.received_at - last, line.replaces.as_deref())).collect();
        assert_eq!(told, vec![(1, Some("theirs")), (2, Some("a"))]);
    }

    #[tokio::test]
    async fn lines_hashed_with_a_key_that_is_not_in_force_stay_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let location = folder.path().join("warehouse").display().to_string();
        let warehouse = Warehouse::create(&location, |_| "nobody".to_owned()).await.expect("made");
        crate::ledger::ensure_facts(&warehouse).await.expect("made");
        let [old, new] = [[1; 32], [2; 32]].map(|person| Keys { person });
        let lines = |id: &str| [line(id, "1", State::Accepted, id)];
        commit_lines(&warehouse, Some(&old), &lines("first"), Known::Skip).await.expect("the first key is in force");
        commit_lines(&warehouse, Some(&old), &lines("second"), Known::Skip).await.expect("and stays so");
        let version = Ledger::open(&warehouse).await.expect("read").version;
        let refused = commit_lines(&warehouse, Some(&new), &lines("other"), Known::Skip).await;
        assert!(matches!(refused, Err(IngestError::Keys(KeyError::Rotated))));
        // Many commits later the mark still stands: checkpoints keep it.
        let nothing = || RecordBatch::new_empty(crate::ledger::ledger_schema());
        for version in version..version + 120 {
            assert!(commit_at(&warehouse, version, nothing(), None).await.expect("committed"));
        }
        assert!(!commit_at(&warehouse, version, nothing(), None).await.expect("refused"), "another commit came first");
        assert!(
            std::fs::exists(folder.path().join("warehouse/tables/facts/submission/_delta_log/_last_checkpoint"))
                .expect("looked")
        );
        let last = Ledger::open(&warehouse).await.expect("read").version;
        assert!(commit_at(&warehouse, last, nothing(), Some(mark(&new))).await.expect("committed"));
        let refused = commit_lines(&warehouse, Some(&old), &lines("late"), Known::Skip).await;
        assert!(matches!(refused, Err(IngestError::Keys(KeyError::Rotated))));
        commit_lines(&warehouse, Some(&new), &lines("third"), Known::Skip).await.expect("the new key is in force");
        let ledger = Ledger::open(&warehouse).await.expect("read");
        assert_eq!(
            ["first", "second", "third", "other", "late"].map(|id| ledger.holds(id)),
            [true, true, true, false, false]
        );
    }

    #[test]
    fn bytes_that_another_process_accepted_meanwhile_change_nothing() {
        let ours = [
            line("same", "1", State::Accepted, "x"),
            line("bad", "1", State::Rejected, "q"),
            line("else", "2", State::Zero, "x"),
        ];
        let following = follow(&mut ahead(), &ours, Known::Skip);
        let kept: Vec<_> =
            following.lines.iter().map(|line| (line.submission_id.as_str(), line.replaces.as_deref())).collect();
        assert_eq!(kept, vec![("bad", None), ("else", None)]);
        assert_eq!(following.left_out, BTreeSet::from(["same".to_owned()]));
        assert_eq!(follow(&mut ahead(), &ours, Known::Again).lines.len(), 3);
    }
}
