//! `--fonts DIR`: fonts for PDFs beside those of the program, for scripts that those lack.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use probity_analysis::card_document::Fonts;

use crate::exit::Usage;

/// TrueType, OpenType, and collections of them.
const EXTENSIONS: [&str; 4] = ["ttf", "otf", "ttc", "otc"];

/// The program's fonts, and those of the folder, in the order of their names.
pub(crate) fn read(folder: Option<&Path>) -> Result<Fonts> {
    let Some(folder) = folder else {
        return Ok(Fonts::default());
    };
    let unreadable = || format!("failed to read the fonts of `{}`", folder.display());
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if is_font(&path) {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(Usage(format!(
            "`{}` holds no fonts (.ttf, .otf, .ttc, .otc)",
            folder.display()
        ))
        .into());
    }
    paths.sort();
    let files = paths.iter().map(|path| file(path));
    let files = files.collect::<Result<Vec<Vec<u8>>>>()?;
    Fonts::with(files).map_err(|unusable| {
        let path = paths.get(unusable.position).cloned();
        let path = path.unwrap_or_else(|| folder.to_owned());
        Usage(format!(
            "`{}` holds no font that can be used",
            path.display()
        ))
        .into()
    })
}

fn is_font(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        EXTENSIONS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(extension))
    })
}

fn file(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("failed to read `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_fonts_and_a_file_that_is_none_are_refused() {
        assert!(read(None).is_ok());
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("readme.txt"), "no font").unwrap();
        let refused = read(Some(folder.path())).unwrap_err();
        assert!(refused.to_string().contains("holds no fonts"), "{refused}");
        fs::write(folder.path().join("broken.TTF"), "no font").unwrap();
        let refused = read(Some(folder.path())).unwrap_err();
        assert!(refused.to_string().contains("broken.TTF"), "{refused}");
        let missing = folder.path().join("missing");
        assert!(read(Some(&missing)).is_err());
    }
}
