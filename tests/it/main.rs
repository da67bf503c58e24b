//! Whole-system tests: the built command, on cities in temporary folders.

mod broken;
mod browser;
mod chaos;
mod city;
mod desk;
mod engines;
mod example;
mod explain;
mod facts;
mod intake;
mod kill;
mod persons;
mod returned;
mod s3;
mod sql_cases;
mod status;
mod tidy;
mod tools;
mod truth;
mod unseal;
mod warnings;
mod watch;
mod withdraw;
