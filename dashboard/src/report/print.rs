//! The report as a page to be read and printed. What its pieces look like on paper stands in the style sheet.

use maud::{Markup, PreEscaped, html};

use crate::report::{Block, Cell, Line, LineKind, Report, Table};

/// Rows of a table that paper should not part.
const SHORT: usize = 16;

/// The report's own part of the page; the page around it is not printed.
pub fn sheet(report: &Report) -> Markup {
    html! {
        article.report lang=(report.lang) {
            header.report-head {
                @if let Some(warning) = &report.warning { p.report-warning { (warning) } }
                p.report-unit { (report.unit) }
                h1 { (report.title) }
                p.report-period { (report.period_said) }
                dl.report-facts { @for (name, value) in &report.facts { div { dt { (name) } dd { (value) } } } }
                nav.report-contents aria-label=(report.contents) {
                    h2 { (report.contents) }
                    ol { @for section in &report.sections { li { a href={ "#" (section.id) } { (section.title) } } } }
                }
            }
            @for section in &report.sections {
                section id=(section.id) {
                    h2 { (section.title) }
                    @for block in &section.blocks { (piece(block)) }
                }
            }
        }
    }
}

fn piece(block: &Block) -> Markup {
    html! {
        @match block {
            Block::Heading { text } => h3 { (text) },
            Block::Text { text } => p { (text) },
            Block::Note { text } => p.small { (text) },
            Block::List { items } => ul.report-list { @for item in items { li { (item) } } },
            Block::Code { lines } => @for line in lines { pre.report-code tabindex="0" { code { (line) } } },
            Block::Chart(chart) => figure.report-chart {
                figcaption { strong { (chart.title) } @if !chart.note.is_empty() { span { (chart.note) } } }
                // A phone scrolls it sideways: paper has one size.
                div.scroll tabindex="0" { (PreEscaped(&chart.svg)) }
            },
            Block::Table(table) => (grid(table)),
        }
    }
}

fn grid(table: &Table) -> Markup {
    let has_heads = table.columns.iter().any(|column| !column.title.is_empty());
    html! {
        div.scroll tabindex="0" {
            table.heat.report-table.short[table.rows.len() <= SHORT] {
                caption { (table.caption) }
                @if has_heads {
                    thead { tr { @for column in &table.columns { th.number[column.number] scope="col" { (column.title) } } } }
                }
                tbody { @for line in &table.rows { (row(table, line)) } }
            }
        }
    }
}

fn row(table: &Table, line: &Line) -> Markup {
    html! {
        @match line.kind {
            LineKind::Group => tr.report-group {
                th scope="rowgroup" colspan=(table.columns.len()) { (line.cells.first().map_or("", |cell| cell.text.as_str())) }
            },
            LineKind::Plain | LineKind::Total => tr.report-total[line.kind == LineKind::Total] {
                @for (at, cell) in line.cells.iter().enumerate() {
                    @if at == 0 { th scope="row" { (words(cell)) } } @else {
                        td class={ @if table.columns.get(at).is_some_and(|column| column.number) { "number " } (cell.tone) } { (words(cell)) }
                    }
                }
            },
        }
    }
}

fn words(cell: &Cell) -> Markup {
    html! { (cell.text) @if !cell.note.is_empty() { span.small { " " (cell.note) } } }
}
