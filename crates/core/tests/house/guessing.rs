//! S10 against somebody who tries for a year at every moment at which a keypad
//! listens, while every alert is ignored.

use doorward_core::code::AccessCode;
use doorward_core::device::DeviceReport;
use doorward_core::hub::{Hub, KeypadView};
use doorward_core::io::{Input, NewCodeKind};
use doorward_core::throttle::ThrottleRecord;
use doorward_core::time::HubTime;
use jiff::tz::TimeZone;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::house::{HOUSEHOLD, House, KEYPAD, SECOND_KEYPAD, device, key, seconds};
use crate::schedules::every_day;

/// How many of the hundred million codes the mint gives out; whoever guesses
/// knows which.
const MINTED: f64 = 93_485_766.0;

const PROMISE: f64 = 1.1e-4;
const DAY: u64 = 24 * 3600;
const WRONG: &str = "9182 7364";

/// The codes that open the door, the whole year round.
#[derive(Debug, Clone, Copy)]
struct Codes {
    guests: u32,
    doubles: u32,
    emergencies: u32,
}

/// How often somebody guesses while only the emergency code would open, before
/// he leaves for a day, for a clean slate.
#[derive(Debug, Clone, Copy)]
struct Patience(u32);

const NEVER_LEAVES: Patience = Patience(u32::MAX);

/// Returns a guest's digits, or none if there is no guest.
fn give_out(house: &mut House, codes: Codes) -> Option<String> {
    let mut issue = |kind| house.issue(HOUSEHOLD, &[house.door], kind).unwrap();
    let schedule = every_day("00:00", "00:00");
    let guest = NewCodeKind::Scheduled { schedule, uses: None };
    let guests: Vec<_> = (0..codes.guests).map(|_| issue(guest.clone())).collect();
    for (resembles, _) in guests.iter().take(codes.doubles.try_into().unwrap()) {
        issue(NewCodeKind::Duress { resembles: *resembles });
    }
    for _ in 0..codes.emergencies {
        issue(NewCodeKind::BreakGlass);
    }
    guests.into_iter().next().map(|(_, digits)| digits)
}

/// Says whether a guest would be let in: a twin of the hub, made of what the
/// disk holds, hears his code at this very moment.
fn would_open(house: &House, keypad: &str, digits: &str) -> bool {
    let mut twin = Hub::restore(house.disk.snapshot(), key(), TimeZone::UTC, house.now);
    let code = AccessCode::parse(digits);
    let typed = Input::Device(device(keypad), DeviceReport::Typed { code, transaction: 1 });
    twin.handle(typed, house.now, &mut ChaCha20Rng::seed_from_u64(3));
    twin.door(house.door).unwrap().entry.is_some()
}

fn record(house: &House, keypad: &str) -> ThrottleRecord {
    let views = house.hub.keypads();
    let view = views.into_iter().find(|view: &KeypadView| view.keypad.as_str() == keypad);
    view.map(|view| view.throttle).unwrap_or_default()
}

/// Lets time pass unseen: a hub that sleeps the year through owes nothing to
/// its own wakings.
fn until(house: &mut House, at: HubTime) {
    let time = at.since(house.now.mono);
    house.now.mono = house.now.mono + time;
    house.now.wall += time;
}

/// Returns the odds that a year of guessing opens the door, and the number of
/// guesses that were heard.
fn a_year(codes: Codes, patience: Patience) -> (f64, u32) {
    let mut house = House::new();
    let guest = give_out(&mut house, codes);
    let end = house.now.mono + seconds(365 * DAY);
    let (mut heard, mut heard_by_guests, mut odds, mut tries_at_rest) = (0, 0, 0.0, 0);
    loop {
        let pads = [KEYPAD, SECOND_KEYPAD].map(|pad| (record(&house, pad), pad));
        let (law, pad) = pads.into_iter().min_by_key(|(law, _)| law.locked_until).unwrap();
        let soonest = law.locked_until.max(house.now.mono);
        until(&mut house, soonest);
        if house.now.mono > end {
            assert!(guest.is_none() || heard_by_guests > 0, "guests were never at risk");
            return (odds, heard);
        }
        let resting = law.suspends(house.now.mono);
        if resting && tries_at_rest >= patience.0 {
            let morning = house.now.mono + seconds(DAY);
            until(&mut house, law.suspended_until.max(morning));
            tries_at_rest = 0;
            continue;
        }
        tries_at_rest = if resting { tries_at_rest + 1 } else { 0 };
        let guests_too = guest.as_ref().is_some_and(|digits| would_open(&house, pad, digits));
        assert!(!(resting && guests_too), "a suspended guest");
        let guests = if guests_too { codes.guests + codes.doubles } else { 0 };
        odds += f64::from(guests + codes.emergencies) / MINTED;
        heard_by_guests += u32::from(guests_too);
        heard += 1;
        house.type_at(pad, WRONG);
        assert_eq!(record(&house, pad).unheard, 0, "it was heard");
        house.forget();
    }
}

#[test]
fn a_year_of_guessing_stays_under_the_promise_whatever_codes_there_are() {
    let worst = Codes { guests: 4, doubles: 4, emergencies: 1 };
    let years = [
        (worst, NEVER_LEAVES),
        (worst, Patience(0)),
        (worst, Patience(12)),
        (Codes { guests: 3, doubles: 0, emergencies: 0 }, Patience(0)),
        (Codes { guests: 0, doubles: 0, emergencies: 1 }, NEVER_LEAVES),
    ];
    for (codes, patience) in years {
        let (odds, heard) = a_year(codes, patience);
        println!("{codes:?}, {patience:?}: {heard} guesses heard, odds {odds:.3e}");
        assert!(odds <= PROMISE, "{codes:?}, {patience:?}: {heard} guesses, odds {odds:.3e}");
        assert!(heard >= 365, "a guesser must be heard for this to say anything: {heard}");
    }
}
