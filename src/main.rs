//! The command line of kehou.
fn main() {}
