//! The encrypted database and the Merkle log.
