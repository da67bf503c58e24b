//! Whole-system tests: the built command, on cities in temporary folders.

mod browser;
mod chaos;
mod city;
mod engines;
mod example;
mod facts;
mod intake;
mod kill;
mod persons;
mod s3;
mod sql_cases;
mod tidy;
mod tools;
mod truth;
mod unseal;
mod watch;
