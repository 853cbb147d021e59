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

/// Written beside, then renamed.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".partial");
    fs::write(&beside, text)
        .and_then(|()| fs::rename(&beside, path))
        .with_context(|| format!("failed to write `{}`", path.display()))
}
