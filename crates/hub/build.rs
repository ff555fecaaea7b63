//! Has cargo look for a newer build of the app, which this crate takes in.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let app = Path::new("../../ui/dist");
    // Cargo can watch a folder only if there is one. Where the source cannot be written,
    // nothing is going to be built there either.
    if app.is_dir() || std::fs::create_dir(app).is_ok() {
        println!("cargo::rerun-if-changed={}", app.display());
    }
}
