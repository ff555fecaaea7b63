//! A hub of the system: it runs as a user of its own, and the members of a group ask it as its owner
//! does. Needs root, which alone can be other users.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use doorward_tests::harness::{Doorward, Outcome};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, interval, timeout};

/// Users and a group that no machine has.
const HUB: u32 = 64_321;
const MEMBER: u32 = 64_322;
const STRANGER: u32 = 64_323;
const GROUP: u32 = 64_399;

const PATIENCE: Duration = Duration::from_secs(60);

/// A machine with a hub's folders, and a program that every user may start.
struct Machine {
    program: PathBuf,
    state: PathBuf,
    folder: PathBuf,
    // Last, so that it goes after those who live in it.
    root: TempDir,
}

impl Machine {
    async fn with_a_hub() -> Self {
        assert!(rustix::process::geteuid().is_root(), "run this as root, as `.ci/run` does");
        let root = tempfile::tempdir().unwrap();
        std::fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
        let within = |name: &str| root.path().join(name);
        let (program, state, run) = (within("doorward"), within("state"), within("run"));
        // Where it was built may be closed to other users. Another process copies it: of a file that this
        // one had open for writing, what another test starts meanwhile could have a copy still, and a
        // program that somebody may write to is not started.
        let built = Doorward::new(&state).unwrap().program().to_owned();
        let copied = Command::new("cp").arg(built).arg(&program).status().await.unwrap();
        assert!(copied.success());
        let folder = run.join("doorward");
        for (path, mode) in [(&state, 0o700), (&run, 0o755), (&folder, 0o750)] {
            DirBuilder::new().mode(mode).create(path).unwrap();
        }
        chown(&state, Some(HUB), Some(GROUP)).unwrap();
        chown(&folder, Some(HUB), Some(GROUP)).unwrap();
        let machine = Self { program, state, folder, root };
        machine.makes_a_hub(&machine.state).await;
        machine
    }

    async fn makes_a_hub(&self, state: &Path) {
        let init = ["init", "--unlock", "keyfile", "--set-up-in-browser", "--state"];
        let made = self.as_user(HUB, &[GROUP]).args(init).arg(state).output().await.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("hub.sock")
    }

    /// A command line of somebody: with their own primary group, and these besides.
    fn as_user(&self, user: u32, groups: &[u32]) -> Command {
        let list = groups.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let mut command = Command::new("setpriv");
        command.env_clear().stdin(Stdio::null()).kill_on_drop(true).current_dir("/");
        command.args([format!("--reuid={user}"), format!("--regid={user}")]);
        command.arg(if list.is_empty() {
            "--clear-groups".into()
        } else {
            format!("--groups={list}")
        });
        command.arg(&self.program);
        command
    }

    fn serve(&self) -> Child {
        self.serve_from(&self.state)
    }

    fn serve_from(&self, state: &Path) -> Child {
        let mut serve = self.as_user(HUB, &[GROUP]);
        serve.arg("serve").arg("--state").arg(state);
        serve.arg("--shared-socket").arg(self.socket());
        for port in ["--mqtt-listen", "--plain-listen", "--https-listen"] {
            serve.args([port, "127.0.0.1:0"]);
        }
        serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    async fn asks(&self, user: u32, groups: &[u32], words: &[&str]) -> Outcome {
        let mut command = self.as_user(user, groups);
        command.env("DOORWARD_SOCKET", self.socket()).args(words);
        let output = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        Outcome { code: output.status.code(), stdout, stderr }
    }

    /// Waits until somebody is answered.
    async fn is_up(&self, user: u32, groups: &[u32]) {
        let deadline = Instant::now() + PATIENCE;
        let mut pace = interval(Duration::from_millis(200));
        loop {
            pace.tick().await;
            let asked = self.asks(user, groups, &["status", "--json"]).await;
            if asked.code == Some(0) {
                assert!(asked.stdout.contains("\"seal\""), "{}", asked.stdout);
                return;
            }
            assert!(Instant::now() < deadline, "{}", asked.stderr);
        }
    }
}

#[tokio::test]
async fn members_of_a_hubs_group_are_its_owners_and_nobody_else_is() {
    let machine = Machine::with_a_hub().await;
    let mut hub = machine.serve();
    machine.is_up(MEMBER, &[GROUP]).await;
    let paired = machine.asks(MEMBER, &[GROUP], &["pair", "--json"]).await;
    assert_eq!(paired.code, Some(0), "what only an owner may do: {}", paired.stderr);

    let refused = machine.asks(STRANGER, &[], &["status"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("usermod -aG doorward"), "{}", refused.stderr);

    // The socket in the state folder stays the hub's own, and whoever names the folder means it.
    let folder = machine.state.to_str().unwrap();
    let own = machine.asks(MEMBER, &[GROUP], &["status", "--state", folder]).await;
    assert_eq!(own.code, Some(1), "{}", own.stdout);

    hub.kill().await.unwrap();
    // What a killed hub leaves behind is in nobody's way.
    let mut hub = machine.serve();
    machine.is_up(MEMBER, &[GROUP]).await;
    hub.kill().await.unwrap();
}

#[tokio::test]
async fn a_hub_shares_no_socket_in_a_folder_that_others_can_enter_or_change() {
    let machine = Machine::with_a_hub().await;
    for mode in [0o755, 0o770, 0o757] {
        refuses(&machine, &machine.folder, mode).await;
    }
    std::fs::set_permissions(&machine.folder, Permissions::from_mode(0o750)).unwrap();
    chown(&machine.folder, Some(STRANGER), Some(GROUP)).unwrap();
    refuses(&machine, &machine.folder, 0o750).await;
}

async fn refuses(machine: &Machine, folder: &Path, mode: u32) {
    std::fs::set_permissions(folder, Permissions::from_mode(mode)).unwrap();
    let ended = timeout(PATIENCE, machine.serve().wait_with_output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{mode:o}: {said}");
    let why = format!(
        "the folder of {}/hub.sock is not the hub's own: it must belong to the user who runs the hub, \
         be closed to others, and not be writable by its group (mode 0750)",
        folder.display()
    );
    assert!(said.contains(&why), "{mode:o}: {said}");
    assert!(!folder.join("hub.sock").exists(), "{mode:o}: it opened one all the same");
}

#[tokio::test]
async fn two_hubs_that_were_given_one_path_do_not_take_it_from_each_other() {
    let machine = Machine::with_a_hub().await;
    let second = machine.root.path().join("second");
    DirBuilder::new().mode(0o700).create(&second).unwrap();
    chown(&second, Some(HUB), Some(GROUP)).unwrap();
    machine.makes_a_hub(&second).await;
    let mut hub = machine.serve();
    machine.is_up(MEMBER, &[GROUP]).await;

    let late = machine.serve_from(&second);
    let ended = timeout(PATIENCE, late.wait_with_output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    let holder = hub.id().unwrap();
    let why = format!("{} is in use by process {holder}", machine.socket().display());
    assert!(said.contains(&why), "{said}");
    let asked = machine.asks(MEMBER, &[GROUP], &["status"]).await;
    assert_eq!(asked.code, Some(0), "the first hub's is gone: {}", asked.stderr);

    // Its place is free as soon as it is dead, however it died.
    hub.kill().await.unwrap();
    let mut late = machine.serve_from(&second);
    machine.is_up(MEMBER, &[GROUP]).await;
    late.kill().await.unwrap();
}

/// What root has put there, a hub that runs as another user neither replaces nor believes.
#[tokio::test]
async fn a_hub_that_root_ran_there_is_not_pushed_out() {
    let machine = Machine::with_a_hub().await;
    let lock = machine.folder.join("hub.sock.lock");
    std::fs::write(&lock, "").unwrap();
    std::fs::set_permissions(&lock, Permissions::from_mode(0o600)).unwrap();
    let theirs = std::os::unix::net::UnixListener::bind(machine.socket()).unwrap();
    let ended = timeout(PATIENCE, machine.serve().wait_with_output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    let why = format!("could not open the local socket {}", machine.socket().display());
    assert!(said.contains(&why) && said.contains("Permission denied"), "{said}");
    assert!(machine.socket().exists(), "it took what root had put there");
    drop(theirs);
}

/// What belongs to another user is named, and nothing of it is touched.
#[tokio::test]
async fn another_users_folder_makes_no_hub_and_starts_none() {
    let machine = Machine::with_a_hub().await;
    for words in [&["init", "--unlock", "keyfile"][..], &["serve"], &["status"]] {
        let mut command = machine.as_user(STRANGER, &[]);
        command.args(words).arg("--state").arg(&machine.state);
        let ended = timeout(PATIENCE, command.output()).await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{words:?}: {said}");
        assert!(!said.contains("panicked") && said.contains("state"), "{words:?}: {said}");
    }
}

/// Somebody who listens where a hub of the system should be is not told anything.
#[tokio::test]
async fn whoever_else_listens_there_is_not_believed() {
    let machine = Machine::with_a_hub().await;
    // Their own hub, at a socket in a folder that root did not give them.
    let squat = machine.root.path().join("squat");
    DirBuilder::new().mode(0o777).create(&squat).unwrap();
    std::fs::set_permissions(&squat, Permissions::from_mode(0o777)).unwrap();
    let machine = Machine { folder: squat.join("doorward"), ..machine };
    DirBuilder::new().mode(0o750).create(&machine.folder).unwrap();
    chown(&machine.folder, Some(HUB), Some(GROUP)).unwrap();
    let mut hub = machine.serve();
    machine.is_up(0, &[]).await;
    let refused = machine.asks(MEMBER, &[GROUP], &["status"]).await;
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("belongs to another user"), "{}", refused.stderr);
    hub.kill().await.unwrap();
}
