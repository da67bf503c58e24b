//! Each form against the tables of the specification, written out by hand.
