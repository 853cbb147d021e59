//! Writes every sample card in every form and template into a folder, to be looked at; the
//! example `typeset` of `probity-pdf` makes the PDFs.
//!
//! `cargo run -p probity-report --example card_samples -- FOLDER`

use std::path::{Path, PathBuf};
use std::{fs, io};

use probity_report::card::{
    CardSample, Template, html, hugging_face, markdown, samples, typesetting,
};

fn main() -> io::Result<()> {
    let folder = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "target/card-samples".to_owned());
    let folder = PathBuf::from(folder);
    for sample in samples() {
        for template in Template::ALL {
            write(&folder, &sample, template)?;
        }
        let name = format!("{}-hugging-face.md", sample.name);
        fs::write(folder.join(name), hugging_face(&sample.dossier))?;
    }
    Ok(())
}

fn write(folder: &Path, sample: &CardSample, template: Template) -> io::Result<()> {
    let name = format!("{}-{}", sample.name, template.as_str());
    let paper = folder.join(&name);
    fs::create_dir_all(&paper)?;
    let typeset = typesetting(&sample.dossier, template);
    fs::write(paper.join("report.typ"), typeset.source)?;
    for (name, bytes) in typeset.files {
        fs::write(paper.join(name), bytes)?;
    }
    fs::write(
        folder.join(format!("{name}.html")),
        html(&sample.dossier, template),
    )?;
    fs::write(
        folder.join(format!("{name}.md")),
        markdown(&sample.dossier, template),
    )
}
