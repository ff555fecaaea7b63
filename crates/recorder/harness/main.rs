//! What the integration tests start as processes of their own.

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("eye") => doorward_recorder::eye::run(),
        _ => std::process::exit(2),
    }
}
