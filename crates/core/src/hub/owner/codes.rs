//! Giving out codes and taking them back.

use std::time::Duration;

use jiff::SignedDuration;
use rand_core::CryptoRng;

use crate::batch::Change;
use crate::code::{CodeKind, CodeKindName, CodeRecord, Standing, Tombstone, Window};
use crate::codes::TakenAt;
use crate::event::{ClockTrust, LogEvent};
use crate::ids::{CodeId, DoorId, HouseholdId};
use crate::io::{NewCode, NewCodeKind, Refusal, Reply, RequestId};
use crate::mint::mint;
use crate::schedule::{Admits, Schedule};

use super::super::Hub;
use super::super::visit::take;

/// The longest window of a one-time code.
const LONGEST_WINDOW: Duration = Duration::from_secs(24 * 3600);

impl Hub {
    pub(in crate::hub) fn issue(
        &mut self,
        request: RequestId,
        wanted: NewCode,
        chance: &mut dyn CryptoRng,
    ) {
        let answer = self.issue_code(wanted, chance);
        self.answer_owner(request, answer);
    }

    fn issue_code(
        &mut self,
        wanted: NewCode,
        chance: &mut dyn CryptoRng,
    ) -> Result<Reply, Refusal> {
        let NewCode { household, doors, kind, personal } = wanted;
        let (kind, doors) = self.check_kind(household, doors, kind)?;
        self.check_doors(household, &doors)?;
        if !self.codes.has_room(&doors, &kind) {
            return Err(Refusal::TooManyCodes);
        }
        let taken = TakenAt { codes: &self.codes, doors: &doors };
        let digits = mint(chance, &self.key, &taken);
        let (mac, prefix_mac) = (self.key.mac(&digits), self.key.prefix_mac(&digits));
        let id = CodeId(take(&mut self.ids.code));
        let kind_name = kind.name();
        let (tombstone, standing) = (None, Standing::InForce);
        let code = CodeRecord { id, household, doors, kind, mac, prefix_mac, tombstone, standing };
        let doors = code.doors.clone();
        self.codes.add(code.clone());
        self.change(Change::CodeAdded { code, personal, by: self.asker() });
        self.log(LogEvent::CodeIssued { code: id, kind: kind_name, household, doors });
        Ok(Reply::Code { code: id, digits })
    }

    fn check_doors(&self, household: HouseholdId, doors: &[DoorId]) -> Result<(), Refusal> {
        if doors.is_empty() {
            return Err(Refusal::BadDoors);
        }
        for door in doors {
            let site = self.sites.get(door).ok_or(Refusal::NoSuchDoor)?;
            if !site.door.households.contains(&household) {
                return Err(Refusal::NotThisHousehold);
            }
        }
        Ok(())
    }

    fn check_kind(
        &self,
        household: HouseholdId,
        doors: Vec<DoorId>,
        kind: NewCodeKind,
    ) -> Result<(CodeKind, Vec<DoorId>), Refusal> {
        match kind {
            NewCodeKind::OneTime(window) => {
                self.check_delivery(&doors, &window)?;
                Ok((CodeKind::OneTime(window), doors))
            }
            NewCodeKind::Scheduled { schedule, uses } => {
                self.check_guest(&schedule, uses)?;
                Ok((CodeKind::Scheduled { schedule, uses_left: uses }, doors))
            }
            NewCodeKind::BreakGlass => Ok((CodeKind::BreakGlass, doors)),
            NewCodeKind::Duress { resembles } => {
                let other = self.codes.live(resembles).ok_or(Refusal::NoSuchCode)?;
                let fits = match other.kind.name() {
                    CodeKindName::OneTime | CodeKindName::Scheduled => true,
                    CodeKindName::BreakGlass | CodeKindName::Duress => false,
                };
                if !fits || other.household != household {
                    return Err(Refusal::NoSuchCode);
                }
                Ok((CodeKind::Duress { resembles }, other.doors.clone()))
            }
        }
    }

    fn check_delivery(&self, doors: &[DoorId], window: &Window) -> Result<(), Refusal> {
        if self.clock.trust() == ClockTrust::Untrusted {
            return Err(Refusal::ClockUntrusted);
        }
        if doors.len() != 1 {
            return Err(Refusal::BadDoors);
        }
        let length = window.until.duration_since(window.from);
        let longest = SignedDuration::try_from(LONGEST_WINDOW).unwrap_or(SignedDuration::ZERO);
        let over = window.until <= self.clock.wall();
        if !length.is_positive() || length > longest || over {
            return Err(Refusal::BadWindow);
        }
        Ok(())
    }

    fn check_guest(&self, schedule: &Schedule, uses: Option<u32>) -> Result<(), Refusal> {
        let over = schedule.admits(self.clock.wall(), &self.zone) == Admits::NoLonger;
        let reversed = matches!((schedule.first, schedule.last), (Some(a), Some(b)) if b < a);
        if schedule.days.is_empty() || over || reversed || uses == Some(0) {
            return Err(Refusal::BadSchedule);
        }
        Ok(())
    }

    pub(super) fn cancel_code(&mut self, code: CodeId) -> Result<Reply, Refusal> {
        if self.codes.live(code).is_none() {
            return Err(Refusal::NoSuchCode);
        }
        self.end_code(code, Tombstone::Cancelled);
        Ok(Reply::Done)
    }

    /// A visit that waits for its camera is judged once more when it is decided, and
    /// finds the code paused.
    pub(super) fn pause_code(&mut self, code: CodeId) -> Result<Reply, Refusal> {
        if self.standing_to_change(code)? == Standing::InForce {
            self.codes.stand(code, Standing::Paused);
            self.change(Change::CodeStanding(code, Standing::Paused));
            self.log(LogEvent::CodePaused { code });
        }
        Ok(Reply::Done)
    }

    pub(super) fn resume_code(&mut self, code: CodeId) -> Result<Reply, Refusal> {
        if self.standing_to_change(code)? == Standing::InForce {
            return Ok(Reply::Done);
        }
        self.codes.stand(code, Standing::InForce);
        self.change(Change::CodeStanding(code, Standing::InForce));
        self.log(LogEvent::CodeResumed { code });
        Ok(Reply::Resumed(code))
    }

    /// A delivery's code has a window of its own, and a duress code follows the one that
    /// it resembles.
    fn standing_to_change(&self, code: CodeId) -> Result<Standing, Refusal> {
        let code = self.codes.live(code).ok_or(Refusal::NoSuchCode)?;
        match code.kind.name() {
            CodeKindName::Scheduled | CodeKindName::BreakGlass => Ok(code.standing),
            CodeKindName::OneTime | CodeKindName::Duress => Err(Refusal::NotToBePaused),
        }
    }
}
