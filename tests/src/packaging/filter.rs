//! A unit's filter of system calls, from systemd's lists to a program for the kernel.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use super::unit::Unit;

/// Where the kernel's headers number the calls; on other machines the file has another name.
const NUMBERS: &str = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h";

const EPERM: u32 = 1;

/// Memory that may be written and memory that may be run.
const WRITABLE: u64 = 2;
const RUNNABLE: u64 = 4;

/// Makes the program, in the bytes in which Bubblewrap reads it.
pub(super) fn of(unit: &Unit) -> anyhow::Result<Vec<u8>> {
    let numbers = numbers()?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for name in allowed(unit)? {
        if let Some(number) = numbers.get(&name) {
            rules.insert(*number, Vec::new());
        }
    }
    let number = |name: &str| numbers.get(name).copied().context("a call without a number");
    rules.insert(number("socket")?, families(unit)?);
    ensure!(unit.values("MemoryDenyWriteExecute").eq(["yes"]), "the unit lets memory be run");
    rules.insert(number("mmap")?, vec![both(0)?, both(WRITABLE)?, both(RUNNABLE)?]);
    rules.insert(number("mprotect")?, vec![argument(2, RUNNABLE, 0)?]);
    let denied = SeccompAction::Errno(EPERM);
    let machine = TargetArch::try_from(std::env::consts::ARCH)?;
    let filter = SeccompFilter::new(rules, denied, SeccompAction::Allow, machine)?;
    let program: BpfProgram = filter.try_into()?;
    let step = |step: &seccompiler::sock_filter| {
        let mut bytes = step.code.to_ne_bytes().to_vec();
        bytes.extend([step.jt, step.jf]);
        bytes.extend(step.k.to_ne_bytes());
        bytes
    };
    Ok(program.iter().flat_map(step).collect())
}

/// The calls that are left after all that the unit says, one line after the other.
fn allowed(unit: &Unit) -> anyhow::Result<BTreeSet<String>> {
    // systemd adds what it cannot start a program without.
    let mut left = group("@default")?;
    for line in unit.values("SystemCallFilter") {
        let (taken, names) = match line.strip_prefix('~') {
            Some(names) => (true, names),
            None => (false, line),
        };
        for name in names.split_whitespace() {
            let calls = if name.starts_with('@') {
                group(name)?
            } else {
                BTreeSet::from([name.to_owned()])
            };
            if taken {
                left.retain(|call| !calls.contains(call));
            } else {
                left.extend(calls);
            }
        }
    }
    Ok(left)
}

/// Asks systemd for what is in a group, and in the groups in it.
fn group(name: &str) -> anyhow::Result<BTreeSet<String>> {
    let mut calls = BTreeSet::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        let answer = Command::new("systemd-analyze").args(["syscall-filter", &name]).output()?;
        ensure!(answer.status.success(), "systemd knows no group {name}");
        for line in String::from_utf8(answer.stdout)?.lines().skip(1).map(str::trim) {
            if line.starts_with('@') {
                open.push(line.to_owned());
            } else if !line.is_empty() && !line.starts_with('#') {
                calls.insert(line.to_owned());
            }
        }
    }
    Ok(calls)
}

fn numbers() -> anyhow::Result<BTreeMap<String, i64>> {
    let header = std::fs::read_to_string(NUMBERS);
    let header =
        header.with_context(|| format!("no {NUMBERS}: this test knows 64-bit PCs alone"))?;
    let mut numbers = BTreeMap::new();
    for line in header.lines().filter_map(|line| line.strip_prefix("#define __NR_")) {
        let (name, number) = line.split_once(' ').context("a call without a number")?;
        numbers.insert(name.to_owned(), number.trim().parse()?);
    }
    Ok(numbers)
}

/// Only sockets of these families are made.
fn families(unit: &Unit) -> anyhow::Result<Vec<SeccompRule>> {
    let mut rules = Vec::new();
    for name in unit.values("RestrictAddressFamilies").flat_map(str::split_whitespace) {
        let number = match name {
            "AF_UNIX" => 1,
            "AF_INET" => 2,
            "AF_INET6" => 10,
            "AF_NETLINK" => 16,
            other => bail!("{other} has no number here"),
        };
        rules.push(argument(0, u64::from(u32::MAX), number)?);
    }
    Ok(rules)
}

/// Memory is mapped with these rights of the two, and no others.
fn both(rights: u64) -> anyhow::Result<SeccompRule> {
    argument(2, WRITABLE | RUNNABLE, rights)
}

fn argument(place: u8, bits: u64, value: u64) -> anyhow::Result<SeccompRule> {
    let masked = SeccompCmpOp::MaskedEq(bits);
    let condition = SeccompCondition::new(place, SeccompCmpArgLen::Dword, masked, value)?;
    Ok(SeccompRule::new(vec![condition])?)
}
