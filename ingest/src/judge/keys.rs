//! Keys of rows across the blocks of a file too large to be held: each as a number, in memory that is bounded.
//!
//! Two rows of one key have one number. Two rows of one number almost surely have one key; those that do are read again
//! and compared by a fingerprint that no two keys share.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::iter::Peekable;

/// Numbers that are held before they are sorted and laid aside: 192 MiB.
const HELD: usize = 24 << 20;

/// The numbers of all keys that were met.
#[derive(Debug)]
pub struct KeyLog {
    held: Vec<u64>,
    most: usize,
    /// Sorted numbers that were laid aside.
    runs: Vec<File>,
}

impl Default for KeyLog {
    fn default() -> KeyLog {
        KeyLog::holding(HELD)
    }
}

impl KeyLog {
    /// A log that lays aside what is more than `most` numbers.
    pub fn holding(most: usize) -> KeyLog {
        KeyLog { held: Vec::new(), most, runs: Vec::new() }
    }

    /// Adds the numbers of a block.
    pub fn add(&mut self, numbers: impl IntoIterator<Item = u64>) -> io::Result<()> {
        self.held.extend(numbers);
        if self.held.len() < self.most {
            return Ok(());
        }
        self.held.sort_unstable();
        let mut run = BufWriter::new(tempfile::tempfile()?);
        for number in self.held.drain(..) {
            run.write_all(&number.to_le_bytes())?;
        }
        let mut run = run.into_inner().map_err(io::IntoInnerError::into_error)?;
        run.rewind()?;
        self.runs.push(run);
        Ok(())
    }

    /// The numbers that were met more than once, in their order.
    pub fn repeated(mut self) -> io::Result<Vec<u64>> {
        self.held.sort_unstable();
        let held: Box<dyn Iterator<Item = io::Result<u64>>> = Box::new(self.held.into_iter().map(Ok));
        let runs = self
            .runs
            .into_iter()
            .map(|run| -> Box<dyn Iterator<Item = io::Result<u64>>> { Box::new(Run(BufReader::new(run))) });
        let mut sources: Vec<Peekable<_>> = std::iter::once(held).chain(runs).map(Iterator::peekable).collect();
        let mut repeated = Vec::new();
        let mut last = None;
        // The least of all heads is the next: there are few sources, so they are simply looked through.
        while let Some(number) = least(&mut sources)? {
            if last == Some(number) && repeated.last() != Some(&number) {
                repeated.push(number);
            }
            last = Some(number);
        }
        Ok(repeated)
    }
}

fn least(sources: &mut [Peekable<Box<dyn Iterator<Item = io::Result<u64>>>>]) -> io::Result<Option<u64>> {
    let mut best: Option<(usize, u64)> = None;
    for (at, source) in sources.iter_mut().enumerate() {
        let Some(head) = source.peek() else { continue };
        // A fault of reading is taken out below.
        let head = head.as_ref().copied().unwrap_or_default();
        if best.is_none_or(|(_, number)| head < number) {
            best = Some((at, head));
        }
    }
    best.and_then(|(at, _)| sources[at].next()).transpose()
}

/// A run's numbers, read back.
struct Run(BufReader<File>);

impl Iterator for Run {
    type Item = io::Result<u64>;

    fn next(&mut self) -> Option<io::Result<u64>> {
        let mut number = [0; 8];
        match self.0.read_exact(&mut number) {
            Ok(()) => Some(Ok(u64::from_le_bytes(number))),
            Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(fault) => Some(Err(fault)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_met_again_is_found_whether_held_or_laid_aside() {
        for most in [1, 2, 3, 5, 100] {
            let mut log = KeyLog::holding(most);
            for block in [vec![7, 3, 9], vec![], vec![9, 1], vec![3, 9, 4], vec![0, 0]] {
                log.add(block).expect("temporary files can be written");
            }
            assert_eq!(log.repeated().expect("they can be read"), [0, 3, 9], "holding {most}");
        }
    }
}
