//! A file becomes accepted slices or an error report that a school can act on

pub mod form;
pub mod template;
