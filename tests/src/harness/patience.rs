//! How long tests wait.

use std::time::Duration;

/// Longer than anything takes on a busy machine, shorter than a person's patience.
pub const PATIENCE: Duration = Duration::from_secs(60);
