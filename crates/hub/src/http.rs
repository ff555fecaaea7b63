//! The doors to the hub that speak HTTP.

pub mod house;
