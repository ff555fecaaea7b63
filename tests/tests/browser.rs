//! The owner's app in Chromium, against the real hub and the simulated house.

use doorward_tests::browser::{Script, Stage, Standing, play};

#[tokio::test]
async fn a_household_lives_with_its_hub_and_gets_through_what_goes_wrong() -> anyhow::Result<()> {
    let mut stage = Stage::set(Standing::OnAnyDisk).await?;
    play(Script::Story, &mut stage).await?;
    // The script takes a segment off the disk and asks for it.
    stage.end(&["a segment's file is missing"]).await
}

#[tokio::test]
async fn somebody_who_clicks_the_warning_away_can_do_it_all_too() -> anyhow::Result<()> {
    let mut stage = Stage::set(Standing::OnAnyDisk).await?;
    play(Script::Stranger, &mut stage).await?;
    stage.end(&[]).await
}

#[tokio::test]
async fn a_hub_may_die_while_it_is_set_up_and_run_out_of_room() -> anyhow::Result<()> {
    let mut stage = Stage::set(Standing::OnItsOwnDisk).await?;
    play(Script::HardTimes, &mut stage).await?;
    // What cannot be written down is told as errors: decisions, and notices about them.
    stage.end(&["a batch was not written", "a notice was not kept for those who are away"]).await
}

#[tokio::test]
async fn a_passkey_made_in_the_browser_unlocks_and_the_pin_stays_the_other_way()
-> anyhow::Result<()> {
    let mut stage = Stage::set(Standing::OnAnyDisk).await?;
    play(Script::Passkey, &mut stage).await?;
    stage.end(&[]).await
}
