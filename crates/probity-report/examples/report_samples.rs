//! Writes every sample report into a folder, to be looked at in a browser.
//!
//! `cargo run -p probity-report --example report_samples -- FOLDER`

use std::path::PathBuf;

use probity_report::data_quality::{Sample, render, samples};
use probity_report::{bias, model_quality};

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(
        std::env::args()
            .nth(1)
            .unwrap_or_else(|| "target/report-samples".to_owned()),
    );
    std::fs::create_dir_all(&folder)?;
    for sample in samples()
        .into_iter()
        .chain([Sample::wide(100, 4_700), Sample::all_moved(100, 4_700)])
    {
        std::fs::write(
            folder.join(format!("{}.html", sample.name)),
            render(&sample.report()),
        )?;
    }
    for sample in bias::samples()
        .into_iter()
        .chain([bias::BiasSample::wide(60, 40)])
    {
        std::fs::write(
            folder.join(format!("{}.html", sample.name)),
            bias::render(&sample.report()),
        )?;
    }
    for sample in model_quality::samples()
        .into_iter()
        .chain([model_quality::QualitySample::wide(60, 100)])
    {
        std::fs::write(
            folder.join(format!("{}.html", sample.name)),
            model_quality::render(&sample.report()),
        )?;
    }
    Ok(())
}
