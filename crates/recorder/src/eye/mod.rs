//! Looking at pictures, in a process of its own.
//!
//! Looking means decoding what a camera sent, and a camera may be hostile. The
//! decoders therefore run in a child process that holds no key, opens no file
//! and no socket, has a bounded amount of memory and time, and can only answer
//! with one of four words. One camera has one eye: a camera that takes its eye
//! over can lie about itself, and about nothing else.
//!
//! [`run`] is the child, [`Eye`] the parent's side.

mod compare;
mod decode;
mod nal;
mod parent;
mod protocol;
mod run;
mod sandbox;

pub use parent::{Eye, EyeError, EyeProgram, Keyframe};
pub use protocol::{SandboxLayers, Verdict};
pub use run::run;
