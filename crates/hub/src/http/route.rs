//! One row of the route table: where a question is asked, who may ask it, who
//! answers, and how it is described.

use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use doorward_api::status::Seal;
use doorward_api::{ProblemKind, Role};

use super::answer::Refused;
use super::describe::{Described, Description};
use super::desk::Desk;
use super::house::House;
use super::principal::Principal;

/// Who may ask, at the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Least {
    /// Whoever is on the home network.
    Public,
    /// A person who may read.
    Viewer,
    /// A person who may let people in.
    Resident,
    /// A person who may do everything.
    Owner,
    /// The hub's own user, at its own machine.
    LocalOwner,
}

/// When a question can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Works {
    /// Whether or not the hub has its root key.
    Always,
    /// Only with the root key.
    Awake,
}

/// The methods that the API knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

/// One row.
pub(super) struct Route<H> {
    pub(super) verb: Verb,
    /// Below the base path.
    pub(super) path: &'static str,
    pub(super) least: Least,
    pub(super) works: Works,
    /// What it does, in a sentence.
    pub(super) words: &'static str,
    pub(super) description: Description,
    answerer: MethodRouter<Desk<H>>,
}

impl<H: House> Route<H> {
    /// Makes a row. The description comes from the handler's own types.
    pub(super) fn new<F, T>(
        verb: Verb,
        path: &'static str,
        least: Least,
        handler: F,
        words: &'static str,
    ) -> Self
    where
        F: Handler<T, Desk<H>> + Described<T>,
        T: 'static,
    {
        let answerer = on(verb.filter(), handler);
        let description = F::description();
        Self { verb, path, least, works: Works::Awake, words, description, answerer }
    }

    /// Has a hub answer it that has no root key yet.
    pub(super) fn while_sealed_too(self) -> Self {
        Self { works: Works::Always, ..self }
    }

    /// Returns the handler behind the checks of this row.
    pub(super) fn into_answerer(self, desk: &Desk<H>) -> MethodRouter<Desk<H>> {
        let threshold = Threshold { least: self.least, works: self.works, desk: desk.clone() };
        self.answerer.layer(from_fn_with_state(threshold, admit))
    }
}

/// What a question must pass before its handler hears it.
struct Threshold<H> {
    least: Least,
    works: Works,
    desk: Desk<H>,
}

impl<H> Clone for Threshold<H> {
    fn clone(&self) -> Self {
        Self { least: self.least, works: self.works, desk: self.desk.clone() }
    }
}

async fn admit<H: House>(
    State(threshold): State<Threshold<H>>,
    principal: Principal,
    request: Request,
    next: Next,
) -> Response {
    if let Err(refused) = threshold.least.admit(principal) {
        return refused.into_response();
    }
    match (threshold.works, threshold.desk.house.seal()) {
        (Works::Always, Seal::Unclaimed | Seal::Sealed | Seal::Unsealed)
        | (Works::Awake, Seal::Unsealed) => next.run(request).await,
        (Works::Awake, Seal::Unclaimed) => Refused::new(
            ProblemKind::Unclaimed,
            "the hub has no household yet: `doorward pair` prints the link that names one",
        )
        .into_response(),
        (Works::Awake, Seal::Sealed) => Refused::new(
            ProblemKind::Sealed,
            "the hub is sealed: hand it the passphrase with `doorward unseal`",
        )
        .into_response(),
    }
}

impl Least {
    /// Lets whoever may ask pass.
    pub(super) fn admit(self, principal: Principal) -> Result<(), Refused> {
        match principal {
            Principal::LocalOwner => Ok(()),
            Principal::Person { role, .. } if self <= Self::of(role) => Ok(()),
            Principal::Anyone if self == Self::Public => Ok(()),
            Principal::Person { .. } => {
                Err(Refused::new(ProblemKind::Forbidden, "your role does not allow this"))
            }
            Principal::Anyone => {
                Err(Refused::new(ProblemKind::SignedOut, "log in with a paired device first"))
            }
        }
    }

    fn of(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Resident => Self::Resident,
            Role::Owner => Self::Owner,
        }
    }

    /// The name in the API's description.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Viewer => "viewer",
            Self::Resident => "resident",
            Self::Owner => "owner",
            Self::LocalOwner => "local_owner",
        }
    }
}

impl Verb {
    /// The name in the API's description.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Put => "put",
            Self::Patch => "patch",
            Self::Delete => "delete",
        }
    }

    const fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}
