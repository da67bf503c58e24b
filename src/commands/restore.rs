//! `kehou restore`: a warehouse and its accounts from a backup.

use std::process::ExitCode;

use anyhow::{Result, bail};
use dashboard::accounts::Accounts;
use ingest::keys::copy_keys;
use warehouse::Warehouse;

use crate::args::upkeep::Restore;
use crate::commands::backup::{ACCOUNTS, keys_of};
use crate::commands::init::folder_of_keys;
use crate::commands::user;
use crate::show;

/// Makes the warehouse, then its accounts, and puts the keys back where the backup has them.
pub async fn run(args: Restore) -> Result<ExitCode> {
    let accounts = user::file(&args.at.warehouse).ok();
    if let Some(accounts) = accounts.as_ref().filter(|accounts| accounts.exists()) {
        bail!(
            "{} 已有账号文件，恢复不会覆盖它，请移走或换一个位置 / {0} is there, and a restore writes over nothing: move it away, or restore elsewhere",
            accounts.display()
        );
    }
    let bar = show::bar(0, show::Unit::Bytes);
    let restored = warehouse::backup::restore(&args.backup, &args.at.warehouse, &|done, of| {
        bar.set_length(of);
        bar.set_position(done);
    })
    .await;
    bar.finish_and_clear();
    let manifest = restored?;
    let warehouse = Warehouse::open_any(&args.at.warehouse).await?;
    let release = manifest.release.map_or_else(|| "–".to_owned(), |release| release.to_string());
    println!(
        "已恢复 {} 的备份：{} 个文件，截至第 {release} 期 / restored the backup of {0}: {1} files, release {release}",
        manifest.made_at,
        manifest.files.len()
    );
    let kept = manifest.beside.keys().find(|name| name.starts_with(ACCOUNTS));
    match (kept, accounts) {
        (Some(kept), Some(accounts)) => {
            Accounts::copy(&args.backup.join(kept), &accounts)?;
            println!("账号：{} / accounts: {0}; everybody logs in anew", accounts.display());
        }
        (Some(kept), None) => println!(
            "账号文件未恢复：以 KEHOU_ACCOUNTS 指明位置，或复制 {} / accounts were not restored: name their file by KEHOU_ACCOUNTS, or copy {0}",
            args.backup.join(kept).display()
        ),
        (None, _) => println!("备份中没有账号 / the backup has no accounts"),
    }
    let (from, to) = (keys_of(&args.backup), folder_of_keys(&warehouse));
    let names = copy_keys(&from, &to)?;
    match names.is_empty() {
        false => println!("密钥：{} / keys: {0} ({1})", to.display(), names.join(", ")),
        true => println!(
            "请把 person.key 与 seal.key 放回 {}，否则不能再接收报送 / put person.key and seal.key back to {0}: without them nothing can be \
             ingested",
            to.display()
        ),
    }
    println!("接下来运行 kehou verify / now run `kehou verify`");
    Ok(ExitCode::SUCCESS)
}
