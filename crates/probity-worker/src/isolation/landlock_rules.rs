//! Landlock: what is not named here cannot be opened, whatever its permissions say.
//! <https://docs.kernel.org/userspace-api/landlock.html>

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};

use super::{Enclosure, Walls};

/// The newest that these rules were written for; older kernels enforce what they know.
const WRITTEN_FOR: ABI = ABI::V6;

/// Programs, their libraries and their settings.
const SYSTEM: [&str; 12] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/etc",
    "/opt",
    "/nix",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
];

/// Of `/proc`, what tells of the machine and not of its processes.
const MACHINE: [&str; 5] = [
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/filesystems",
    "/proc/sys/kernel",
];

const DEVICES: [&str; 6] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/shm",
];

/// Restricts this process and all that it starts.
pub(super) fn restrict(enclosure: &Enclosure, walls: Walls) -> io::Result<()> {
    let all = AccessFs::from_all(WRITTEN_FOR);
    let read = AccessFs::from_read(WRITTEN_FOR);
    let mut rules = Vec::new();
    let readable = SYSTEM.iter().map(PathBuf::from);
    for folder in readable.chain(enclosure.readable.iter().cloned()) {
        for path in without(&folder, &enclosure.hidden) {
            rules.extend(rule(&path, read));
        }
    }
    for path in MACHINE {
        rules.extend(rule(Path::new(path), read));
    }
    for path in DEVICES {
        rules.extend(rule(Path::new(path), all));
    }
    for path in own_places(enclosure, walls) {
        rules.extend(rule(&path, all));
    }
    let enforced = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(all)
        .and_then(|ruleset| ruleset.scope(Scope::from_all(WRITTEN_FOR)))
        .and_then(Ruleset::create)
        .and_then(|created| {
            created.add_rules(rules.into_iter().map(Ok::<_, landlock::RulesetError>))
        })
        .and_then(|created| created.restrict_self())
        .map_err(io::Error::other)?;
    match enforced.ruleset {
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
        RulesetStatus::NotEnforced => {
            Err(io::Error::other("the kernel has no Landlock, or it is off"))
        }
    }
}

/// The job's folder under each name that it has inside.
fn own_places(enclosure: &Enclosure, walls: Walls) -> Vec<PathBuf> {
    let mut places = vec![
        enclosure.folder.join("opt/ml"),
        enclosure.folder.join("tmp"),
    ];
    if walls == Walls::Namespace {
        places.push(PathBuf::from("/opt/ml"));
        places.push(PathBuf::from("/tmp"));
    }
    places
}

/// `None` for what is not there.
fn rule(path: &Path, access: BitFlags<AccessFs>) -> Option<PathBeneath<PathFd>> {
    let is_folder = fs::metadata(path).ok()?.is_dir();
    let opened = PathFd::new(path).ok()?;
    let access = match is_folder {
        true => access,
        // Rights of folders cannot be given for a file.
        false => access & AccessFs::from_file(WRITTEN_FOR),
    };
    Some(PathBeneath::new(opened, access))
}

/// `folder`, or what is in it beside the hidden: a right for a folder holds for all below it.
fn without(folder: &Path, hidden: &[PathBuf]) -> Vec<PathBuf> {
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let hidden: Vec<PathBuf> = hidden
        .iter()
        .map(|path| fs::canonicalize(path).unwrap_or_else(|_| path.clone()))
        .collect();
    let mut open = Vec::new();
    let mut left = vec![folder];
    while let Some(path) = left.pop() {
        if hidden.iter().any(|hidden| path.starts_with(hidden)) {
            continue;
        }
        if !hidden.iter().any(|hidden| hidden.starts_with(&path)) {
            open.push(path);
            continue;
        }
        let entries = fs::read_dir(&path).into_iter().flatten().flatten();
        left.extend(entries.map(|entry| entry.path()));
    }
    open.sort();
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_holds_something_hidden_is_opened_in_parts() {
        let home = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(home.path()).unwrap();
        for folder in ["lib", "srv/data/objects", "srv/other"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let open = without(&root, &[root.join("srv/data")]);
        assert_eq!(open, [root.join("lib"), root.join("srv/other")]);
        assert_eq!(without(&root, &[]), std::slice::from_ref(&root));
        assert!(without(&root.join("srv/data/objects"), &[root.join("srv/data")]).is_empty());
    }
}
