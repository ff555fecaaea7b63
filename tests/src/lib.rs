//! A simulated house and the tests that live in it.
