//! The physics of one door: a bolt that takes its time, a leaf that people move, and what can be
//! wrong with either. No sockets and no clock of its own: it is told the time and asked when it
//! wants to be told again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Where the bolt is, in the words of the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bolt {
    /// In the frame: locked.
    Thrown,
    /// In the door: unlocked.
    Retracted,
    /// On its way.
    Moving,
    /// Stuck half-way.
    Jammed,
    /// The lock cannot tell.
    Unknown,
}

/// What the lock is told to do with the bolt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Turn {
    /// Unlock.
    Retract,
    /// Lock.
    Throw,
}

/// Where the leaf is, in the words of the dialect's contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Leaf {
    /// Ajar or wide.
    Open,
    /// In the frame.
    Closed,
}

/// What is wrong with the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LockFault {
    /// Nothing.
    #[default]
    None,
    /// It hears and neither moves nor answers.
    Silent,
    /// The bolt sticks whenever it is thrown.
    Jammed,
    /// The bolt sticks once and then works again.
    Sticky,
}

/// What is wrong with the contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContactFault {
    /// Nothing.
    #[default]
    None,
    /// It reports nothing.
    Missing,
    /// It says closed, whatever the leaf does.
    Lying,
}

/// What the person outside does when the bolt is retracted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visitor {
    /// Opens, puts the parcel down, closes.
    #[default]
    Polite,
    /// Goes away without opening.
    Absent,
    /// Opens and leaves the door open.
    Careless,
}

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// The bolt from end to end.
    pub bolt: Duration,
    /// From the retracted bolt to the open leaf.
    pub until_open: Duration,
    /// How long a polite visitor leaves the leaf open.
    pub open_for: Duration,
}

impl Pace {
    /// As in a real house, for people to watch.
    pub const LIFELIKE: Self = Self {
        bolt: Duration::from_millis(300),
        until_open: Duration::from_millis(1_200),
        open_for: Duration::from_millis(3_000),
    };

    /// For tests that have no time.
    pub const BRISK: Self = Self {
        bolt: Duration::from_millis(20),
        until_open: Duration::from_millis(40),
        open_for: Duration::from_millis(80),
    };
}

/// Something to see or to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// The lock reports its bolt.
    Bolt(Bolt),
    /// The leaf moved, whatever the contact says of it.
    Leaf(Leaf),
    /// The bolt was thrown while the leaf was open: the one thing a hub must never ask for.
    ThrownOnOpenLeaf,
}

/// One door.
#[derive(Debug)]
pub struct Door {
    pace: Pace,
    bolt: Bolt,
    leaf: Leaf,
    fault: LockFault,
    visitor: Visitor,
    bolt_arrives: Option<(Instant, Turn)>,
    leaf_moves: Option<(Instant, Leaf)>,
    happenings: VecDeque<Happening>,
}

impl Door {
    /// A closed, locked door.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            bolt: Bolt::Thrown,
            leaf: Leaf::Closed,
            fault: LockFault::None,
            visitor: Visitor::Polite,
            bolt_arrives: None,
            leaf_moves: None,
            happenings: VecDeque::new(),
        }
    }

    /// Where the bolt is.
    #[must_use]
    pub const fn bolt(&self) -> Bolt {
        self.bolt
    }

    /// Where the leaf is.
    #[must_use]
    pub const fn leaf(&self) -> Leaf {
        self.leaf
    }

    /// Breaks or mends the lock.
    pub const fn set_fault(&mut self, fault: LockFault) {
        self.fault = fault;
    }

    /// Says who comes next.
    pub const fn set_visitor(&mut self, visitor: Visitor) {
        self.visitor = visitor;
    }

    /// Whether the lock answers at all.
    #[must_use]
    pub fn lock_answers(&self) -> bool {
        self.fault != LockFault::Silent
    }

    /// The lock starts to turn.
    pub fn turn(&mut self, turn: Turn, now: Instant) {
        if !self.lock_answers() {
            return;
        }
        if turn == Turn::Throw && self.leaf == Leaf::Open {
            self.happenings.push_back(Happening::ThrownOnOpenLeaf);
        }
        self.bolt = Bolt::Moving;
        self.happenings.push_back(Happening::Bolt(Bolt::Moving));
        self.bolt_arrives = Some((now + self.pace.bolt, turn));
    }

    /// A hand moves the leaf. A leaf held by the bolt stays where it is.
    pub fn push(&mut self, leaf: Leaf) {
        let held = leaf == Leaf::Open && self.bolt != Bolt::Retracted;
        if held || leaf == self.leaf {
            return;
        }
        self.leaf = leaf;
        self.happenings.push_back(Happening::Leaf(leaf));
    }

    /// When [`Door::elapse`] has something to do next.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let bolt = self.bolt_arrives.map(|(at, _)| at);
        let leaf = self.leaf_moves.map(|(at, _)| at);
        bolt.into_iter().chain(leaf).min()
    }

    /// Lets what is due by `now` happen.
    pub fn elapse(&mut self, now: Instant) {
        if let Some((_, turn)) = self.bolt_arrives.take_if(|(at, _)| *at <= now) {
            self.arrive(turn, now);
        }
        if let Some((_, leaf)) = self.leaf_moves.take_if(|(at, _)| *at <= now) {
            self.move_leaf(leaf, now);
        }
    }

    /// The next thing that happened.
    pub fn happened(&mut self) -> Option<Happening> {
        self.happenings.pop_front()
    }

    fn arrive(&mut self, turn: Turn, now: Instant) {
        self.bolt = match (turn, self.fault) {
            (Turn::Retract, _) => Bolt::Retracted,
            (Turn::Throw, LockFault::Jammed | LockFault::Sticky) => Bolt::Jammed,
            (Turn::Throw, LockFault::None | LockFault::Silent) => Bolt::Thrown,
        };
        if turn == Turn::Throw && self.fault == LockFault::Sticky {
            self.fault = LockFault::None;
        }
        self.happenings.push_back(Happening::Bolt(self.bolt));
        let enters = matches!(self.visitor, Visitor::Polite | Visitor::Careless);
        if self.bolt == Bolt::Retracted && self.leaf == Leaf::Closed && enters {
            self.leaf_moves = Some((now + self.pace.until_open, Leaf::Open));
        }
    }

    fn move_leaf(&mut self, leaf: Leaf, now: Instant) {
        self.push(leaf);
        if self.leaf == Leaf::Open && self.visitor == Visitor::Polite {
            self.leaf_moves = Some((now + self.pace.open_for, Leaf::Closed));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets time pass until nothing is due; returns what happened.
    fn settle(door: &mut Door) -> Vec<Happening> {
        while let Some(due) = door.deadline() {
            door.elapse(due);
        }
        std::iter::from_fn(|| door.happened()).collect()
    }

    #[test]
    fn a_polite_visitor_opens_and_closes_after_the_bolt_is_retracted() {
        let mut door = Door::new(Pace::BRISK);
        door.turn(Turn::Retract, Instant::now());
        assert_eq!(
            settle(&mut door),
            [
                Happening::Bolt(Bolt::Moving),
                Happening::Bolt(Bolt::Retracted),
                Happening::Leaf(Leaf::Open),
                Happening::Leaf(Leaf::Closed),
            ]
        );
    }

    #[test]
    fn a_thrown_bolt_holds_the_leaf() {
        let mut door = Door::new(Pace::BRISK);
        door.push(Leaf::Open);
        assert_eq!(door.leaf(), Leaf::Closed);
    }

    #[test]
    fn throwing_the_bolt_on_an_open_leaf_is_told() {
        let mut door = Door::new(Pace::BRISK);
        door.set_visitor(Visitor::Careless);
        door.turn(Turn::Retract, Instant::now());
        settle(&mut door);
        door.turn(Turn::Throw, Instant::now());
        assert!(settle(&mut door).contains(&Happening::ThrownOnOpenLeaf));
    }

    #[test]
    fn a_silent_lock_does_nothing() {
        let mut door = Door::new(Pace::BRISK);
        door.set_fault(LockFault::Silent);
        door.turn(Turn::Retract, Instant::now());
        assert_eq!((settle(&mut door), door.bolt()), (vec![], Bolt::Thrown));
    }

    #[test]
    fn a_sticky_bolt_jams_once() {
        let mut door = Door::new(Pace::BRISK);
        door.set_fault(LockFault::Sticky);
        door.turn(Turn::Throw, Instant::now());
        settle(&mut door);
        assert_eq!(door.bolt(), Bolt::Jammed);
        door.turn(Turn::Throw, Instant::now());
        settle(&mut door);
        assert_eq!(door.bolt(), Bolt::Thrown);
    }

    #[test]
    fn an_absent_visitor_leaves_the_leaf_alone() {
        let mut door = Door::new(Pace::BRISK);
        door.set_visitor(Visitor::Absent);
        door.turn(Turn::Retract, Instant::now());
        settle(&mut door);
        assert_eq!(door.leaf(), Leaf::Closed);
    }
}
