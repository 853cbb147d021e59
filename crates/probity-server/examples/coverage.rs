//! `coverage FOLDER`: what `cargo xtask coverage` runs. Writes the pages that list which operations
//! are here.

#![expect(
    clippy::print_stderr,
    reason = "a tool talks to the person who started it"
)]

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("coverage: name the folder to write to");
        return ExitCode::from(2);
    };
    let pages = [
        ("coverage.md", probity_server::coverage_page()),
        ("coverage.json", probity_server::coverage_json()),
        ("metrics.md", probity_server::metrics_page()),
        (
            "probity-operations.md",
            probity_server::own_operations_page(),
        ),
    ];
    let written = pages
        .iter()
        .try_for_each(|(name, text)| std::fs::write(folder.join(name), text));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!(
                "coverage: failed to write to `{}`: {error}",
                folder.display()
            );
            ExitCode::FAILURE
        }
    }
}
