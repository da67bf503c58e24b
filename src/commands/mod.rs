//! One module a word of the command line.

pub mod case;
pub mod catalog;
pub mod demo;
pub mod diff;
pub mod explain;
pub mod ingest;
pub mod init;
pub mod project;
pub mod query;
pub mod releases;
pub mod rotate;
pub mod sample;
pub mod serve;
pub mod status;
pub mod template;
pub mod token;
pub mod transform;
pub mod unseal;
pub mod user;
pub mod verify;
pub mod watch;
pub mod what_if;
pub mod withdraw;
