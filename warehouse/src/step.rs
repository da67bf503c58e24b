//! Named steps at which a test may stop the process, to kill it there for real.

use std::sync::OnceLock;

/// The environment variable that names the step to stop at.
pub const STOP_AT: &str = "KEHOU_STOP_AT";

/// Marks that the work has come to `step`. Where the environment variable `KEHOU_STOP_AT` names this step, the process
/// says so on standard error and waits there for ever: whoever set it kills it.
pub fn reached(step: &str) {
    static STOP: OnceLock<Option<String>> = OnceLock::new();
    let stop = STOP.get_or_init(|| std::env::var(STOP_AT).ok());
    if stop.as_deref() == Some(step) {
        eprintln!("stopped at {step}");
        loop {
            std::thread::park();
        }
    }
}
