//! `kehou sample`: the files of a made-up city.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use sample::{Format, Options, Planting, sample};

use crate::args::intake::{Sample, SampleFormat};
use crate::show;

/// Writes the sample city.
pub fn run(args: Sample) -> Result<ExitCode> {
    let options = Options {
        scale: args.scale,
        seed: args.seed,
        from: args.from.parse().context("--from takes a month like 2019-09")?,
        months: args.months,
        format: match args.format {
            SampleFormat::Xlsx => Format::Xlsx,
            SampleFormat::Csv => Format::Csv,
        },
        planting: if args.clean { Planting::Off } else { Planting::On },
    };
    let summary = write(&args.out, &options)?;
    println!("{summary}");
    Ok(ExitCode::SUCCESS)
}

/// Writes the city with a bar.
pub fn write(out: &Path, options: &Options) -> Result<sample::Summary> {
    let bar = show::bar(0, show::Unit::Steps);
    let summary = sample(out, options, &|done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    Ok(summary?)
}
