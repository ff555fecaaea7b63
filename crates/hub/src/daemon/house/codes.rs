//! Codes: given out, listed, taken back.

use doorward_api as api;
use doorward_api::code::{CodeFilter, CodeState, CodeTerms, CodeView, Day, IssuedCode, NewCode};
use doorward_api::{CodeId, DoorName, Problem, ProblemKind};
use doorward_core::code::{CodeKind, CodeRecord, Standing, Tombstone};
use doorward_core::entry::Actor;
use doorward_core::ids::{self, DoorId};
use doorward_core::io::{NewCodeKind, OwnerRequest, Reply};
use doorward_core::schedule::{Days, Schedule};
use doorward_store::CodeWithPersonal;
use jiff::Timestamp;
use jiff::civil::Weekday;
use secrecy::SecretString;

use super::super::awake::{Awake, HOME};
use super::super::convert::{self, Shown};
use super::super::directory::CodeName;
use super::super::personal::Personal;
use super::failed;
use crate::http::{Answer, Principal};

/// A wish for a code, in the core's words.
struct Wanted {
    doors: Vec<DoorId>,
    kind: NewCodeKind,
    personal: Personal,
}

impl Awake {
    pub(super) async fn issue(&self, by: Actor, new: NewCode) -> Answer<IssuedCode> {
        let Wanted { doors, kind, personal } = self.wanted(new)?;
        if !personal.is_sound() {
            let detail = "a name or note has at most 500 bytes and no control characters";
            return Err(Problem::new(ProblemKind::Invalid, detail));
        }
        let wish =
            doorward_core::io::NewCode { household: HOME, doors, kind, personal: personal.write() };
        let Reply::Code { code, digits } = self.wish(by, OwnerRequest::IssueCode(wish)).await?
        else {
            return Err(Problem::new(ProblemKind::Internal, "the hub answered something else"));
        };
        let text = digits.expose_for_owner();
        let digits = SecretString::from(text.split(' ').collect::<String>());
        let code = self.code_view(code).await?;
        Ok(IssuedCode { code, digits })
    }

    fn wanted(&self, new: NewCode) -> Answer<Wanted> {
        Ok(match new {
            NewCode::Delivery { door, window, carrier, reference, instructions } => Wanted {
                doors: vec![self.find_door(&door)?],
                kind: NewCodeKind::OneTime(doorward_core::code::Window {
                    from: window.from,
                    until: window.until,
                }),
                personal: Personal { guest: None, carrier, reference, instructions },
            },
            NewCode::Guest { name, doors, schedule, uses } => Wanted {
                doors: self.find_doors(&doors)?,
                kind: NewCodeKind::Scheduled { schedule: schedule_of(&schedule), uses },
                personal: Personal { guest: Some(name), ..Personal::default() },
            },
            NewCode::BreakGlass { doors } => Wanted {
                doors: self.find_doors(&doors)?,
                kind: NewCodeKind::BreakGlass,
                personal: Personal::default(),
            },
            NewCode::Duress { resembles } => Wanted {
                doors: Vec::new(),
                kind: NewCodeKind::Duress { resembles: ids::CodeId(resembles.0) },
                personal: Personal::default(),
            },
        })
    }

    fn find_doors(&self, names: &[DoorName]) -> Answer<Vec<DoorId>> {
        names.iter().map(|name| self.find_door(name)).collect()
    }

    pub(super) async fn all_codes(&self, filter: CodeFilter) -> Answer<Vec<CodeView>> {
        let codes = self.store.codes().await.map_err(failed("the codes cannot be read"))?;
        let now = Timestamp::now();
        let views = codes.iter().map(|code| self.show_code(code, now));
        let wanted = |view: &CodeView| filter.kind.is_none_or(|kind| view.terms.kind() == kind);
        let mut views: Vec<_> = views.filter(wanted).collect();
        views.sort_by_key(|view| std::cmp::Reverse(view.id));
        Ok(views)
    }

    async fn code_view(&self, id: ids::CodeId) -> Answer<CodeView> {
        let codes = self.store.codes().await.map_err(failed("the codes cannot be read"))?;
        let code = codes.iter().find(|code| code.code.id == id).ok_or_else(no_such_code)?;
        let personal = Personal::read(code.personal.as_deref());
        self.directory.add_code(id, CodeName::of(&code.code.kind, personal, code.issued_by));
        Ok(self.show_code(code, Timestamp::now()))
    }

    pub(super) async fn cancel(&self, by: Actor, code: CodeId, believed: CodeFilter) -> Answer<()> {
        let id = self.believed(code, believed)?;
        self.done(by, OwnerRequest::CancelCode(id)).await
    }

    pub(super) async fn pause(&self, by: Actor, code: CodeId, believed: CodeFilter) -> Answer<()> {
        let id = self.believed(code, believed)?;
        self.done(by, OwnerRequest::PauseCode(id)).await
    }

    pub(super) async fn resume(&self, by: Actor, code: CodeId, believed: CodeFilter) -> Answer<()> {
        let id = self.believed(code, believed)?;
        self.done(by, OwnerRequest::ResumeCode(id)).await
    }

    /// A number that was mistyped hits nothing of another kind.
    fn believed(&self, code: CodeId, believed: CodeFilter) -> Answer<ids::CodeId> {
        let id = ids::CodeId(code.0);
        let kind = self.directory.code(id).map(|name| convert::code_kind(name.kind));
        let fits = believed.kind.is_none_or(|believed| kind == Some(believed));
        if kind.is_none() || !fits {
            return Err(no_such_code());
        }
        Ok(id)
    }

    /// A resident lets in who is expected; what opens at any time, or under threat, is the owners'.
    pub(super) fn may_issue(&self, by: Principal, code: &NewCode) -> Answer<()> {
        match (by, code) {
            (Principal::LocalOwner | Principal::Person { role: api::Role::Owner, .. }, _)
            | (Principal::Person { .. }, NewCode::Delivery { .. } | NewCode::Guest { .. }) => {
                Ok(())
            }
            (
                Principal::Person { .. } | Principal::Anyone,
                NewCode::BreakGlass { .. } | NewCode::Duress { .. },
            )
            | (Principal::Anyone, NewCode::Delivery { .. } | NewCode::Guest { .. }) => {
                let detail = "only an owner gives out emergency and duress codes";
                Err(Problem::new(ProblemKind::Forbidden, detail))
            }
        }
    }

    /// A resident changes what they gave out themselves; an owner anything.
    pub(super) fn may_change(&self, by: Principal, code: CodeId) -> Answer<()> {
        let name = self.directory.code(ids::CodeId(code.0)).ok_or_else(no_such_code)?;
        let own = |person: api::PersonId| name.issued_by == Some(ids::PersonId(person.0));
        match by {
            Principal::LocalOwner | Principal::Person { role: api::Role::Owner, .. } => Ok(()),
            Principal::Person { person, .. } if own(person) => Ok(()),
            Principal::Person { .. } | Principal::Anyone => {
                let detail =
                    "only an owner takes back or pauses a code that somebody else gave out";
                Err(Problem::new(ProblemKind::Forbidden, detail))
            }
        }
    }

    fn show_code(&self, code: &CodeWithPersonal, now: Timestamp) -> CodeView {
        let CodeWithPersonal { code, personal, issued_at, issued_by } = code;
        let shown = Shown(&self.directory);
        let Personal { guest, carrier, reference, instructions } =
            Personal::read(personal.as_deref());
        let terms = match &code.kind {
            CodeKind::OneTime(window) => {
                let window = api::code::Window { from: window.from, until: window.until };
                CodeTerms::Delivery { window, carrier, reference, instructions }
            }
            CodeKind::Scheduled { schedule, uses_left } => CodeTerms::Guest {
                name: guest,
                schedule: schedule_view(schedule),
                uses_left: *uses_left,
            },
            CodeKind::BreakGlass => CodeTerms::BreakGlass,
            CodeKind::Duress { resembles } => CodeTerms::Duress { resembles: CodeId(resembles.0) },
        };
        CodeView {
            id: CodeId(code.id.0),
            doors: code.doors.iter().map(|door| shown.door(*door)).collect(),
            issued_at: *issued_at,
            issued_by: issued_by.map(|person| api::PersonId(person.0)),
            state: state_of(code, now),
            terms,
        }
    }
}

fn no_such_code() -> Problem {
    Problem::new(ProblemKind::NotFound, "there is no such code, or it is over already")
}

fn state_of(code: &CodeRecord, now: Timestamp) -> CodeState {
    match (code.tombstone, code.standing, &code.kind) {
        (Some(Tombstone::Spent), ..) => CodeState::Spent,
        (Some(Tombstone::Expired), ..) => CodeState::Expired,
        (Some(Tombstone::Cancelled), ..) => CodeState::Cancelled,
        (None, Standing::Paused, _) => CodeState::Paused,
        (None, Standing::InForce, CodeKind::OneTime(window)) if now < window.from => {
            CodeState::Waiting
        }
        // The tombstone follows within a minute.
        (None, Standing::InForce, CodeKind::OneTime(window)) if now >= window.until => {
            CodeState::Expired
        }
        (
            None,
            Standing::InForce,
            CodeKind::OneTime(_)
            | CodeKind::Scheduled { .. }
            | CodeKind::BreakGlass
            | CodeKind::Duress { .. },
        ) => CodeState::Live,
    }
}

/// The days of the week, on the wire and in the calendar.
const DAYS: [(Day, Weekday); 7] = [
    (Day::Mon, Weekday::Monday),
    (Day::Tue, Weekday::Tuesday),
    (Day::Wed, Weekday::Wednesday),
    (Day::Thu, Weekday::Thursday),
    (Day::Fri, Weekday::Friday),
    (Day::Sat, Weekday::Saturday),
    (Day::Sun, Weekday::Sunday),
];

fn schedule_of(schedule: &api::code::Schedule) -> Schedule {
    let named = DAYS.iter().filter(|(day, _)| schedule.days.contains(day));
    Schedule {
        days: named.fold(Days::default(), |days, (_, weekday)| days.with(*weekday)),
        from: schedule.from,
        until: schedule.until,
        first: schedule.first,
        last: schedule.last,
    }
}

fn schedule_view(schedule: &Schedule) -> api::code::Schedule {
    let in_set = DAYS.iter().filter(|(_, weekday)| schedule.days.contains(*weekday));
    api::code::Schedule {
        days: in_set.map(|(day, _)| *day).collect(),
        from: schedule.from,
        until: schedule.until,
        first: schedule.first,
        last: schedule.last,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn a_schedule_survives_the_way_to_the_core_and_back() {
        let schedule = api::code::Schedule {
            days: vec![Day::Mon, Day::Sun],
            from: time(9, 0, 0, 0),
            until: time(12, 30, 0, 0),
            first: None,
            last: None,
        };
        assert_eq!(schedule_view(&schedule_of(&schedule)), schedule);
    }
}
