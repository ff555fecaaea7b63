//! Phones: a household named in a browser, devices that pair, prove themselves, hand a key
//! over, and are put out.

use anyhow::Context as _;
use doorward_tests::harness::fresh::{Fresh, RECIPIENT, pairing, setup};
use doorward_tests::harness::{Daemon, Fittings, free_address};
use doorward_tests::phone::Phone;
use serde_json::json;

const PIN: &str = "402917";

#[tokio::test]
async fn a_household_is_named_once_by_a_phone_and_outlives_a_kill() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    assert_eq!(hub.doorward.json(["status"]).await?["seal"], "unclaimed");
    assert_eq!(hub.doorward.run(["door", "list"]).await?.code, Some(1));

    let (token, port) = hub.offer(&[]).await?;
    let phone = hub.phone(port)?;
    assert_eq!(phone.ask("GET", "/welcome", None)?.expect(200)?["state"], "unclaimed");
    assert_eq!(phone.ask("GET", "/doors", None)?.status, 401);
    let wrong = setup(&phone, "AAAAAAAAAAAAAAAAAAAAAA")?;
    assert_eq!(phone.ask("POST", "/setup", Some(&wrong))?.status, 403);
    phone.ask("POST", "/setup", Some(&setup(&phone, &token)?))?.expect(200)?;
    assert_eq!(phone.ask("POST", "/setup", Some(&setup(&phone, &token)?))?.status, 409);
    let welcome = phone.ask("GET", "/welcome", None)?.expect(200)?;
    assert_eq!((&welcome["state"], welcome.get("household_name")), (&json!("ready"), None));

    let hub = hub.restart().await?;
    let status = hub.doorward.json(["status"]).await?;
    assert_eq!(
        (&status["seal"], &status["household"]),
        (&json!("unsealed"), &json!("Lindenallee 4"))
    );
    let log = hub.doorward.ok(["log", "list", "--all"]).await?;
    assert!(log.contains("Ana (person 1) added: owner"), "{log}");
    assert!(log.contains("Ana's phone (device 1) paired"), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_link_pairs_one_device_and_a_challenge_serves_one_login() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let (token, port) = hub.offer(&["--role", "resident"]).await?;
    let (mut ben, thief) = (hub.phone(port)?, hub.phone(port)?);
    let paired = ben.ask("POST", "/pair", Some(&pairing(&ben, &token, "Ben")?))?.expect(200)?;
    ben.device = paired["device"].as_u64().context("no device")?;
    assert_eq!(thief.ask("POST", "/pair", Some(&pairing(&thief, &token, "Eve")?))?.status, 403);

    let challenge = ben.challenge()?;
    assert_eq!(ben.log_in_at("evil.test:8443", &challenge)?.status, 403);
    assert_eq!(ben.log_in_at(&ben.host(), &challenge)?.status, 403, "it was used up");
    let challenge = ben.challenge()?;
    assert_eq!(ben.log_in_at(&ben.host(), &challenge)?.status, 200);
    assert_eq!(ben.log_in_at(&ben.host(), &challenge)?.status, 403, "it was used up");
    let mut pretender = thief;
    pretender.device = ben.device;
    assert_eq!(pretender.log_in_at(&ben.host(), &pretender.challenge()?)?.status, 403);
    let mut nobody = pretender;
    nobody.device = 4711;
    assert_eq!(nobody.challenge()?.len(), 43, "unknown devices get one as well");

    ben.log_in()?;
    assert_eq!(ben.ask("GET", "/session", None)?.expect(200)?["person"]["name"], "Ben");
    assert_eq!(ben.ask("GET", "/paired-devices", None)?.status, 403, "a resident is no owner");
    let emergency = json!({ "kind": "break_glass", "doors": ["front"] });
    assert_eq!(ben.ask("POST", "/codes", Some(&emergency))?.status, 403);
    assert_eq!(owner.ask("POST", "/codes", Some(&emergency))?.status, 404, "there is no such door");
    owner.ask("PATCH", "/people/2", Some(&json!({ "role": "viewer" })))?.expect(200)?;
    assert_eq!(ben.ask("GET", "/session", None)?.status, 401, "another role, another session");
    ben.log_in()?;
    assert_eq!(ben.ask("GET", "/codes", None)?.status, 403, "a viewer sees no codes");
    let demoted = owner.ask("PATCH", "/people/1", Some(&json!({ "role": "viewer" })))?;
    assert_eq!(demoted.status, 422, "the last owner stays one");
    owner.ask("DELETE", "/session", None)?.expect(200).ok();
    assert_eq!(owner.ask("GET", "/session", None)?.status, 401);
    Ok(())
}

#[tokio::test]
async fn a_revoked_device_is_out_at_once_and_for_good() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let ben = hub.pair("resident", "Ben").await?;
    owner.ask("DELETE", &format!("/paired-devices/{}", ben.device), None)?.expect(204)?;
    assert_eq!(ben.ask("GET", "/status", None)?.status, 401);
    assert_eq!(ben.log_in_at(&ben.host(), &ben.challenge()?)?.status, 403);
    hub.doorward.ok(["phone", "revoke", "1"]).await?;
    assert_eq!(owner.ask("GET", "/status", None)?.status, 401);
    Ok(())
}

#[tokio::test]
async fn unlocking_asks_for_the_key_and_the_pin_and_five_wrong_pins_rest() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    hub.doorward.enrol("porch-lock", "lock", "native", hub.folder.path()).await?;
    let fittings = Fittings { lock: "porch-lock", ..Fittings::default() };
    hub.doorward.add_door("front", fittings).await?;
    let unlock = "/doors/front/unlock";
    assert_eq!(owner.ask("POST", unlock, None)?.status, 403, "no proof");
    owner.ask("PUT", "/session/pin", Some(&json!({ "pin": PIN })))?.expect(204)?;
    assert_eq!(owner.ask("PUT", "/session/pin", Some(&json!({ "pin": PIN })))?.status, 409);

    let other = owner.proof("POST", "/doors/front/lock", PIN)?;
    assert_eq!(owner.ask("POST", unlock, Some(&other))?.status, 403, "signed for another act");
    let proof = owner.proof("POST", unlock, PIN)?;
    owner.ask("POST", unlock, Some(&proof))?.expect(200)?;
    assert_eq!(owner.ask("POST", unlock, Some(&proof))?.status, 403, "each proof once");
    let log = hub.doorward.ok(["log", "list", "--all"]).await?;
    assert!(log.contains("leave to unlock: Ana, Ana's phone"), "{log}");

    for _ in 0..5 {
        let wrong = owner.proof("POST", unlock, "999998")?;
        assert_eq!(owner.ask("POST", unlock, Some(&wrong))?.status, 403);
    }
    let right = owner.proof("POST", unlock, PIN)?;
    let rests = owner.ask("POST", unlock, Some(&right))?;
    assert!(rests.says("rests"));
    hub.doorward.ok(["phone", "lift", "1"]).await?;
    let right = owner.proof("POST", unlock, PIN)?;
    assert_ne!(owner.ask("POST", unlock, Some(&right))?.status, 403);
    Ok(())
}

#[tokio::test]
async fn a_second_device_gets_the_household_key_through_the_hub() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let ben = hub.pair("resident", "Ben").await?;
    let asked = ben.ask("POST", "/key-requests", Some(&json!({ "recipient": RECIPIENT })))?;
    let id = asked.expect(200)?["id"].as_str().context("no id")?.to_owned();
    let path = format!("/key-requests/{id}");
    let all = owner.ask("GET", "/key-requests", None)?.expect(200)?;
    assert_eq!(
        (&all[0]["recipient"], &all[0]["device"]["name"]),
        (&json!(RECIPIENT), &json!("another phone"))
    );
    // "age-encryption.org/v1\n" and a few bytes more.
    let sealed = json!({ "sealed": "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0-IFgyNTUxOQ" });
    assert_eq!(ben.ask("PUT", &path, Some(&sealed))?.status, 409, "nobody answers themselves");
    owner.ask("PUT", &path, Some(&sealed))?.expect(204)?;
    assert_eq!(ben.ask("GET", &path, None)?.expect(200)?["sealed"], sealed["sealed"]);
    let seen = owner.ask("GET", &path, None)?.expect(200)?;
    assert!(seen.get("sealed").is_none(), "only whoever asked gets it: {seen}");
    Ok(())
}

#[tokio::test]
async fn a_paired_device_stands_for_the_log() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let checkpoint = owner.ask("GET", "/log/checkpoint", None)?.expect(200)?;
    let note = checkpoint["note"].as_str().context("no note")?;
    let (text, _) = note.split_once("\n\n").context("no signature")?;
    let size = checkpoint["size"].as_u64().context("no size")?;
    let signature = owner.sign(&format!("doorward-witness-v1\n{text}\n"));
    let other = json!({ "size": size - 1, "signature": signature });
    assert_eq!(owner.ask("POST", "/log/witness", Some(&other))?.status, 403);
    let witness = json!({ "size": size, "signature": signature });
    owner.ask("POST", "/log/witness", Some(&witness))?.expect(200)?;
    let witnesses = hub.doorward.json(["log", "witnesses"]).await?;
    assert_eq!(witnesses[0]["size"], size);
    let said = hub.doorward.ok(["status"]).await?;
    assert!(said.contains(&format!("up to {size} by Ana's phone")), "{said}");

    let path = format!("/log/consistency?from=1&to={size}");
    let proof = owner.ask("GET", &path, None)?.expect(200)?;
    assert!(proof["proof"].as_array().is_some_and(|hashes| !hashes.is_empty()));
    let beyond = format!("/log/consistency?from=1&to={}", size + 1000);
    assert_eq!(owner.ask("GET", &beyond, None)?.status, 400);
    Ok(())
}

#[tokio::test]
async fn whoever_looks_at_a_camera_is_in_the_log_once_for_a_look_that_breaks_off()
-> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let nowhere = format!("rtsp://{}/none", free_address()?);
    hub.doorward.ok(["camera", "add", "porch", "--url", &nowhere]).await?;
    for _ in 0..3 {
        drop(owner.open_socket("/cameras/porch/live")?);
    }
    let last = owner.open_socket("/cameras/porch/live")?;
    let Fresh { folder, doorward, daemon } = hub;
    let mqtt = daemon.mqtt();
    daemon.stop(&[]).await?;
    drop(last);
    let daemon = Daemon::start(&doorward, mqtt).await?;
    let log = doorward.ok(["log", "list", "--all"]).await?;
    assert_eq!(log.matches("camera porch was watched for").count(), 1, "{log}");
    assert!(log.contains("Ana, Ana's phone"), "{log}");
    daemon.stop(&[]).await?;
    drop(folder);
    Ok(())
}

#[tokio::test]
async fn a_resident_pauses_what_they_gave_out_themselves_and_nothing_else() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let ben = hub.pair("resident", "Ben").await?;
    hub.doorward.enrol("porch-lock", "lock", "native", hub.folder.path()).await?;
    let fittings = Fittings { lock: "porch-lock", ..Fittings::default() };
    hub.doorward.add_door("front", fittings).await?;
    let guest = json!({
        "kind": "guest", "name": "Ida", "doors": ["front"],
        "schedule": { "days": ["mon"], "from": "09:00:00", "until": "12:00:00" },
    });
    let issue = |phone: &Phone| -> anyhow::Result<String> {
        let issued = phone.ask("POST", "/codes", Some(&guest))?.expect(200)?;
        Ok(issued["code"]["id"].to_string())
    };
    let (owners, bens) = (issue(&owner)?, issue(&ben)?);
    let pause = |code: &str| format!("/codes/{code}/pause");
    assert_eq!(ben.ask("POST", &pause(&owners), None)?.status, 403);
    ben.ask("POST", &pause(&bens), None)?.expect(204)?;
    assert_eq!(ben.ask("GET", "/codes", None)?.expect(200)?[0]["state"], "paused");
    owner.ask("POST", &format!("/codes/{bens}/resume"), None)?.expect(204)?;
    assert_eq!(owner.ask("GET", "/codes", None)?.expect(200)?[0]["state"], "live");
    Ok(())
}

#[tokio::test]
async fn a_backup_asks_for_the_key_and_the_pin_of_an_owner() -> anyhow::Result<()> {
    let hub = Fresh::start().await?;
    let owner = hub.set_up().await?;
    let ben = hub.pair("resident", "Ben").await?;
    assert_eq!(owner.ask("POST", "/backup", None)?.status, 403, "no proof");
    for phone in [&owner, &ben] {
        phone.ask("PUT", "/session/pin", Some(&json!({ "pin": PIN })))?.expect(204)?;
    }
    let proof = ben.proof("POST", "/backup", PIN)?;
    assert_eq!(ben.ask("POST", "/backup", Some(&proof))?.status, 403, "no owner");
    let proof = owner.proof("POST", "/backup", PIN)?;
    assert_eq!(owner.ask("POST", "/backup", Some(&proof))?.status, 200);
    let log = hub.doorward.ok(["log", "list", "--all"]).await?;
    assert_eq!(log.matches("a backup was sealed and handed out").count(), 1, "{log}");
    assert!(log.contains("Ana, Ana's phone"), "{log}");
    Ok(())
}
