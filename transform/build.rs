//! Makes a change of the SQL a change of this crate, which carries it.

fn main() {
    println!("cargo:rerun-if-changed=../sql");
}
