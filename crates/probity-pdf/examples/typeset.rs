//! Typesets `report.typ` of each folder named, with the pictures beside it, to be looked at.
//! Fonts that the folder of the variable `FONTS` holds are used beside the program's.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Instant;
use std::{env, error, fs};

use probity_pdf::{Fonts, MissingGlyph};

#[expect(
    clippy::disallowed_methods,
    reason = "an example asks where the fonts are that somebody wants to look at"
)]
fn main() -> Result<(), Box<dyn error::Error>> {
    let mut extra = Vec::new();
    if let Ok(folder) = env::var("FONTS") {
        for entry in fs::read_dir(folder)? {
            extra.push(fs::read(entry?.path())?);
        }
    }
    let fonts = Fonts::with(extra)?;
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
        let start = Instant::now();
        let document = probity_pdf::typeset(&source, &files, &fonts)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let codes: Vec<String> = document.missing.iter().map(MissingGlyph::code).collect();
        writeln!(
            io::stdout(),
            "{}: {} ms, {} bytes, missing: {}",
            folder.display(),
            start.elapsed().as_millis(),
            document.pdf.len(),
            codes.join(" ")
        )?;
        fs::write(folder.join("report.pdf"), document.pdf)?;
    }
    Ok(())
}
