//! A watcher walks beside the hub through random years: codes, reports, lies,
//! losses, full disks, power cuts, clocks that are set, and owners who change
//! their minds. After every step the promises are checked, S1 to S4 and S10,
//! and in the end that honest devices bring every visit to its end.
//!
//! `DOORWARD_MODEL_CASES` asks for more years than the thousand of every run.

mod pads;
mod step;
mod time;
mod watch;
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestError, TestRunner};

use step::{Step, any_step};
use world::World;

const CASES: u32 = 1000;

/// How many steps a schedule has on average.
const STEPS: usize = 200;

/// How many runners share the cases.
const RUNNERS: u32 = 2;

#[test]
fn no_schedule_of_events_breaks_a_promise() {
    let asked = std::env::var("DOORWARD_MODEL_CASES").ok().and_then(|text| text.parse().ok());
    let cases = asked.unwrap_or(CASES).div_ceil(RUNNERS);
    let unlocked = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..RUNNERS {
            scope.spawn(|| run(cases, &unlocked));
        }
    });
    let (unlocked, least) = (unlocked.into_inner(), usize::try_from(cases).unwrap());
    assert!(unlocked > 2 * least, "doors were opened {unlocked} times: too dull a life");
}

fn run(cases: u32, unlocked: &AtomicUsize) {
    let schedules = prop::collection::vec(any_step(), 1..=2 * STEPS);
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        rng_algorithm: RngAlgorithm::XorShift,
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&schedules, |steps| {
        unlocked.fetch_add(live_through(steps), Ordering::Relaxed);
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(why, steps)) => {
            let steps: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
            panic!("{why}, after:\n{}", steps.join("\n"));
        }
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// Returns how often a bolt was told to go in.
fn live_through(steps: Vec<Step>) -> usize {
    let mut world = World::new();
    for step in steps {
        world.take(step);
    }
    world.end_well();
    world.retractions()
}
