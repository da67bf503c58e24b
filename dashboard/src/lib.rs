//! Shows the current release to whoever may see it
