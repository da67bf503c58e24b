//! The persons' numbers of an original, found by the rows that the accepted slices name.

use crate::form::Form;
use crate::read::{TextTable, read};
use crate::value::cell;

/// An original's tables, in memory alone.
pub struct Numbers {
    tables: Vec<TextTable>,
}

impl Numbers {
    /// Reads an original. `form` is the form of a file that doesn't say it itself.
    pub fn read(file_name: &str, bytes: &[u8], form: &'static Form) -> Numbers {
        let tables = read(file_name, bytes, None).tables;
        let told = tables.iter().any(|table| std::ptr::eq(table.form, form));
        Numbers { tables: if told { tables } else { read(file_name, bytes, Some(form)).tables } }
    }

    /// The number in a column of a row, normalised as it is at the door. `None` too where it can't be told which table the
    /// row is of: then the row does not fit, and nothing is changed.
    pub fn at(&self, form: &Form, sheet: Option<&str>, row: i64, column: &str) -> Option<String> {
        let row = u32::try_from(row).ok()?;
        let mut tables =
            self.tables.iter().filter(|table| table.form.name == form.name && table.sheet.as_deref() == sheet);
        let (Some(table), None) = (tables.next(), tables.next()) else { return None };
        let at = table.rows.binary_search(&row).ok()?;
        let column = table.columns.iter().find(|found| found.name == column)?;
        column.texts.get(at).and_then(cell)
    }
}
