//! The walls around an eye, put up by itself before it sees a picture.
//!
//! Linux has all three. Elsewhere an eye runs as an ordinary process, says so
//! in its greeting, and `doctor` tells the owner.

use super::protocol::SandboxLayers;

/// The most memory that decoding may take, in bytes: a 4K H.265 keyframe
/// needs about 100 MiB.
const DATA_BYTES: u64 = 384 << 20;
/// The most address space, in bytes; the program itself is mapped into it too.
const ADDRESS_SPACE_BYTES: u64 = 2 << 30;
/// The most processor time in an eye's life, in seconds. It ends an eye that a
/// picture hung and whose parent is gone.
const PROCESSOR_SECONDS: u64 = 600;

/// Puts up what walls there are.
#[cfg(target_os = "linux")]
pub(super) fn enter() -> SandboxLayers {
    let landlock = linux::close_files_and_ports();
    let limits = linux::bound_resources();
    let seccomp = linux::close_system_calls();
    SandboxLayers { landlock, seccomp, limits }
}

/// Puts up what walls there are.
#[cfg(not(target_os = "linux"))]
pub(super) fn enter() -> SandboxLayers {
    SandboxLayers::default()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;

    use landlock::{
        ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
        RulesetError, RulesetStatus, Scope,
    };
    use rustix::process::{Resource, Rlimit, setrlimit};
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule, TargetArch, apply_filter_all_threads,
    };

    use super::{ADDRESS_SPACE_BYTES, DATA_BYTES, PROCESSOR_SECONDS};

    /// Closes all files, and TCP ports and foreign sockets where the kernel can.
    pub(super) fn close_files_and_ports() -> bool {
        restrict().is_ok_and(|status| status != RulesetStatus::NotEnforced)
    }

    fn restrict() -> Result<RulesetStatus, RulesetError> {
        let abi = ABI::V6;
        let status = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .scope(Scope::from_all(abi))?
            .create()?
            .restrict_self()?;
        Ok(status.ruleset)
    }

    /// Bounds memory and time, and allows no file to grow and none to be opened.
    pub(super) fn bound_resources() -> bool {
        let limits = [
            (Resource::Data, DATA_BYTES),
            (Resource::As, ADDRESS_SPACE_BYTES),
            (Resource::Cpu, PROCESSOR_SECONDS),
            (Resource::Core, 0),
            (Resource::Fsize, 0),
            (Resource::Nofile, 3),
            (Resource::Nproc, 0),
        ];
        limits.into_iter().all(|(resource, most)| {
            let most = Some(most);
            setrlimit(resource, Rlimit { current: most, maximum: most }).is_ok()
        })
    }

    /// Leaves only the system calls that decoding needs. All others fail with
    /// `EPERM`: a decoder that asks how many processors there are goes on.
    pub(super) fn close_system_calls() -> bool {
        program().is_ok_and(|program| apply_filter_all_threads(&program).is_ok())
    }

    fn program() -> Result<BpfProgram, seccompiler::BackendError> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
            ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
        // Descriptors that the program that started the hub left open are of no use.
        rules.insert(libc::SYS_read, vec![SeccompRule::new(vec![argument_is(0, 0)?])?]);
        let write_to = |descriptor| SeccompRule::new(vec![argument_is(0, descriptor)?]);
        rules.insert(libc::SYS_write, vec![write_to(1)?, write_to(2)?]);
        // Memory may be asked for; it is no file's, and never becomes executable.
        let map = SeccompRule::new(vec![not_executable()?, anonymous()?])?;
        rules.insert(libc::SYS_mmap, vec![map]);
        rules.insert(libc::SYS_mprotect, vec![SeccompRule::new(vec![not_executable()?])?]);
        let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
        let denied = SeccompAction::Errno(libc::EPERM.unsigned_abs());
        SeccompFilter::new(rules, denied, SeccompAction::Allow, architecture)?.try_into()
    }

    fn argument_is(place: u8, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
        SeccompCondition::new(place, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
    }

    fn anonymous() -> Result<SeccompCondition, seccompiler::BackendError> {
        let flag = u64::from(libc::MAP_ANONYMOUS.unsigned_abs());
        SeccompCondition::new(3, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(flag), flag)
    }

    fn not_executable() -> Result<SeccompCondition, seccompiler::BackendError> {
        let executable = u64::from(libc::PROT_EXEC.unsigned_abs());
        SeccompCondition::new(2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(executable), 0)
    }

    const ALLOWED: [i64; 16] = [
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_futex,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_rt_sigreturn,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigaction,
        libc::SYS_sigaltstack,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_sched_yield,
        libc::SYS_restart_syscall,
        libc::SYS_gettid,
    ];
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::net::{TcpStream, UdpSocket};
    use std::process::Command;

    use super::*;

    /// What the prisoner answers when every door was closed.
    const ALL_CLOSED: i32 = 42;

    #[test]
    fn nothing_but_memory_and_the_pipe_is_open_behind_the_walls() {
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "eye::sandbox::tests::a_prisoner_tries_every_door", "--ignored"])
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(ALL_CLOSED));
    }

    #[test]
    #[ignore = "locks its process in; the test above runs it in a process of its own"]
    fn a_prisoner_tries_every_door() {
        let mut readable = File::open("/proc/self/status").unwrap();
        let mut writable = tempfile::tempfile().unwrap();
        let layers = enter();
        assert!(layers.is_complete(), "{layers:?}");
        assert!(readable.read(&mut [0; 8]).is_err(), "read what was open before");
        assert!(writable.write(b"x").is_err(), "wrote where was open before");
        assert!(File::open("/etc/hostname").is_err(), "opened a file");
        assert!(TcpStream::connect("127.0.0.1:9").is_err(), "opened a TCP socket");
        assert!(UdpSocket::bind("127.0.0.1:0").is_err(), "opened a UDP socket");
        assert!(Command::new("/bin/true").status().is_err(), "started a program");
        assert!(std::thread::Builder::new().spawn(|| {}).is_err(), "started a thread");
        assert!(Vec::<u8>::new().try_reserve_exact(1 << 30).is_err(), "took a gibibyte");
        assert!(Vec::<u8>::new().try_reserve_exact(64 << 20).is_ok(), "decoding needs memory");
        std::process::exit(ALL_CLOSED);
    }
}
