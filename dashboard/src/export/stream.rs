//! A file as bytes that come while its rows are read: CSV and Parquet as they are written, a workbook from the temporary file in
//! which it must be whole before its first byte is known.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::RecordBatch;
use datafusion::execution::SendableRecordBatchStream;
use futures::{Stream, StreamExt};

use crate::export::about::About;
use crate::export::sink::Sink;
use crate::export::{ExportError, Format, Result, Table};

/// Bytes of a part of a workbook.
const PART: usize = 256 << 10;

/// The bytes of a table as a file. A fault breaks the stream off, so that nobody takes half a file for a whole one.
pub async fn bytes(
    table: Table,
    format: Format,
    about: About,
) -> Result<impl Stream<Item = io::Result<Vec<u8>>> + Send + 'static> {
    let Table { columns, rows } = table;
    let schema = rows.schema();
    let parts = match format {
        Format::Csv | Format::Parquet => {
            let shared = Shared::default();
            let sink = Sink::new(format, &columns, &schema, about, shared.clone())?;
            Parts::Written { rows, sink: Some(Box::new(sink)), shared }
        }
        Format::Xlsx => {
            let file = tempfile::tempfile()?;
            let mut sink = Sink::new(format, &columns, &schema, about, io::BufWriter::new(file))?;
            let mut rows = rows;
            while let Some(batch) = rows.next().await {
                sink.write(&batch?)?;
            }
            let mut file = tokio::task::spawn_blocking(move || whole(sink)).await.map_err(io::Error::other)??;
            file.seek(SeekFrom::Start(0))?;
            Parts::Read(file)
        }
    };
    // Whoever compresses a body asks once more after its end.
    let parts = futures::stream::unfold(Some(parts), |parts| async move {
        let mut parts = parts?;
        match parts.next().await {
            Ok(Some(part)) => Some((Ok(part), Some(parts))),
            Ok(None) => None,
            Err(error) => {
                tracing::error!(%error, "an export broke off");
                Some((Err(io::Error::other(error)), None))
            }
        }
    });
    Ok(parts.fuse())
}

fn whole(sink: Sink<io::BufWriter<std::fs::File>>) -> Result<std::fs::File> {
    let buffered = sink.finish()?;
    buffered.into_inner().map_err(|error| ExportError::Output(error.into_error()))
}

enum Parts {
    Written { rows: SendableRecordBatchStream, sink: Option<Box<Sink<Shared>>>, shared: Shared },
    Read(std::fs::File),
}

impl Parts {
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        match self {
            Parts::Written { rows, sink, shared } => loop {
                let Some(open) = sink.as_mut() else { return Ok(None) };
                match rows.next().await {
                    Some(batch) => {
                        let batch: RecordBatch = batch?;
                        open.write(&batch)?;
                        open.flush()?;
                    }
                    None => {
                        if let Some(open) = sink.take() {
                            open.finish()?;
                        }
                    }
                }
                let part = shared.take();
                if !part.is_empty() {
                    return Ok(Some(part));
                }
            },
            Parts::Read(file) => {
                let mut part = vec![0; PART];
                // Reading a part of a file that was just written takes no time worth another thread.
                let read = file.read(&mut part)?;
                part.truncate(read);
                Ok((read > 0).then_some(part))
            }
        }
    }
}

/// Bytes that wait to be sent.
#[derive(Debug, Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn take(&self) -> Vec<u8> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *waiting)
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
