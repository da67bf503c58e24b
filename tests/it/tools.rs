//! Other programs that some tests need: where one is missing the test says so and skips, but in CI it fails.

use std::process::{Command, Stdio};

/// Whether a program is there: it is when it can be started with these words and ends well.
pub fn has(program: &str, words: &[&str]) -> bool {
    let done =
        Command::new(program).args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let there = done.is_ok_and(|status| status.success());
    if !there {
        let what = format!("{program} {}", words.join(" "));
        assert!(std::env::var_os("KEHOU_REQUIRE_TOOLS").is_none(), "CI must have what `{what}` needs");
        eprintln!("SKIPPED: this test needs `{what}` to work");
    }
    there
}

/// Whether python3 can import a module.
pub fn has_python(module: &str) -> bool {
    has("python3", &["-c", &format!("import {module}")])
}
