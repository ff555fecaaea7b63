//! The owner's app in Chromium, against the real hub and the simulated house.

use doorward_tests::browser::{Script, Stage, play};

#[tokio::test]
async fn a_household_sets_its_hub_up_and_watches_a_courier_live() -> anyhow::Result<()> {
    let mut stage = Stage::set().await?;
    play(Script::Story, &mut stage).await?;
    stage.end(&[]).await
}
