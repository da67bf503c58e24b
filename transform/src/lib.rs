//! Runs the SQL models in their order, tests them, and publishes a release. Knows nothing of schools.
//!
//! A model is a file `sql/<schema>/<table>.sql`; its header says how it is stored. The graph is read from the SQL by
//! DataFusion's own parser, so that no file lists what it reads.

pub mod audit;
mod batches;
pub mod change;
pub mod check;
mod closed;
pub mod error;
pub mod header;
pub mod kept;
pub mod lint;
pub mod own;
pub mod plan;
pub mod project;
mod ranges;
pub mod run;
mod stage;
mod streams;
pub mod views;
pub mod what_if;
mod work;
