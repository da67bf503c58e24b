//! What people write: uploads, steps, declarations, accounts.
