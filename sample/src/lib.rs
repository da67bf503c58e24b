//! Writes the files of a made-up city's schools, with planted breaches and a truth file.
#![allow(missing_docs)]
use std::path::Path;
#[derive(Debug, Clone)]
pub struct Options { pub scale: f64, pub seed: u64, pub from: Month, pub months: u32, pub format: Format, pub planting: Planting }
#[derive(Debug, Clone, Copy)] pub struct Month;
impl std::str::FromStr for Month { type Err = SampleError; fn from_str(_: &str) -> Result<Self, SampleError> { Ok(Month) } }
#[derive(Debug, Clone, Copy)] pub enum Format { Xlsx, Csv }
#[derive(Debug, Clone, Copy)] pub enum Planting { On, Off }
impl Default for Options { fn default() -> Self { Options { scale: 0.1, seed: 1, from: Month, months: 5, format: Format::Xlsx, planting: Planting::On } } }
#[derive(Debug, thiserror::Error)] #[error("x")] pub struct SampleError;
#[derive(Debug)] pub struct Summary;
impl std::fmt::Display for Summary { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str("x") } }
pub fn sample(_: &Path, _: &Options, _: &(dyn Fn(usize, usize) + Sync)) -> Result<Summary, SampleError> { Err(SampleError) }
