//! The message router between devices dies while a visitor stands in the door.
#![cfg(debug_assertions)]

use doorward_api::entry::{Outcome, Stage};
use doorward_tests::harness::{Blueprint, PATIENCE, Scene};
use doorward_tests::house::door::{Leaf, Turn, Visitor};
use doorward_tests::house::{Seen, Verdict};

/// What the hub says of it, and what a panic prints.
const EXPECTED: [&str; 3] = ["the message router died", "the router died", "rumqttd"];

#[tokio::test]
async fn an_open_entry_is_unharmed_when_the_router_dies() -> anyhow::Result<()> {
    let scene =
        Scene::build(Blueprint { visitor: Visitor::Careless, ..Blueprint::default() }).await?;
    let start = scene.listener.journal().end();
    let code = scene.owner.expect_delivery("front").await?;
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    let entry = scene.stage(start, Stage::Open).await?;

    for _ in 0..2 {
        let here = scene.house.journal().end();
        scene.daemon.provoke_router_panic()?;
        // Every device is dropped and comes back by itself.
        scene.house.connected(here, PATIENCE).await?;
        let open = scene.owner.entries().await?;
        let open: Vec<_> = open.iter().filter(|view| view.outcome.is_none()).collect();
        assert_eq!(open.iter().map(|view| view.id).collect::<Vec<_>>(), [entry]);
        assert_eq!(scene.commands(), [Turn::Retract], "nobody throws the bolt on an open door");
    }

    scene.house.push(Leaf::Closed);
    scene.stage(start, Stage::Secured).await?;
    assert_eq!(scene.commands(), [Turn::Retract, Turn::Throw]);
    assert_eq!(scene.entry_closed(start).await?, entry);
    assert_eq!(scene.owner.story(entry).await?.entry.outcome, Some(Outcome::Completed));
    assert!(!scene.saw(&Seen::ThrownOnOpenLeaf));

    // And the next visitor is let in as if nothing had been.
    scene.house.set_visitor(Visitor::Polite);
    let code = scene.owner.expect_delivery("front").await?;
    let start = scene.listener.journal().end();
    assert_eq!(scene.type_code(&code.digits).await?, Verdict::Accepted);
    scene.stage(start, Stage::Secured).await?;
    scene.end(&EXPECTED).await
}
