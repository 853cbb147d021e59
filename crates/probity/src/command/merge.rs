//! `probity merge`: several results into one, without the rows.

use anyhow::Result;
use probity_analysis::data_quality::{ProfileTable, merge};
use probity_data::location::OutputFolder;

use super::profile;
use super::wiring::environment;
use crate::arguments::MergeArguments;
use crate::exit::Exit;
use crate::screen;

pub(crate) async fn run(arguments: MergeArguments) -> Result<Exit> {
    let environment = environment();
    let folder = OutputFolder::create(&arguments.output_folder, &environment).await?;
    let documents = merge(&arguments.folders, &environment).await?;
    let shown = ProfileTable::of_documents(&documents);
    documents.write(folder).await?;
    screen::print(arguments.print, &shown, || {
        format!(
            "{}\nmerged {} results into {}\n",
            profile::text(&shown),
            arguments.folders.len(),
            arguments.output_folder
        )
    })?;
    Ok(Exit::NoViolation)
}
