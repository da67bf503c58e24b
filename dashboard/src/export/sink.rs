//! A file of whatever form, into which batches go one after the other.

use std::io::Write;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::WriterProperties;

use crate::export::about::About;
use crate::export::book::{Book, Sheet};
use crate::export::delimited::Delimited;
use crate::export::{Column, Format, Result};

/// Rows that a Parquet file gathers before it writes them: its memory.
const GATHERED: usize = 131_072;

/// A file that is being written.
pub struct Sink<W: Write + Send> {
    form: Form<W>,
    about: About,
    columns: Vec<Column>,
    rows: u64,
}

enum Form<W: Write + Send> {
    Csv(Box<Delimited<W>>),
    Xlsx { book: Box<Book>, sheet: Sheet, out: W },
    Parquet { writer: Box<ArrowWriter<W>>, schema: SchemaRef },
}

impl<W: Write + Send> Sink<W> {
    /// Begins a file.
    pub fn new(format: Format, columns: &[Column], schema: &SchemaRef, about: About, out: W) -> Result<Sink<W>> {
        Sink::in_book(format, columns, schema, about, out, Book::default())
    }

    /// Begins a file; of a workbook in this one.
    pub fn in_book(
        format: Format,
        columns: &[Column],
        schema: &SchemaRef,
        about: About,
        out: W,
        mut book: Book,
    ) -> Result<Sink<W>> {
        let form = match format {
            Format::Csv => Form::Csv(Box::new(Delimited::new(columns, out)?)),
            Format::Xlsx => {
                let sheet = book.sheet(about.lang.say("about.sheet.rows"), columns)?;
                Form::Xlsx { book: Box::new(book), sheet, out }
            }
            Format::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_max_row_group_row_count(Some(GATHERED))
                    .set_created_by("kehou".to_owned())
                    .build();
                let schema = common(schema);
                let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties))?;
                Form::Parquet { writer: Box::new(writer), schema }
            }
        };
        Ok(Sink { form, about, columns: columns.to_vec(), rows: 0 })
    }

    /// Adds rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        match &mut self.form {
            Form::Csv(csv) => csv.write(batch),
            Form::Xlsx { book, sheet, .. } => book.write(sheet, batch),
            Form::Parquet { writer, schema } => {
                let columns = batch.columns().iter().zip(schema.fields());
                let columns = columns.map(|(column, field)| cast(column, field.data_type()));
                let columns = columns.collect::<std::result::Result<Vec<_>, _>>()?;
                Ok(writer.write(&RecordBatch::try_new(schema.clone(), columns)?)?)
            }
        }
    }

    /// Hands over what was written so far, as far as its form lets it.
    pub fn flush(&mut self) -> Result<()> {
        match &mut self.form {
            Form::Csv(csv) => csv.flush(),
            // A workbook has its parts at its end; Parquet hands over each group of rows as it is full.
            Form::Xlsx { .. } | Form::Parquet { .. } => Ok(()),
        }
    }

    /// How many rows it has.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends the file with what it is about.
    pub fn finish(self) -> Result<W> {
        let Sink { form, about, columns, rows } = self;
        match form {
            Form::Csv(csv) => csv.finish(),
            Form::Xlsx { mut book, out, .. } => {
                let mut lines = about.lines(rows);
                if book.cut > 0 {
                    let times = about.lang.with("about.cut.times", &[&book.cut.to_string()]);
                    lines.push((about.lang.say("about.cut").to_owned(), times));
                }
                lines.push((
                    about.lang.say("about.reading").to_owned(),
                    about.lang.say("about.reading.xlsx").to_owned(),
                ));
                book.facts(about.lang.say("about.sheet"), &lines)?;
                book.finish(out)
            }
            Form::Parquet { mut writer, .. } => {
                for (key, value) in about.keys(rows, &columns) {
                    writer.append_key_value_metadata(KeyValue::new(key, value));
                }
                Ok(writer.into_inner()?)
            }
        }
    }
}

/// The schema with the types that every reader of Parquet knows.
fn common(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let kind = match field.data_type() {
            DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
            DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
            kind => kind.clone(),
        };
        Field::new(field.name(), kind, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}
