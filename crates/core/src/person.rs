//! The people of a household, as far as rules are concerned.

use serde::{Deserialize, Serialize};

/// What a person may do; each role may also do what the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads how the house is, and what happened.
    Viewer,
    /// Lets people in: deliveries, guests, visits, doors, the live picture.
    Resident,
    /// Everything, down to devices and policies.
    Owner,
}
