//! All codes the hub knows, live and over, and what a typed one is worth.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::batch::Change;
use crate::code::{CodeKind, CodeMac, CodeRecord, PrefixMac, Standing, Tombstone, Window};
use crate::entry::Reason;
use crate::event::ClockTrust;
use crate::ids::{CodeId, DoorId};
use crate::mint::Taken;
use crate::schedule::Admits;

mod room;

/// All codes, by number and by MAC.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    by_id: BTreeMap<CodeId, CodeRecord>,
    by_mac: HashMap<CodeMac, CodeId>,
}

/// Where and when a code was typed.
pub(crate) struct Presented<'a> {
    pub(crate) door: DoorId,
    pub(crate) wall: Timestamp,
    pub(crate) trust: ClockTrust,
    pub(crate) zone: &'a TimeZone,
}

/// What opening with a code does to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spending {
    /// It will never open again.
    Ends(CodeId),
    /// It has this many uses left.
    Leaves(CodeId, u32),
    /// It stays as it is.
    Nothing,
}

impl Codes {
    pub(crate) fn restore(records: Vec<CodeRecord>) -> Self {
        let mut codes = Self::default();
        records.into_iter().for_each(|record| codes.add(record));
        codes
    }

    pub(crate) fn add(&mut self, record: CodeRecord) {
        self.by_mac.insert(record.mac, record.id);
        self.by_id.insert(record.id, record);
    }

    pub(crate) fn by_mac(&self, mac: &CodeMac) -> Option<&CodeRecord> {
        self.by_mac.get(mac).and_then(|id| self.by_id.get(id))
    }

    pub(crate) fn live(&self, id: CodeId) -> Option<&CodeRecord> {
        self.by_id.get(&id).filter(|code| code.tombstone.is_none())
    }

    pub(crate) fn get(&self, id: CodeId) -> Option<&CodeRecord> {
        self.by_id.get(&id)
    }

    /// Ends a code. An end is an end: a second one changes nothing.
    pub(crate) fn end(&mut self, id: CodeId, why: Tombstone) {
        if let Some(code) = self.by_id.get_mut(&id) {
            code.tombstone.get_or_insert(why);
        }
    }

    /// Has a code that is not over open, or not.
    pub(crate) fn stand(&mut self, id: CodeId, standing: Standing) {
        if let Some(code) = self.by_id.get_mut(&id) {
            code.standing = standing;
        }
    }

    /// Says whether a code opens this door at this moment.
    pub(crate) fn judge(&self, code: &CodeRecord, at: &Presented<'_>) -> Result<(), Reason> {
        if let Some(tombstone) = code.tombstone {
            return Err(tombstone.into());
        }
        if !code.doors.contains(&at.door) {
            return Err(Reason::WrongDoor);
        }
        if code.standing == Standing::Paused {
            return Err(Reason::Paused);
        }
        match &code.kind {
            CodeKind::BreakGlass => Ok(()),
            CodeKind::OneTime(window) => at.trusted().and_then(|()| within(window, at.wall)),
            CodeKind::Scheduled { schedule, .. } => {
                at.trusted()?;
                match schedule.admits(at.wall, at.zone) {
                    Admits::Yes => Ok(()),
                    Admits::NotThen => Err(Reason::OutsideSchedule),
                    Admits::NotYet => Err(Reason::TooEarly),
                    Admits::NoLonger => Err(Reason::Expired),
                }
            }
            CodeKind::Duress { resembles } => match self.resembled(*resembles) {
                Some(other) => self.judge(other, at),
                None => Err(Reason::Cancelled),
            },
        }
    }

    /// Spends one use, at once and for good, and says what became of the code.
    pub(crate) fn spend(&mut self, id: CodeId) -> Spending {
        let Some(code) = self.by_id.get_mut(&id) else {
            return Spending::Nothing;
        };
        let spending = match &mut code.kind {
            CodeKind::OneTime(_) => Spending::Ends(id),
            CodeKind::Scheduled { uses_left: Some(left), .. } => {
                *left = left.saturating_sub(1);
                if *left == 0 { Spending::Ends(id) } else { Spending::Leaves(id, *left) }
            }
            CodeKind::Scheduled { uses_left: None, .. } | CodeKind::BreakGlass => Spending::Nothing,
            CodeKind::Duress { resembles } => {
                let other = *resembles;
                return match self.resembled(other) {
                    Some(_) => self.spend(other),
                    None => Spending::Nothing,
                };
            }
        };
        if let Spending::Ends(id) = spending {
            self.end(id, Tombstone::Spent);
        }
        spending
    }

    /// Returns the rows that say what is left of a code.
    pub(crate) fn rows_of(&self, id: CodeId) -> Vec<Change> {
        let Some(code) = self.by_id.get(&id) else {
            return Vec::new();
        };
        if let Some(why) = code.tombstone {
            return vec![Change::CodeEnded(id, why)];
        }
        let uses = match &code.kind {
            CodeKind::Scheduled { uses_left, .. } => *uses_left,
            CodeKind::OneTime(_) | CodeKind::BreakGlass | CodeKind::Duress { .. } => None,
        };
        let uses = uses.map(|left| Change::CodeUsesLeft(id, left));
        uses.into_iter().chain([Change::CodeStanding(id, code.standing)]).collect()
    }

    /// Forgets a code that never came to be.
    pub(crate) fn forget(&mut self, id: CodeId) {
        if let Some(code) = self.by_id.remove(&id) {
            self.by_mac.remove(&code.mac);
        }
    }

    /// Returns live codes that are over at this moment, and why. A duress code
    /// ends with the code that it resembles, for the same reason.
    pub(crate) fn overdue(&self, wall: Timestamp, zone: &TimeZone) -> Vec<(CodeId, Tombstone)> {
        let over = |code: &CodeRecord| match &code.kind {
            CodeKind::OneTime(window) => (wall >= window.until).then_some(Tombstone::Expired),
            CodeKind::Scheduled { schedule, .. } => {
                (schedule.admits(wall, zone) == Admits::NoLonger).then_some(Tombstone::Expired)
            }
            CodeKind::Duress { resembles } => match self.by_id.get(resembles) {
                Some(other) => other.tombstone,
                None => Some(Tombstone::Cancelled),
            },
            CodeKind::BreakGlass => None,
        };
        let live = self.by_id.values().filter(|code| code.tombstone.is_none());
        live.filter_map(|code| over(code).map(|why| (code.id, why))).collect()
    }

    /// Returns how many codes would open this door at this moment. A code whose
    /// time a clock in doubt cannot tell is counted: it may be the time.
    pub(crate) fn openable(&self, at: &Presented<'_>) -> u32 {
        let opens = |code: &&CodeRecord| {
            matches!(self.judge(code, at), Ok(()) | Err(Reason::ClockUntrusted))
        };
        number(self.live_at(at.door).filter(opens).count())
    }

    /// Returns how many emergency codes a door has.
    pub(crate) fn urgent(&self, door: DoorId) -> u32 {
        let urgent = |code: &&CodeRecord| {
            matches!(code.kind, CodeKind::BreakGlass) && code.standing == Standing::InForce
        };
        number(self.live_at(door).filter(urgent).count())
    }

    /// Returns the code that a duress code resembles, which is never another
    /// duress code: the chain has one link.
    fn resembled(&self, id: CodeId) -> Option<&CodeRecord> {
        self.by_id.get(&id).filter(|code| !matches!(code.kind, CodeKind::Duress { .. }))
    }

    fn live_at(&self, door: DoorId) -> impl Iterator<Item = &CodeRecord> {
        let live = self.by_id.values().filter(|code| code.tombstone.is_none());
        live.filter(move |code| code.doors.contains(&door))
    }
}

/// The codes that a new one at these doors must stay clear of.
pub(crate) struct TakenAt<'a> {
    pub(crate) codes: &'a Codes,
    pub(crate) doors: &'a [DoorId],
}

impl Taken for TakenAt<'_> {
    /// Dead codes count everywhere: a spent code's digits must never open.
    fn code(&self, mac: &CodeMac) -> bool {
        self.codes.by_mac.contains_key(mac)
    }

    fn prefix(&self, prefix: &PrefixMac) -> bool {
        let live = self.codes.by_id.values().filter(|code| code.tombstone.is_none());
        live.filter(|code| code.doors.iter().any(|door| self.doors.contains(door)))
            .any(|code| code.prefix_mac == *prefix)
    }
}

impl Presented<'_> {
    fn trusted(&self) -> Result<(), Reason> {
        match self.trust {
            ClockTrust::Trusted => Ok(()),
            ClockTrust::Untrusted => Err(Reason::ClockUntrusted),
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn within(window: &Window, wall: Timestamp) -> Result<(), Reason> {
    if wall < window.from {
        Err(Reason::TooEarly)
    } else if wall >= window.until {
        Err(Reason::Expired)
    } else {
        Ok(())
    }
}

impl From<Tombstone> for Reason {
    fn from(tombstone: Tombstone) -> Self {
        match tombstone {
            Tombstone::Spent => Self::Spent,
            Tombstone::Expired => Self::Expired,
            Tombstone::Cancelled => Self::Cancelled,
        }
    }
}
