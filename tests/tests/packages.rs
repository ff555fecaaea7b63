//! What people install: fit for Debian, at work as a service, upgraded, removed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use doorward_tests::harness::{Doorward, tool};
use doorward_tests::packaging::{self, Package, Room, System, Unit, as_root};
use tokio::net::UnixDatagram;
use tokio::process::{Child, Command};
use tokio::time::timeout;

const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

/// The program that is installed.
const PROGRAM: &str = "/usr/bin/doorward";

const STATE: &str = "/var/lib/doorward";

#[tokio::test]
async fn lintian_finds_no_error_and_no_warning() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    packaging::judge(&Package::Hub.debian(folder.path(), 1).await?).await
}

#[tokio::test]
async fn the_unit_shuts_the_hub_in_as_far_as_it_says() -> anyhow::Result<()> {
    let unit = Unit::of_the_hub()?;
    let words = ["security", "--offline=true", "--threshold=15"];
    let path = unit.path().to_str().unwrap();
    tool("systemd-analyze", words.into_iter().chain([path])).await?;
    // The kernel lets through what the program calls the home network, and mDNS.
    let allowed: Vec<&str> =
        unit.values("IPAddressAllow").flat_map(str::split_whitespace).collect();
    for network in home_networks() {
        assert!(allowed.contains(&network), "{network}");
    }
    assert_eq!(allowed.len(), home_networks().len() + 2, "{allowed:?}");
    assert!(unit.values("IPAddressDeny").eq(["any"]));
    Ok(())
}

/// What is at home in every house, by RFC 1122, 1918, 3927, 4193 and 4291.
const fn home_networks() -> [&'static str; 8] {
    [
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    ]
}

#[tokio::test]
async fn the_same_programs_make_the_same_package_twice() -> anyhow::Result<()> {
    let (one, other) = (tempfile::tempdir()?, tempfile::tempdir()?);
    for kind in ["deb", "rpm", "oci"] {
        let mut sums = Vec::new();
        for folder in [&one, &other] {
            let made = Package::Hub.make(folder.path(), kind, 1).await?;
            let sum = made.iter().find(|path| path.ends_with("SHA256SUMS")).unwrap();
            sums.push(std::fs::read_to_string(sum)?);
        }
        assert_eq!(sums[0], sums[1]);
        assert_eq!(sums[0].lines().count(), 2, "a package and its list of parts: {}", sums[0]);
    }
    Ok(())
}

#[tokio::test]
async fn a_visit_is_played_to_its_end_within_the_units_walls() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let shut_in = Unit::of_the_hub()?.script(folder.path(), folder.path().to_str().unwrap())?;
    let program = Doorward::new(folder.path())?.program().to_owned();
    // Only the service is shut in, not its owner's command line.
    let wrapper = folder.path().join("doorward");
    let text = format!(
        "#!/bin/sh\nif [ \"$1\" = serve ]; then exec {} {program} \"$@\"; fi\nexec {program} \"$@\"\n",
        shut_in.display(),
        program = program.display(),
    );
    std::fs::write(&wrapper, text)?;
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755))?;
    let mut demo = Command::new(program.with_file_name("doorward-demo"));
    let played = packaging::run(demo.arg("--once").env("DOORWARD_PROGRAM", wrapper)).await?;
    assert_eq!(played.code, Some(0), "{}{}", played.stdout, played.stderr);
    Ok(())
}

#[tokio::test]
async fn a_hub_is_installed_run_upgraded_removed_and_purged() -> anyhow::Result<()> {
    as_root()?;
    let folder = tempfile::tempdir()?;
    let system = System::build(Room::Ample).await?;
    let first = system.give(&Package::Hub.debian(folder.path(), 1).await?)?;
    let second = system.give(&Package::Hub.debian(folder.path(), 2).await?)?;

    // Installed: a user, a folder that is closed to others, a service that nobody has enabled.
    let said = system.ok(&["dpkg", "--install", &first]).await?;
    assert!(said.contains("sudo doorward init"), "{said}");
    assert_eq!(stat(&system, STATE).await?, "doorward:doorward 700");
    let wanted = "/etc/systemd/system/multi-user.target.wants/doorward.service";
    assert!(!system.has(wanted).await?, "it starts by itself");
    system.ok(&["man", "--where", "doorward-device-enrol"]).await?;

    // Made by root, and all of it the service's.
    let init = [PROGRAM, "init", "--unlock", "keyfile", "--recovery-out", "/root/sheet.txt"];
    system.ok(&init).await?;
    let others = ["find", STATE, "!", "-user", "doorward"];
    assert_eq!(system.ok(&others).await?, "");
    let key = system.ok(&["sha256sum", "/var/lib/doorward/root.key"]).await?;

    let service = Service::start(&system).await?;
    answers(&system).await?;

    // Another version takes the program's place under the running hub.
    system.ok(&["dpkg", "--install", &second]).await?;
    answers(&system).await?;
    service.stop(&system).await?;
    let service = Service::start(&system).await?;

    // There is no way back by accident.
    let refused = system.run(&["dpkg", "--install", &first]).await?;
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("Nothing was changed"), "{}", refused.stderr);
    assert_eq!(version(&system).await?, "install ok installed 0.1.0-2");
    answers(&system).await?;
    service.stop(&system).await?;
    let knowingly = ["env", "DOORWARD_ALLOW_DOWNGRADE=yes", "dpkg", "--install", &first];
    system.ok(&knowingly).await?;

    // Removing takes the program and leaves the hub.
    let files = system.ok(&["dpkg", "--listfiles", "doorward"]).await?;
    system.ok(&["dpkg", "--remove", "doorward"]).await?;
    for path in files.lines().filter(|path| path.contains("doorward")) {
        let kept = path == "/etc/default/doorward";
        assert_eq!(system.has(path).await?, kept, "{path}");
    }
    assert_eq!(system.ok(&["sha256sum", "/var/lib/doorward/root.key"]).await?, key);

    // Purging without anybody to ask keeps it, and says so.
    let said = system.ok(&["dpkg", "--purge", "doorward"]).await?;
    assert!(said.contains("kept /var/lib/doorward"), "{said}");
    assert_eq!(system.ok(&["sha256sum", "/var/lib/doorward/root.key"]).await?, key);

    // Installed again, it is the hub that it was.
    system.ok(&["dpkg", "--install", &second]).await?;
    Service::start(&system).await?.stop(&system).await?;

    // Purging as the owner answered leaves nothing.
    let answer = "echo doorward doorward/destroy boolean true | debconf-set-selections";
    system.ok(&["sh", "-c", answer]).await?;
    let said = system.ok(&["dpkg", "--purge", "doorward"]).await?;
    assert!(said.contains("destroyed /var/lib/doorward"), "{said}");
    assert_ne!(system.run(&["getent", "passwd", "doorward"]).await?.code, Some(0));
    let left = ["find", "/etc", "/run", "/usr", "/var", "-xdev", "-name", "*doorward*"];
    let left = system.ok(&left).await?;
    assert_eq!(left, "", "removal leaves nothing but what purging is for");
    Ok(())
}

#[tokio::test]
async fn a_hub_that_was_enabled_is_started_again_when_its_package_comes_back() -> anyhow::Result<()>
{
    as_root()?;
    let folder = tempfile::tempdir()?;
    let system = System::build(Room::Ample).await?;
    let first = system.give(&Package::Hub.debian(folder.path(), 1).await?)?;
    let second = system.give(&Package::Hub.debian(folder.path(), 2).await?)?;
    system.ok(&["sh", "-c", MANAGER]).await?;
    system.ok(&["dpkg", "--install", &first]).await?;
    let init = [PROGRAM, "init", "--unlock", "keyfile", "--recovery-out", "/root/sheet.txt"];
    system.ok(&init).await?;

    // Stopped and removed, it comes back as it was.
    system.ok(&["systemctl", "enable", "doorward.service"]).await?;
    system.ok(&["systemctl", "start", "doorward.service"]).await?;
    system.ok(&["dpkg", "--remove", "doorward"]).await?;
    assert!(!system.has(ACTIVE).await?, "its program is gone");
    system.ok(&["dpkg", "--install", &first]).await?;
    assert!(system.has(ACTIVE).await?, "it waits for somebody to start it");

    // One that its owner has stopped stays stopped over an upgrade, one that runs is restarted, and
    // nobody waits for what somebody else has put in the place of its settings.
    system.ok(&["systemctl", "stop", "doorward.service"]).await?;
    system.ok(&["dpkg", "--install", &second]).await?;
    assert!(!system.has(ACTIVE).await?, "an upgrade started it");
    system.ok(&["systemctl", "start", "doorward.service"]).await?;
    let pipe =
        "cd /var/lib/doorward && mv config.json aside && mkfifo config.json && chown doorward: *";
    system.ok(&["sh", "-c", pipe]).await?;
    system.ok(&["dpkg", "--install", &second]).await?;
    assert!(system.ok(&["tail", "-n1", "/tmp/given/asked"]).await?.contains("restart"));

    // What was disabled when it was removed does not start.
    system.ok(&["sh", "-c", "cd /var/lib/doorward && mv aside config.json"]).await?;
    system.ok(&["systemctl", "disable", "doorward.service"]).await?;
    system.ok(&["dpkg", "--remove", "doorward"]).await?;
    system.ok(&["dpkg", "--install", &second]).await?;
    assert!(!system.has(ACTIVE).await?, "it starts by itself");
    Ok(())
}

/// There while the service of [`MANAGER`] is.
const ACTIVE: &str = "/tmp/given/active";

/// Puts the least of a service manager in the place of systemd, of which there is none in the system.
const MANAGER: &str = r#"
rm -f /usr/sbin/policy-rc.d
mkdir -p /run/systemd/system /etc/systemd/system/multi-user.target.wants
rm /usr/bin/systemctl
cat >/usr/bin/systemctl <<'EOF'
#!/bin/sh
link=/etc/systemd/system/multi-user.target.wants/doorward.service
case "$*" in
*is-active*) [ -e /tmp/given/active ]; exit ;;
*is-enabled*) if [ -L "$link" ]; then echo enabled; else echo disabled; exit 1; fi ;;
*enable*) ln -sf /usr/lib/systemd/system/doorward.service "$link" ;;
*disable*) rm "$link" ;;
*start*) touch /tmp/given/active ;;
*stop*) rm -f /tmp/given/active ;;
esac
echo "$*" >>/tmp/given/asked
EOF
chmod 755 /usr/bin/systemctl
"#;

#[tokio::test]
async fn a_full_disk_at_an_upgrade_loses_nothing() -> anyhow::Result<()> {
    as_root()?;
    let folder = tempfile::tempdir()?;
    let system = System::build(Room::MiB(320)).await?;
    let first = system.give(&Package::Hub.debian(folder.path(), 1).await?)?;
    let second = system.give(&Package::Hub.debian(folder.path(), 2).await?)?;
    system.ok(&["dpkg", "--install", &first]).await?;
    let init = [PROGRAM, "init", "--unlock", "keyfile", "--recovery-out", "/root/sheet.txt"];
    system.ok(&init).await?;
    let service = Service::start(&system).await?;
    let program = system.ok(&["sha256sum", PROGRAM]).await?;

    // All the room but 16 MiB, of which the program takes more.
    let fill =
        "free=$(df --output=avail -k /var | tail -1); fallocate -l $((free - 16384))k /var/full";
    system.ok(&["sh", "-c", fill]).await?;
    let refused = system.run(&["dpkg", "--install", &second]).await?;
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("No space left on device"), "{}", refused.stderr);
    assert_eq!(system.ok(&["sha256sum", PROGRAM]).await?, program, "the old program is whole");
    answers(&system).await?;
    service.stop(&system).await?;

    // With room again the same command finishes what it began.
    system.ok(&["rm", "/var/full"]).await?;
    system.ok(&["dpkg", "--install", &second]).await?;
    assert_eq!(version(&system).await?, "install ok installed 0.1.0-2");
    Service::start(&system).await?.stop(&system).await
}

/// The installed program at work, as its own user, shut in as its unit shuts it in.
struct Service(Child);

impl Service {
    async fn start(system: &System) -> anyhow::Result<Self> {
        let given = system.given();
        Unit::of_the_hub()?.script(&given, "/tmp/given")?;
        let socket = given.join("notify");
        drop(std::fs::remove_file(&socket));
        let ready = UnixDatagram::bind(&socket)?;
        std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666))?;
        let mut command = system.command(&["setpriv", "--reuid=doorward", "--regid=doorward"])?;
        command.args(["--clear-groups", "env", "NOTIFY_SOCKET=/tmp/given/notify"]);
        command.args([&format!("DOORWARD_STATE={STATE}"), "/tmp/given/shut-in", PROGRAM, "serve"]);
        for option in ["--mqtt-listen", "--plain-listen", "--https-listen"] {
            command.args([option, "127.0.0.1:0"]);
        }
        let log = std::fs::File::create(given.join("log"))?;
        let mut child = command.stdin(Stdio::null()).stderr(log).kill_on_drop(true).spawn()?;
        let told = async {
            let mut message = [0; 4096];
            loop {
                let length = ready.recv(&mut message).await?;
                if message[..length].starts_with(b"READY=1") {
                    return anyhow::Ok(());
                }
            }
        };
        tokio::select! {
            told = timeout(PATIENCE, told) => told??,
            ended = child.wait() => anyhow::bail!("it ended with {}: {}", ended?, said(&given)),
        }
        Ok(Self(child))
    }

    async fn stop(mut self, system: &System) -> anyhow::Result<()> {
        system.ok(&["sh", "-c", &format!("kill $(cat {STATE}/doorward.lock)")]).await?;
        let ended = timeout(PATIENCE, self.0.wait()).await??;
        let said = said(&system.given());
        assert!(ended.success() && !said.contains("ERROR"), "{ended}: {said}");
        Ok(())
    }
}

/// Asks the hub how it is, as its own user. Bubblewrap's user namespace knows nobody else, where systemd's
/// knows root, too.
async fn answers(system: &System) -> anyhow::Result<()> {
    let user = ["setpriv", "--reuid=doorward", "--regid=doorward", "--clear-groups"];
    let ask = [PROGRAM, "status", "--state", STATE];
    system.ok(&[user.as_slice(), &ask].concat()).await.map(drop)
}

fn said(given: &Path) -> String {
    std::fs::read_to_string(given.join("log")).unwrap_or_default()
}

async fn stat(system: &System, path: &str) -> anyhow::Result<String> {
    Ok(system.ok(&["stat", "--format=%U:%G %a", path]).await?.trim().to_owned())
}

async fn version(system: &System) -> anyhow::Result<String> {
    let asked = ["dpkg-query", "--show", "--showformat=${Status} ${Version}", "doorward"];
    system.ok(&asked).await
}
