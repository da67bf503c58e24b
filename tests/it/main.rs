//! Whole-system tests: the built command, on cities in temporary folders.

mod broken;
mod browser;
mod city;
mod engines;
mod example;
mod intake;
mod kill;
mod persons;
mod s3;
mod sql_cases;
mod tidy;
mod tools;
mod truth;
