//! Writes every sample of the Clarify report into a folder, to be looked at.

use std::path::PathBuf;
use std::{env, fs, io};

use probity_report::clarify;

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).unwrap_or("samples".to_owned()));
    for sample in clarify::samples() {
        let report = sample.report();
        let place = folder.join(&sample.name);
        fs::create_dir_all(&place)?;
        fs::write(place.join("report.html"), clarify::render(&report))?;
        let notebook = fs::File::create(place.join("report.ipynb"))?;
        clarify::notebook_of(&report).write_json(notebook)?;
        let typesetting = clarify::typesetting_of(&report);
        fs::write(place.join("report.typ"), &typesetting.source)?;
        for (name, bytes) in &typesetting.files {
            fs::write(place.join(name), bytes)?;
        }
    }
    Ok(())
}
