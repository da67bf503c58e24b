//! The words of keeping a warehouse whole.

use clap::Args as ClapArgs;

use super::Where;

/// `kehou verify`
#[derive(Debug, ClapArgs)]
pub struct Verify {
    #[command(flatten)]
    pub at: Where,
}
