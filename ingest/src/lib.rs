//! A file becomes accepted slices, or an error report that a school can act on.
//!
//! Reading and judging are pure; `accept` alone touches the warehouse. What a form is stands in `forms/*.toml` and
//! nowhere else.

pub mod city;
pub mod form;
pub mod keys;
pub mod ledger;
pub mod reference;
pub mod template;
