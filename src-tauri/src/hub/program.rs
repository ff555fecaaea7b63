//! Where the hub's own program is.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Its name.
const NAME: &str = "doorward";

/// Writing by the group, and by everybody.
const GROUP_WRITES: u32 = 0o020;
const ALL_WRITE: u32 = 0o002;

/// Only its owner replaces what lies in such a folder, whoever may write to it.
const STICKY: u32 = 0o1000;

/// Links to links that are followed; no package needs more.
const MOST_LINKS: usize = 8;

/// Why there is no program to make or start a hub with.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoProgram {
    /// There is none.
    #[error("the program `doorward` is neither beside this one nor on the search path")]
    Missing,
    /// There is one that would be started at each login, and others decide what it is.
    #[error(
        "{program} is not started, for other users may exchange it: it and all folders above it must \
         be yours or root's, and writable by nobody else"
    )]
    Open {
        /// The first that was found.
        program: PathBuf,
    },
}

/// Finds the hub's program beside this one, as packages and builds lay them, or on the search path.
/// It is started at each login, so one that others may exchange is passed over.
///
/// # Errors
/// If there is none, or none but such.
pub(crate) fn find() -> Result<PathBuf, NoProgram> {
    let own = std::env::current_exe().ok();
    let beside = own.as_deref().and_then(Path::parent).map(Path::to_owned);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    find_in(beside.into_iter().chain(on_path))
}

fn find_in(folders: impl Iterator<Item = PathBuf>) -> Result<PathBuf, NoProgram> {
    let mut why = NoProgram::Missing;
    for program in folders.map(|folder| folder.join(NAME)).filter(|path| path.is_file()) {
        if is_ours_alone(&program) {
            return Ok(program);
        }
        if why == NoProgram::Missing {
            why = NoProgram::Open { program };
        }
    }
    Err(why)
}

/// Whether nobody but this user and root can change a program, or put another in its place: by the file,
/// by a link that leads to it, or by any folder on the way.
fn is_ours_alone(program: &Path) -> bool {
    // No link is left in what was walked, so that a step up is the folder around it.
    let (mut walked, mut links) = (PathBuf::new(), 0);
    let mut ahead = steps(program);
    while let Some(step) = ahead.pop() {
        if step == ".." {
            walked.pop();
            continue;
        }
        walked.push(step);
        if let Ok(target) = fs::read_link(&walked) {
            links += 1;
            if links > MOST_LINKS || !is_ours(&walked) {
                return false;
            }
            walked.pop();
            ahead.extend(steps(&target));
        } else if !is_closed(&walked) {
            return false;
        }
    }
    true
}

/// The steps of a path, the first one last.
fn steps(path: &Path) -> Vec<OsString> {
    path.components().rev().map(|step| step.as_os_str().to_owned()).collect()
}

fn is_ours(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| is_of_us(&found))
}

fn is_of_us(found: &Metadata) -> bool {
    found.uid() == rustix::process::geteuid().as_raw() || found.uid() == 0
}

/// Root's group is root's own. A folder that others write to is closed if they cannot replace there what
/// is not theirs, for what lies in it is looked at, too.
fn is_closed(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| {
        let group = if found.gid() == 0 { 0 } else { GROUP_WRITES };
        let open = found.mode() & (ALL_WRITE | group) != 0;
        is_of_us(&found) && (!open || (found.is_dir() && found.mode() & STICKY != 0))
    })
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    /// A group other than root's: this user's own, or, for root, any.
    fn give_to_a_group(path: &Path) {
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(path, None, Some(4711)).unwrap();
        }
    }

    #[test]
    fn a_program_that_others_may_exchange_is_passed_over() {
        let home = tempfile::tempdir().unwrap();
        let (above, folder) = (home.path().join("above"), home.path().join("above/bin"));
        fs::create_dir_all(&folder).unwrap();
        let program = folder.join(NAME);
        fs::write(&program, "").unwrap();
        for path in [&above, &folder, &program] {
            give_to_a_group(path);
        }
        for (of_above, of_folder, of_program, fit) in [
            (0o755, 0o755, 0o755, true),
            (0o755, 0o1777, 0o755, true),
            (0o1777, 0o755, 0o755, true),
            (0o755, 0o777, 0o755, false),
            (0o755, 0o775, 0o755, false),
            (0o775, 0o755, 0o755, false),
            (0o757, 0o755, 0o755, false),
            (0o755, 0o755, 0o757, false),
            (0o755, 0o755, 0o775, false),
            (0o755, 0o755, 0o1775, false),
        ] {
            mode(&above, of_above);
            mode(&folder, of_folder);
            mode(&program, of_program);
            let found = find_in([folder.clone()].into_iter());
            let open = NoProgram::Open { program: program.clone() };
            let expected = if fit { Ok(program.clone()) } else { Err(open) };
            assert_eq!(found, expected, "{of_above:o} {of_folder:o} {of_program:o}");
        }
    }

    #[test]
    fn a_link_in_an_open_folder_is_as_good_as_an_open_program() {
        let home = tempfile::tempdir().unwrap();
        let [bin, links, more] = ["bin", "links", "more"].map(|name| home.path().join(name));
        for folder in [&bin, &links, &more] {
            fs::create_dir(folder).unwrap();
            mode(folder, 0o755);
        }
        fs::write(bin.join(NAME), "").unwrap();
        symlink("../bin/doorward", links.join(NAME)).unwrap();
        symlink(links.join(NAME), more.join(NAME)).unwrap();
        assert!(is_ours_alone(&more.join(NAME)));
        mode(&links, 0o777);
        assert!(
            !is_ours_alone(&more.join(NAME)),
            "somebody else may lead the first link elsewhere"
        );
        mode(&links, 0o755);
        mode(&bin, 0o777);
        assert!(!is_ours_alone(&more.join(NAME)));
    }

    #[test]
    fn a_linked_folder_is_as_open_as_the_one_that_the_link_lies_in() {
        let home = tempfile::tempdir().unwrap();
        let [bin, shared] = ["bin", "shared"].map(|name| home.path().join(name));
        for folder in [&bin, &shared] {
            fs::create_dir(folder).unwrap();
            mode(folder, 0o755);
        }
        fs::write(bin.join(NAME), "").unwrap();
        symlink(&bin, shared.join("way")).unwrap();
        symlink("shared/way", home.path().join("entry")).unwrap();
        for way in [shared.join("way"), home.path().join("entry")] {
            mode(&shared, 0o755);
            assert!(is_ours_alone(&way.join(NAME)), "{way:?}");
            mode(&shared, 0o777);
            assert!(!is_ours_alone(&way.join(NAME)), "somebody else may lead {way:?} elsewhere");
        }
    }

    #[test]
    fn a_missing_program_is_told_from_an_open_one() {
        let home = tempfile::tempdir().unwrap();
        let found = find_in([home.path().to_owned(), home.path().join("none")].into_iter());
        assert_eq!(found, Err(NoProgram::Missing));
        symlink("doorward", home.path().join(NAME)).unwrap();
        assert!(!is_ours_alone(&home.path().join(NAME)), "a link to itself leads nowhere");
    }
}
