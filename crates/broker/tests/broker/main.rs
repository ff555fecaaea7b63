//! The broker over real mutual TLS on loopback.

mod hub;
mod support;
