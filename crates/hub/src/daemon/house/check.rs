//! What a look at something found, in words.

use doorward_api::doctor::{Check, Verdict};

pub(super) fn ok(name: impl Into<String>, found: impl Into<String>) -> Check {
    Check { name: name.into(), verdict: Verdict::Ok, found: found.into(), advice: None }
}

pub(super) fn warn(name: impl Into<String>, found: impl Into<String>, advice: &str) -> Check {
    let advice = Some(advice.to_owned());
    Check { name: name.into(), verdict: Verdict::Warn, found: found.into(), advice }
}

pub(super) fn fail(name: impl Into<String>, found: impl Into<String>, advice: &str) -> Check {
    let advice = Some(advice.to_owned());
    Check { name: name.into(), verdict: Verdict::Fail, found: found.into(), advice }
}
