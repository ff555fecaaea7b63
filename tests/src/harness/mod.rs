//! Starts `doorward` the way a person would.
