//! The pages: each a struct of what it shows, its template and a short handler, in one file.

pub mod accounts;
pub mod casework;
pub mod catalogue;
pub mod city;
pub mod curve;
pub mod district;
pub mod duties;
pub mod explained;
pub mod fault;
pub mod finding;
pub mod findings;
pub mod heat;
pub mod home;
pub mod indicator;
pub mod layout;
pub mod log_in;
pub mod metrics;
pub mod official;
pub mod own_password;
pub mod parts;
pub mod report;
pub mod school;
pub mod sent;
pub mod slices;
pub mod steps;
pub mod upload;
