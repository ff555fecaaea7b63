//! From a camera's stream to sealed segments on disk.
