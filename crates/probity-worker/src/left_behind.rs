//! What a script left behind, as the server may touch it. The server can open what the script
//! could only name: a link in place of an output, or of a folder above it, would publish the
//! server's own files, or lead what the server writes next into them.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;

/// Takes every link out of `tree`, so that nobody follows one later; which there were.
///
/// To be called when the script has ended.
pub(crate) fn remove_links(tree: &Path) -> io::Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    let mut left = vec![tree.to_owned()];
    while let Some(folder) = left.pop() {
        // A folder that the server cannot list is none that it could go through.
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_symlink() {
                fs::remove_file(entry.path())?;
                removed.push(entry.path());
            } else if kind.is_dir() {
                left.push(entry.path());
            }
        }
    }
    removed.sort();
    Ok(removed)
}

/// Opens the plain file `place` below `root`. No link is followed on the way, also when a script
/// that still runs has just put one there, and no pipe is waited for.
pub(crate) fn open_plain(root: &Path, place: &Path) -> io::Result<File> {
    let refused = |problem: &str| io::Error::new(io::ErrorKind::InvalidInput, problem.to_owned());
    let inside = place
        .strip_prefix(root)
        .map_err(|_| refused("it lies outside of the job's folder"))?;
    let mut at = OwnedFd::from(File::open(root)?);
    let mut parts = inside.components().peekable();
    while let Some(part) = parts.next() {
        let Component::Normal(name) = part else {
            return Err(refused("it lies outside of the job's folder"));
        };
        let kind = match parts.peek() {
            Some(_) => OFlag::O_DIRECTORY,
            None => OFlag::O_NONBLOCK,
        };
        let how = kind | OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        at = openat(&at, name, how, Mode::empty())?;
    }
    let file = File::from(at);
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(refused("it is no plain file")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::symlink;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    /// A job's folder with an output, and a folder beside it that is none of the job's.
    fn folders() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("job/out")).unwrap();
        fs::create_dir_all(home.path().join("server")).unwrap();
        fs::write(home.path().join("job/out/file"), "of the job").unwrap();
        fs::write(home.path().join("server/file"), "of the server").unwrap();
        home
    }

    #[test]
    fn a_plain_file_is_opened() {
        let home = folders();
        let job = home.path().join("job");
        let mut text = String::new();
        let mut file = open_plain(&job, &job.join("out/file")).unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "of the job");
    }

    #[test]
    fn no_link_leads_out_of_the_job() {
        let home = folders();
        let job = home.path().join("job");
        symlink(home.path().join("server"), job.join("above")).unwrap();
        symlink(home.path().join("server/file"), job.join("link")).unwrap();
        mkfifo(&job.join("pipe"), Mode::S_IRWXU).unwrap();
        for place in ["above/file", "link", "pipe", "out", "../server/file"] {
            assert!(open_plain(&job, &job.join(place)).is_err(), "{place}");
        }
        assert!(open_plain(&job, &home.path().join("server/file")).is_err());
    }

    #[test]
    fn links_are_taken_out_and_what_they_named_stays() {
        let home = folders();
        let job = home.path().join("job");
        symlink(home.path().join("server"), job.join("above")).unwrap();
        symlink("nowhere", job.join("out/broken")).unwrap();
        let removed = remove_links(&job).unwrap();
        assert_eq!(removed, [job.join("above"), job.join("out/broken")]);
        assert!(home.path().join("server/file").is_file());
        assert!(job.join("out/file").is_file());
        assert_eq!(remove_links(&job).unwrap(), Vec::<PathBuf>::new());
    }
}
