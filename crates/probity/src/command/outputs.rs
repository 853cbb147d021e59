//! Files that a check writes beside its documents: whether they can be written, before any
//! long work, and how they are.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::exit::Usage;

/// A result never replaces its own baseline.
pub(crate) fn refuse_to_replace(baseline: &str, output_folder: Option<&str>) -> Result<()> {
    let same = |a: &str, b: &str| {
        let whole = |path: &str| fs::canonicalize(path).ok();
        a.trim_end_matches('/') == b.trim_end_matches('/')
            || whole(a).is_some_and(|a| whole(b) == Some(a))
    };
    let parent = Path::new(baseline).parent().and_then(Path::to_str);
    match output_folder {
        Some(folder)
            if same(folder, baseline)
                || (Path::new(baseline).is_file()
                    && parent.is_some_and(|parent| {
                        same(folder, if parent.is_empty() { "." } else { parent })
                    })) =>
        {
            bail!(Usage(format!(
                "`{folder}` is the baseline itself; give another folder for the result"
            )))
        }
        _ => Ok(()),
    }
}

/// The files can be written: their folders are there, and they are no folders.
pub(crate) fn refuse_bad_outputs<const N: usize>(paths: [&Option<PathBuf>; N]) -> Result<()> {
    for path in paths.into_iter().flatten() {
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        if path.is_dir() || parent.is_some_and(|parent| !parent.is_dir()) {
            bail!(Usage(format!(
                "`{}` cannot be written: it is a folder, or its folder does not exist",
                path.display()
            )));
        }
    }
    Ok(())
}

/// Written beside, then renamed; into a device or a pipe, which a file must not replace, at once.
pub(crate) fn write_file(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    let is_no_file = fs::metadata(path).is_ok_and(|known| !known.is_file());
    let written = match is_no_file {
        true => fs::write(path, bytes),
        false => {
            let mut beside = path.as_os_str().to_owned();
            beside.push(".partial");
            fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path))
        }
    };
    written.with_context(|| format!("failed to write `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileTypeExt;
    use std::process::Command;
    use std::thread;

    use super::*;

    #[test]
    fn a_pipe_stays_a_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        let reader = thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        write_file(&pipe, "text").unwrap();
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
        assert_eq!(reader.join().unwrap(), "text");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.html");
        fs::write(&path, "before, and longer").unwrap();
        write_file(&path, "after").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
