//! The view of the file system inside: the job's folder at `/opt/ml`, a private `/tmp`, and
//! empty folders where the server keeps its own.

use std::fs;
use std::io;
use std::path::Path;

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getgid, getuid};

use super::Enclosure;

const NOTHING: Option<&str> = None;

/// Enters new user, mount and process namespaces as the same user.
pub(super) fn enter_namespaces() -> io::Result<()> {
    let (user, group) = (getuid(), getgid());
    let wanted = CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID;
    unshare(wanted)
        .map_err(|error| telling("the kernel refuses a user namespace", error.into()))?;
    // Groups must be given up before they may be mapped (user_namespaces(7)).
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    mount(
        NOTHING,
        "/",
        NOTHING,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        NOTHING,
    )
    .map_err(|error| telling("the kernel refuses mounts in a namespace", error.into()))
}

/// Puts the job's folder, the private `/tmp` and the empty folders in their places.
pub(super) fn build(enclosure: &Enclosure) -> io::Result<()> {
    let tree = enclosure.folder.join("opt/ml");
    let temporary = enclosure.folder.join("tmp");
    fs::create_dir_all(&tree)?;
    fs::create_dir_all(&temporary)?;
    place_tree(&tree, &enclosure.folder)?;
    bind(&temporary, Path::new("/tmp"))?;
    for hidden in &enclosure.hidden {
        hide(hidden)?;
    }
    Ok(())
}

/// `/opt/ml`; where the system has none, an `/opt` with all that it has and that.
fn place_tree(tree: &Path, folder: &Path) -> io::Result<()> {
    let place = Path::new("/opt/ml");
    if place.is_dir() {
        return bind(tree, place);
    }
    let opt = Path::new("/opt");
    if !opt.is_dir() {
        return Err(io::Error::other("there is no folder /opt to mount in"));
    }
    let built = folder.join("opt-inside");
    fs::create_dir_all(built.join("ml"))?;
    for entry in fs::read_dir(opt)? {
        let entry = entry?;
        let inside = built.join(entry.file_name());
        let kind = fs::metadata(entry.path())?;
        if kind.is_dir() {
            fs::create_dir_all(&inside)?;
        } else {
            fs::write(&inside, "")?;
        }
        bind(&entry.path(), &inside)?;
    }
    bind(tree, &built.join("ml"))?;
    bind(&built, opt)
}

fn bind(from: &Path, to: &Path) -> io::Result<()> {
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(from), to, NOTHING, flags, NOTHING)
        .map_err(|error| telling("the kernel refuses a mount", error.into()))
}

/// An empty folder, or an empty file, in its place. What is not there needs no hiding.
fn hide(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => empty(path),
        Ok(_) => bind(Path::new("/dev/null"), path),
        Err(_) => Ok(()),
    }
}

/// `/proc` shows what other processes of the user were given.
pub(super) fn cover_processes() -> io::Result<()> {
    empty(Path::new("/proc"))
}

fn empty(folder: &Path) -> io::Result<()> {
    mount(
        Some("tmpfs"),
        folder,
        Some("tmpfs"),
        MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
        Some("size=0,mode=0555"),
    )
    .map_err(|error| telling("the kernel refuses an empty folder", error.into()))
}

fn telling(what: &str, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}
