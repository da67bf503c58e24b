//! Where the bytes of a file are that is to be read, maybe more than once.

use std::fs::File;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::sync::Arc;

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub enum Source {
    /// At its path.
    Path,
    /// In memory: a file of an archive.
    Held(Arc<[u8]>),
    /// In a temporary file without a name, which is gone with the process however it ends: a large file of an archive.
    Laid(Arc<File>),
}

impl Source {
    /// Lays bytes aside.
    pub fn lay(bytes: &[u8]) -> io::Result<Source> {
        let mut file = tempfile::tempfile()?;
        file.write_all(bytes)?;
        Ok(Source::Laid(Arc::new(file)))
    }

    /// The bytes from the first on; `path` is the file's own.
    pub fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Source::Path => Box::new(File::open(path)?),
            Source::Held(bytes) => Box::new(Cursor::new(bytes.clone())),
            Source::Laid(file) => Box::new(Reading { file: file.clone(), at: 0 }),
        })
    }
}

/// Reads a file from a place of its own, whoever else reads it.
struct Reading {
    file: Arc<File>,
    at: u64,
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.at)?;
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(&*self.file, buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_laid_aside_is_read_by_several_at_once() {
        let source = Source::lay(b"0123456789").expect("laid aside");
        let [mut one, mut other] = [(); 2].map(|()| source.open(Path::new("")).expect("open"));
        let mut begun = [0; 4];
        one.read_exact(&mut begun).expect("read");
        let rest = |from: &mut Box<dyn Read + Send>| {
            let mut rest = Vec::new();
            from.read_to_end(&mut rest).expect("read");
            rest
        };
        assert_eq!((&begun, rest(&mut other), rest(&mut one)), (b"0123", b"0123456789".to_vec(), b"456789".to_vec()));
    }
}
