//! An accepted slice that was sent by mistake is taken back, with a reason: it is missing then, until it is sent again.
//!
//! The ledger gets a line of the state `withdrawn` that names the attempt in `replaces`; nothing that was sent before comes
//! back in its place. The reason stands among the stored issues of that line under the code [`CODE`], which every
//! warehouse has, and so on the school's page. Bytes that were accepted before still change nothing: a folder that is read
//! again must not undo a withdrawal. They are told to be withdrawn, and `--again` takes them.

use chrono::NaiveDate;
use datafusion::arrow::array::{Array, AsArray};
use uuid::Uuid;
use warehouse::Warehouse;
use warehouse::error::WarehouseError;
use warehouse::session::days;

use crate::accept::{IngestError, Known};
use crate::commit::commit_lines;
use crate::form::{Form, form};
use crate::issue::Issue;
use crate::ledger::history::by_receipt;
use crate::ledger::rows::quoted;
use crate::ledger::{Ledger, Line, SliceKey, State, issue_batch, issue_table, ledger_table, read};
use crate::receipt::Receipt;

/// The code under which a withdrawal's reason is stored.
pub const CODE: &str = "withdrawn";

/// Which slice is meant.
#[derive(Debug, Clone)]
pub enum Which {
    /// Form, school and period.
    Slice(SliceKey),
    /// The attempt of this receipt, as long as it is the one that counts.
    Receipt(Receipt),
}

/// Why nothing was withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawError {
    /// Nothing counts that could be taken back.
    #[error(
        "{form} {school_id} {period}: 没有已接收的报送，未作任何更改 / nothing was accepted that could be withdrawn; nothing changed"
    )]
    NothingStands {
        /// The form.
        form: String,
        /// The school.
        school_id: String,
        /// The period.
        period: String,
    },
    /// No attempt has the receipt.
    #[error("没有回执号为 {0} 的报送，未作任何更改 / there is no submission with the receipt {0}; nothing changed")]
    UnknownReceipt(Receipt),
    /// An attempt has the receipt, but another one counts, or none.
    #[error(
        "回执 {receipt} 的报送（{state}）不是现行有效的报送，未作任何更改 / the submission {receipt} ({state}) is not the one that counts; nothing changed"
    )]
    NotStanding {
        /// The receipt.
        receipt: Receipt,
        /// How the attempt ended.
        state: &'static str,
    },
    /// Two slices that count share the receipt.
    #[error(
        "回执号 {0} 有多份报送，请改用 --form、--school、--period / several submissions share the receipt {0}: name the slice by --form, --school and --period"
    )]
    SharedReceipt(Receipt),
    /// There is no reason.
    #[error("请说明撤回原因（--reason）/ say why, by --reason")]
    NoReason,
    /// The warehouse failed.
    #[error(transparent)]
    Warehouse(#[from] WarehouseError),
    /// The ledger could not be written.
    #[error(transparent)]
    Commit(#[from] IngestError),
}

/// What was taken back.
#[derive(Debug, Clone)]
pub struct Withdrawn {
    /// Its form.
    pub form: &'static Form,
    /// The slice.
    pub slice: SliceKey,
    /// The receipt of the attempt that was taken back.
    pub taken_back: Receipt,
    /// The receipt of the withdrawal itself.
    pub receipt: Receipt,
}

/// Takes a slice back as of a day. Where it fails, nothing is changed.
pub async fn withdraw(
    warehouse: &Warehouse,
    which: &Which,
    reason: &str,
    on: NaiveDate,
) -> Result<Withdrawn, WithdrawError> {
    let reason = crate::form::normal(reason);
    if reason.is_empty() {
        return Err(WithdrawError::NoReason);
    }
    let ledger = Ledger::open(warehouse).await?;
    let slice = match which {
        Which::Slice(slice) => slice.clone(),
        Which::Receipt(receipt) => of_receipt(warehouse, &ledger, receipt).await?,
    };
    let (Some(form), Some(standing)) = (form(&slice.form), ledger.standing(&slice)) else {
        let SliceKey { form, school_id, period } = slice;
        return Err(WithdrawError::NothingStands { form, school_id, period });
    };
    let about = about(warehouse, &standing.submission_id).await?;
    let id = Uuid::now_v7().to_string();
    let issue = Issue::warning(CODE, format!("已撤回，原因：{reason}"), format!("withdrawn: {reason}"));
    let line = Line {
        submission_id: id.clone(),
        slice: slice.clone(),
        state: State::Withdrawn,
        received_on: days(on),
        rows: 0,
        errors: 0,
        warnings: 1,
        replaces: Some(standing.submission_id.clone()),
        ..about
    };
    // The reason first: the ledger's line is what makes both count.
    if let Some(batch) = issue_batch(&id, &[issue]) {
        let mut writer = warehouse.writer(&issue_table()).await?;
        writer.write(batch).await?;
        warehouse.append(&issue_table(), writer.finish().await?).await?;
    }
    commit_lines(warehouse, None, &[line], Known::Again).await?;
    Ok(Withdrawn { form, slice, taken_back: Receipt::of(&standing.submission_id), receipt: Receipt::of(&id) })
}

/// The slice of the attempt that has the receipt and counts.
async fn of_receipt(warehouse: &Warehouse, ledger: &Ledger, receipt: &Receipt) -> Result<SliceKey, WithdrawError> {
    let attempts = by_receipt(warehouse, receipt).await?;
    let mut standing =
        attempts.iter().filter(|attempt| ledger.current(&attempt.slice) == Some(attempt.submission_id.as_str()));
    match (standing.next(), standing.next(), attempts.last()) {
        (Some(one), None, _) => Ok(one.slice.clone()),
        (Some(_), Some(_), _) => Err(WithdrawError::SharedReceipt(receipt.clone())),
        (None, _, Some(other)) => {
            Err(WithdrawError::NotStanding { receipt: receipt.clone(), state: other.state.code() })
        }
        (None, _, None) => Err(WithdrawError::UnknownReceipt(receipt.clone())),
    }
}

/// What the ledger says of an attempt's file and district, for the line that takes it back.
async fn about(warehouse: &Warehouse, submission_id: &str) -> Result<Line, WarehouseError> {
    let sql = format!(
        "select form, school_id, period, district_code, file_name, file_sha256, sheet, sender from facts.submission \
         where submission_id = {}",
        quoted(submission_id)
    );
    let batches = read(warehouse, &[ledger_table()], &sql).await?;
    let batch = batches.iter().find(|batch| batch.num_rows() > 0).expect("the ledger was just read and holds it");
    let text = |column: usize| {
        let texts = batch.column(column).as_string::<i32>();
        texts.is_valid(0).then(|| texts.value(0).to_owned())
    };
    let given = |column: usize| text(column).unwrap_or_default();
    Ok(Line {
        submission_id: submission_id.to_owned(),
        slice: SliceKey { form: given(0), school_id: given(1), period: given(2) },
        district_code: given(3),
        state: State::Accepted,
        file_name: given(4),
        file_sha256: given(5),
        sheet: text(6),
        sender: text(7),
        received_on: 0,
        received_at: 0,
        rows: 0,
        errors: 0,
        warnings: 0,
        replaces: None,
    })
}

/// What is told of bytes that change nothing because they were accepted before, where the slice was withdrawn since.
pub(crate) fn was_withdrawn(ledger: &Ledger, slice: &SliceKey) -> Option<Issue> {
    ledger.standing(slice).is_none().then(|| {
        Issue::warning(
            "was-withdrawn",
            "该报送曾被接收，后已撤回，目前为缺报；如确需按此文件重新报送，请用 --again 接收，或更正后报送。",
            "it was accepted before and has been withdrawn, so the slice is missing; to take this very file again use --again",
        )
    })
}
