//! Typesets `report.typ` of each folder named, with the pictures beside it, to be looked at.

use std::path::PathBuf;
use std::{env, error, fs};

fn main() -> Result<(), Box<dyn error::Error>> {
    for folder in env::args().skip(1).map(PathBuf::from) {
        let mut files = Vec::new();
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "svg") {
                let name = path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                files.push((name, fs::read(&path)?));
            }
        }
        let source = fs::read_to_string(folder.join("report.typ"))?;
        let pdf = probity_pdf::typeset(&source, &files)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        fs::write(folder.join("report.pdf"), pdf)?;
    }
    Ok(())
}
