//! `kehou verify`: everything that releases and ledger name is there and as it was written.

use std::process::ExitCode;

use anyhow::Result;
use warehouse::Warehouse;
use warehouse::verify::Depth;

use crate::args::upkeep::Verify;
use crate::show;

/// Looks at everything and lists what is wrong.
pub async fn run(args: Verify) -> Result<ExitCode> {
    let warehouse = Warehouse::open_any(&args.at.warehouse).await?;
    let depth = if args.quick { Depth::Quick } else { Depth::Whole };
    let bar = show::bar(0, show::Unit::Bytes);
    let done = ingest::verify::verify(&warehouse, depth, &|done, of| {
        bar.set_length(of);
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    let (verified, chain) = done?;
    for found in &verified.found {
        println!("{found}");
    }
    let sound = verified.found.is_empty();
    let (zh, en) = match verified.found.len() {
        0 => ("完好".to_owned(), "all there".to_owned()),
        faults => (format!("{faults} 处问题"), format!("{faults} faults")),
    };
    println!(
        "已检查{}：{} 期数据、{} 个数据文件、{} 份密封原件、{} 条审计记录，{zh} / checked {}: {1} releases, {2} data files, {3} originals and {4} audit \
         events, {} MiB: {en}",
        if args.quick { "（快速）" } else { "（逐字节）" },
        verified.releases,
        verified.files,
        verified.originals,
        chain.events,
        if args.quick { "quickly" } else { "every byte" },
        verified.bytes >> 20,
    );
    if verified.unsummed > 0 {
        println!(
            "其中 {0} 个文件没有校验和（旧格式写成），只能检查能否读取；kehou migrate 之后都有 / {0} of them have no checksum, as they were \
             written by an earlier kehou; `kehou migrate` gives them one",
            verified.unsummed
        );
    }
    if let Some((release, sha256)) = verified.newest {
        println!("最新一期 / the newest release, {release}: sha256 {sha256}");
    }
    if let Some(last) = chain.last {
        println!("最后一条审计记录 / The last audit event's hash is {last}.");
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
