//! What can happen in a year.

use doorward_core::door::{Approval, Bolt, Contact, Recording};
use doorward_core::io::CameraFault;
use proptest::prelude::*;

#[derive(Debug, Clone)]
pub(super) enum Step {
    Type {
        pad: usize,
        what: Typed,
    },
    /// A code is given out and typed at its door, and the camera sees it.
    Deliver {
        door: usize,
    },
    Bolt {
        door: usize,
        bolt: Bolt,
    },
    /// The lock does what it was told last, and says so.
    Obey {
        door: usize,
    },
    Contact(Contact),
    Offline {
        device: usize,
    },
    Online {
        device: usize,
    },
    Undelivered,
    Film(Result<(), CameraFault>),
    CameraLost,
    /// The disk takes all that waits for it.
    Written,
    /// The disk takes the next batch, or does not, and says so, or does not.
    Disk(DiskDoes),
    Wait {
        ms: u64,
    },
    /// Time passes and nobody wakes the hub.
    Sleep {
        ms: u64,
    },
    SetClock {
        by_s: i64,
    },
    /// The plug is pulled after the disk has taken so many more batches.
    Crash {
        written: usize,
    },
    Stop,
    Issue {
        door: usize,
        kind: Kind,
    },
    Cancel {
        code: usize,
    },
    Pause {
        code: usize,
    },
    Resume {
        code: usize,
    },
    Unlock {
        door: usize,
    },
    Lock {
        door: usize,
    },
    Block {
        door: usize,
    },
    Approve {
        door: usize,
    },
    Rearm {
        pad: usize,
    },
    ConfirmClock,
    Policy {
        door: usize,
        recording: Recording,
        approval: Approval,
    },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Typed {
    /// One of the codes given out so far, live or over.
    Code(usize),
    Latest,
    Wrong,
    Malformed,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    OneTime { from_s: i64, length_s: i64 },
    Guest { uses: Option<u32> },
    BreakGlass,
    Duress { of: usize },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum DiskDoes {
    Writes,
    Fails,
    /// It writes, and reports that it failed.
    FailsAfterWriting,
}

pub(super) fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..4usize, any_typed()).prop_map(|(pad, what)| Step::Type { pad, what }),
        8 => (0..2usize).prop_map(|door| Step::Deliver { door }),
        6 => (0..2usize, any_bolt()).prop_map(|(door, bolt)| Step::Bolt { door, bolt }),
        12 => (0..2usize).prop_map(|door| Step::Obey { door }),
        8 => any_contact().prop_map(Step::Contact),
        2 => (0..4usize).prop_map(|device| Step::Offline { device }),
        2 => (0..4usize).prop_map(|device| Step::Online { device }),
        1 => Just(Step::Undelivered),
        10 => any_filming().prop_map(Step::Film),
        1 => Just(Step::CameraLost),
        30 => Just(Step::Written),
        4 => any_disk().prop_map(Step::Disk),
        14 => any_time().prop_map(|ms| Step::Wait { ms }),
        2 => any_time().prop_map(|ms| Step::Sleep { ms }),
        1 => any_jump().prop_map(|by_s| Step::SetClock { by_s }),
        2 => (0..4usize).prop_map(|written| Step::Crash { written }),
        1 => Just(Step::Stop),
        8 => (0..2usize, any_kind()).prop_map(|(door, kind)| Step::Issue { door, kind }),
        1 => (0..32usize).prop_map(|code| Step::Cancel { code }),
        2 => (0..32usize).prop_map(|code| Step::Pause { code }),
        2 => (0..32usize).prop_map(|code| Step::Resume { code }),
        2 => (0..2usize).prop_map(|door| Step::Unlock { door }),
        2 => (0..2usize).prop_map(|door| Step::Lock { door }),
        1 => (0..2usize).prop_map(|door| Step::Block { door }),
        4 => (0..2usize).prop_map(|door| Step::Approve { door }),
        1 => (0..4usize).prop_map(|pad| Step::Rearm { pad }),
        3 => Just(Step::ConfirmClock),
        2 => (0..2usize, any_recording(), any_approval()).prop_map(
            |(door, recording, approval)| Step::Policy { door, recording, approval }
        ),
    ]
}

fn any_typed() -> impl Strategy<Value = Typed> {
    prop_oneof![
        3 => (0..32usize).prop_map(Typed::Code),
        6 => Just(Typed::Latest),
        2 => Just(Typed::Wrong),
        1 => Just(Typed::Malformed),
    ]
}

fn any_bolt() -> impl Strategy<Value = Bolt> {
    use Bolt::{Jammed, Moving, Retracted, Thrown, Unknown};
    prop::sample::select(vec![
        Thrown, Thrown, Thrown, Retracted, Retracted, Moving, Jammed, Unknown,
    ])
}

fn any_contact() -> impl Strategy<Value = Contact> {
    prop::sample::select(vec![Contact::Closed, Contact::Closed, Contact::Open])
}

fn any_filming() -> impl Strategy<Value = Result<(), CameraFault>> {
    use CameraFault::{Frozen, Refused, Unavailable, Unjudged};
    prop_oneof![
        8 => Just(Ok(())),
        1 => prop::sample::select(vec![Unavailable, Refused, Frozen, Unjudged]).prop_map(Err),
    ]
}

fn any_disk() -> impl Strategy<Value = DiskDoes> {
    use DiskDoes::{Fails, FailsAfterWriting, Writes};
    prop::sample::select(vec![Writes, Writes, Fails, FailsAfterWriting])
}

fn any_time() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..100u64,
        4 => 100..4000u64,
        4 => 4000..40_000u64,
        2 => 40_000..400_000u64,
        1 => 400_000..100_000_000u64,
    ]
}

fn any_jump() -> impl Strategy<Value = i64> {
    prop_oneof![-290..290i64, -100_000..100_000i64, Just(-2_000_000_000i64), Just(400_000_000i64)]
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        6 => (-60..3600i64, 1..86_400i64)
            .prop_map(|(from_s, length_s)| Kind::OneTime { from_s, length_s }),
        3 => Just(Kind::OneTime { from_s: 0, length_s: 14_400 }),
        2 => prop::option::of(1..4u32).prop_map(|uses| Kind::Guest { uses }),
        1 => Just(Kind::BreakGlass),
        2 => (0..32usize).prop_map(|of| Kind::Duress { of }),
    ]
}

fn any_recording() -> impl Strategy<Value = Recording> {
    use Recording::{Off, Preferred, Required};
    prop::sample::select(vec![Required, Required, Preferred, Off])
}

fn any_approval() -> impl Strategy<Value = Approval> {
    prop::sample::select(vec![Approval::None, Approval::None, Approval::Tap])
}
