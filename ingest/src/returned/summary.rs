//! The sheet 问题汇总: the verdict, what was found by cause, and each place with what is wrong there and how to mend it.

use super::marks::guarded;
use super::styles::{Look, Styles};
use super::xml::{place, text, text_cell};
use crate::form::{Severity, form};
use crate::issue::Issue;
use crate::report::cause::{Cause, count};
use crate::report::{FileReport, Language, SliceOutcome, Verdict, short};

/// How many places the table lists; of many causes each gets its share.
const PLACES: usize = 3000;
/// How many slices are listed.
const SLICES: usize = 60;
/// The columns' widths: 级别, 工作表, 行, 列, 填的内容, 问题, 怎样改.
const WIDTHS: [u32; 7] = [8, 22, 8, 20, 24, 58, 50];

/// What the summary says, as rows of cells.
#[derive(Default)]
pub struct Summary {
    rows: Vec<Row>,
    merged: Vec<String>,
    links: Vec<(String, String)>,
}

struct Row {
    cells: Vec<(u32, Look, String)>,
    height: Option<u32>,
}

/// Where a link leads: a cell of a sheet of the same workbook.
pub type Leads<'a> = &'a dyn Fn(&Issue) -> Option<String>;

impl Summary {
    /// The summary of files. `leads` says where a place is to be found in the workbook, `notes` what was bounded in it.
    pub fn of(files: &[&FileReport], leads: Leads<'_>, notes: &[String]) -> Summary {
        let mut summary = Summary::default();
        for (at, file) in files.iter().enumerate() {
            if at > 0 {
                summary.blank();
            }
            summary.file(file, leads, if at == 0 { notes } else { &[] }, PLACES / files.len());
        }
        summary
    }

    fn row(&mut self, cells: Vec<(u32, Look, String)>, height: Option<u32>) -> u32 {
        self.rows.push(Row { cells, height });
        u32::try_from(self.rows.len()).expect("the summary is bounded")
    }

    fn blank(&mut self) {
        self.row(Vec::new(), None);
    }

    /// A line over the whole width.
    fn wide(&mut self, look: Look, said: String) {
        let width: u32 = WIDTHS.iter().sum();
        let lines = said.lines().map(|line| wide(line) / (width - 10) + 1).sum::<u32>();
        let line = match look {
            Look::Title => 28,
            Look::Bad | Look::Good => 24,
            _ => 18,
        };
        let mut cells = vec![(0, look, said)];
        cells.extend((1..7).map(|column| (column, look, String::new())));
        let row = self.row(cells, Some(lines * line));
        self.merged.push(format!("A{row}:G{row}"));
    }

    /// A row of the seven columns.
    fn seven(&mut self, looks: [Look; 7], cells: [String; 7]) -> u32 {
        let lines = cells
            .iter()
            .zip(WIDTHS)
            .map(|(cell, width)| cell.lines().map(|line| wide(line) * 96 / (width * 100) + 1).sum::<u32>());
        let height = lines.max().unwrap_or(1).clamp(1, 20) * 16 + 4;
        let cells = (0u32..).zip(looks).zip(cells).map(|((column, look), text)| (column, look, text)).collect();
        self.row(cells, Some(height))
    }

    fn file(&mut self, file: &FileReport, leads: Leads<'_>, notes: &[String], most: usize) {
        let causes = file.causes();
        let (errors, warnings) = (count(&causes, Severity::Error), count(&causes, Severity::Warning));
        let name = file.file.rsplit(['/', '\\']).next().unwrap_or(&file.file);
        self.wide(Look::Title, format!("问题汇总：{}", guarded(name)));
        let look = if errors > 0 || file.verdict != Verdict::Accepted { Look::Bad } else { Look::Good };
        self.wide(look, verdict(file.verdict, errors, warnings));
        self.wide(
            Look::Hint,
            "怎样做：红底的单元格是错误，必须改正；黄底的是提醒，请核对，无误的不必改。每行的问题写在表右侧“错误说明”一列，\
             鼠标停在单元格上也能看到。点下表中蓝色的“行”“列”可跳到该处。改好后把本文件直接重新报送，本表和“错误说明”列不必删除。"
                .to_owned(),
        );
        for note in notes {
            self.wide(Look::Hint, note.clone());
        }
        self.slices(file);
        if causes.is_empty() {
            return;
        }
        self.blank();
        self.by_cause(&causes);
        self.blank();
        self.places(&causes, leads, most);
    }

    fn slices(&mut self, file: &FileReport) {
        if file.slices.is_empty() {
            return;
        }
        self.blank();
        let head = ["结果", "报表", "行数", "统计期", "学校标识码", "说明", ""].map(str::to_owned);
        let row = self.seven([Look::Head; 7], head);
        self.merged.push(format!("F{row}:G{row}"));
        let mut slices: Vec<_> = file.slices.iter().collect();
        slices.sort_by_key(|slice| slice.state != SliceOutcome::Rejected);
        for slice in slices.iter().take(SLICES) {
            let (look, word, says) = match slice.state {
                SliceOutcome::Rejected => (Look::Error, "退回", "有错误，本期数据没有计入，请改正后重新报送。"),
                SliceOutcome::Accepted => (Look::Cell, "接收", "已计入。"),
                SliceOutcome::Zero => (Look::Cell, "零报告", "已按本期没有内容计入。"),
                SliceOutcome::Replaced => (Look::Cell, "已替换", "以同次报送中后面的文件为准。"),
                SliceOutcome::Unchanged => (Look::Cell, "未变", "同样的内容以前已接收。"),
            };
            let heading = form(&slice.form).map_or(slice.form.as_str(), |form| form.heading.as_str());
            let cells = [word, heading, &slice.rows.to_string(), &slice.period, &slice.school_id, says, ""];
            let mut looks = [Look::Cell; 7];
            looks[0] = look;
            let row = self.seven(looks, cells.map(str::to_owned));
            self.merged.push(format!("F{row}:G{row}"));
        }
        if slices.len() > SLICES {
            let rejected = slices.iter().skip(SLICES).filter(|slice| slice.state == SliceOutcome::Rejected).count();
            self.wide(
                Look::Hint,
                format!("另有 {} 个报送单元没有列出，其中退回 {rejected} 个。", slices.len() - SLICES),
            );
        }
    }

    fn by_cause(&mut self, causes: &[Cause<'_>]) {
        let merge = |summary: &mut Summary, row: u32| {
            summary.merged.push(format!("B{row}:C{row}"));
            summary.merged.push(format!("D{row}:E{row}"));
        };
        let row = self.seven([Look::Head; 7], ["级别", "处数", "", "列", "", "问题", "怎样改"].map(str::to_owned));
        merge(self, row);
        for cause in causes {
            let (look, word) = level(cause.severity);
            let cells = [
                word,
                &cause.count.to_string(),
                "",
                cause.column.unwrap_or("（整表）"),
                "",
                cause.title_zh,
                cause.mend_zh,
            ];
            let mut looks = [Look::Cell; 7];
            looks[0] = look;
            let row = self.seven(looks, cells.map(guarded));
            merge(self, row);
        }
    }

    fn places(&mut self, causes: &[Cause<'_>], leads: Leads<'_>, most: usize) {
        let total: u64 = causes.iter().map(|cause| cause.count).sum();
        let share = (most / causes.len()).max(20);
        let all = causes.iter().map(|cause| cause.listed.len()).sum::<usize>();
        let take = if all <= most { usize::MAX } else { share };
        let mut listed: Vec<(&Cause<'_>, &Issue)> =
            causes.iter().flat_map(|cause| cause.listed.iter().take(take).map(move |issue| (cause, *issue))).collect();
        listed.sort_by(|(_, one), (_, other)| {
            let key = |issue: &Issue| (issue.severity, issue.sheet.clone(), issue.row);
            key(one).cmp(&key(other))
        });
        if (listed.len() as u64) < total {
            let said = format!(
                "共 {total} 处，下表列出 {} 处（每类列出最前面的）；其余各处见各表“错误说明”一列，处数以上表为准。",
                listed.len()
            );
            self.wide(Look::Hint, said);
        }
        let head = ["级别", "工作表", "行", "列", "填的内容", "问题", "怎样改"].map(str::to_owned);
        self.seven([Look::Head; 7], head);
        for (cause, issue) in listed {
            let (look, word) = level(issue.severity);
            let lead = leads(issue);
            let linked = if lead.is_some() { Look::Link } else { Look::Cell };
            let row = issue.row.map(|row| row.to_string()).unwrap_or_default();
            let value = issue.value.as_deref().map(short).unwrap_or_default();
            let value = if value.is_empty() && issue.code == "missing" { "（空）".to_owned() } else { value };
            let cells = [
                word,
                issue.sheet.as_deref().unwrap_or_default(),
                &row,
                issue.column.as_deref().unwrap_or_default(),
                &value,
                &issue.message_zh,
                cause.mend_zh,
            ];
            let looks = [look, Look::Cell, linked, linked, Look::Cell, Look::Cell, Look::Cell];
            let number = self.seven(looks, cells.map(guarded));
            if let Some(lead) = lead {
                self.links.push((format!("C{number}"), lead.clone()));
                self.links.push((format!("D{number}"), lead));
            }
        }
    }

    /// The sheet's part.
    pub fn xml(&self, styles: &mut Styles) -> String {
        let mut out = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
             <worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
             <sheetPr><tabColor rgb=\"FFC0392B\"/><pageSetUpPr fitToPage=\"1\"/></sheetPr>\
             <sheetViews><sheetView showGridLines=\"0\" tabSelected=\"1\" workbookViewId=\"0\"/></sheetViews>\
             <sheetFormatPr defaultRowHeight=\"16\"/><cols>",
        );
        for (at, width) in WIDTHS.iter().enumerate() {
            let at = at + 1;
            out.push_str(&format!("<col min=\"{at}\" max=\"{at}\" width=\"{width}\" customWidth=\"1\"/>"));
        }
        out.push_str("</cols><sheetData>");
        for (number, row) in (1u32..).zip(&self.rows) {
            let height = row.height.map(|height| format!(" ht=\"{height}\" customHeight=\"1\"")).unwrap_or_default();
            out.push_str(&format!("<row r=\"{number}\"{height}>"));
            for (column, look, said) in &row.cells {
                out.push_str(&text_cell("", &place(number, *column), styles.look(*look), said));
            }
            out.push_str("</row>");
        }
        out.push_str("</sheetData>");
        if !self.merged.is_empty() {
            out.push_str(&format!("<mergeCells count=\"{}\">", self.merged.len()));
            self.merged.iter().for_each(|range| out.push_str(&format!("<mergeCell ref=\"{range}\"/>")));
            out.push_str("</mergeCells>");
        }
        if !self.links.is_empty() {
            out.push_str("<hyperlinks>");
            for (cell, lead) in &self.links {
                out.push_str(&format!("<hyperlink ref=\"{cell}\" location=\"{}\"/>", text(lead)));
            }
            out.push_str("</hyperlinks>");
        }
        out.push_str(
            "<pageMargins left=\"0.4\" right=\"0.4\" top=\"0.5\" bottom=\"0.5\" header=\"0.3\" footer=\"0.3\"/>\
             <pageSetup paperSize=\"9\" orientation=\"landscape\" fitToWidth=\"1\" fitToHeight=\"0\"/></worksheet>",
        );
        out
    }
}

fn verdict(verdict: Verdict, errors: u64, warnings: u64) -> String {
    let doubts = if warnings > 0 { format!("另有 {warnings} 处提醒，请核对。") } else { String::new() };
    let word = verdict.label(Language::Zh);
    match verdict {
        Verdict::Accepted => format!("{word}：数据已计入，没有错误。{doubts}"),
        Verdict::Partly => {
            format!("{word}：有 {errors} 处错误，出错的报表没有计入。请改正后把本文件重新报送。{doubts}")
        }
        Verdict::Rejected => format!("{word}：有 {errors} 处错误，数据没有计入。请改正后把本文件重新报送。{doubts}"),
        Verdict::Unreadable => format!("{word}：文件打不开，数据没有计入。请按下面的说明处理后重新报送。"),
    }
}

fn level(severity: Severity) -> (Look, &'static str) {
    match severity {
        Severity::Error => (Look::Error, "错误"),
        Severity::Warning => (Look::Warning, "提醒"),
    }
}

/// How wide a text is: a Chinese character takes two.
pub fn wide(text: &str) -> u32 {
    text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum()
}
