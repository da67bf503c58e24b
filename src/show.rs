//! What the terminal shows: progress, tables, logs.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use tracing_subscriber::EnvFilter;

/// Structured logs on standard error; `KEHOU_LOG` chooses what, by default warnings.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("KEHOU_LOG").unwrap_or_else(|_| {
        EnvFilter::new("warn,dashboard::api=info,deltalake_core=error,deltalake_core::kernel::transaction=off")
    });
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

/// A panic tells its place but not its message: the message may repeat a cell of a school's file, and what stands on standard
/// error is kept in logs. `KEHOU_PANICS=shown` shows it.
pub fn panics_without_data() {
    if std::env::var_os("KEHOU_PANICS").is_some_and(|value| value == "shown") {
        return;
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        eprintln!(
            "kehou: internal error at {place}; KEHOU_PANICS=shown shows its message, which may hold data of a file"
        );
    }));
}

/// A bar of `total` steps with a message, on terminals only.
pub fn bar(total: u64, unit: Unit) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let template = match unit {
        Unit::Bytes => "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {wide_msg}",
        Unit::Steps => "{bar:30} {pos}/{len} {wide_msg}",
    };
    let bar = ProgressBar::new(total);
    bar.set_style(ProgressStyle::with_template(template).expect("a constant"));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// What a bar counts.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    /// Bytes of files.
    Bytes,
    /// Models and tests.
    Steps,
}

/// Columns of text, padded by what a terminal shows: a Chinese character is two cells wide.
pub fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..count)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or_default())
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width_wanted) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width_wanted - width(cell) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn width(text: &str) -> usize {
    text.chars().map(|letter| if ('\u{1100}'..='\u{ffe6}').contains(&letter) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_two_cells_wide() {
        let rows = [vec!["学校".to_owned(), "a".to_owned()], vec!["x".to_owned(), "b".to_owned()]];
        assert_eq!(columns(&rows), "学校  a\nx     b\n");
    }
}
