//! A file becomes accepted slices, or an error report that a school can act on.
//!
//! Reading and judging are pure ([`read`], [`judge`]); [`accept`] alone touches the warehouse. What a form is stands in
//! `forms/*.toml` and nowhere else.

pub mod accept;
pub mod audit;
pub mod backup;
pub mod casework;
pub mod city;
mod commit;
pub mod compare;
pub mod correction;
pub mod duty;
pub mod forget;
pub mod form;
pub mod issue;
pub mod judge;
pub mod keys;
pub mod ledger;
pub mod migrate;
pub mod optimize;
pub mod person;
pub mod read;
pub mod receipt;
pub mod reference;
pub mod report;
pub mod returned;
pub mod rotate;
pub mod template;
pub mod unseal;
pub mod value;
pub mod verify;
pub mod watch;
pub mod withdraw;
