//! Runs the SQL models in their order, tests them and publishes a release
