//! `probity baseline`: statistics and suggested constraints of a dataset.

use std::collections::BTreeSet;

use anyhow::Result;
use probity_analysis::data_quality::{ProfileTable, ResultDocuments, refuse_to_lose_edits};
use probity_data::location::OutputFolder;
use probity_domain::document::constraints::CategoricalDriftMethod;

use super::profile::text;
use super::wiring::{environment, input, with_surroundings};
use crate::arguments::{BaselineArguments, CategoricalDriftMethodArgument};
use crate::exit::Exit;
use crate::screen;
use crate::table::count;

pub(crate) async fn run(arguments: BaselineArguments) -> Result<Exit> {
    let input = input(&arguments.input, None, BTreeSet::new());
    if !arguments.discard_edits {
        refuse_to_lose_edits(&arguments.output_folder, &environment()).await?;
    }
    let folder = OutputFolder::create(&arguments.output_folder, &environment()).await?;
    let method = categorical_drift_method(arguments.categorical_drift_method);
    let documents = with_surroundings(arguments.print, async |surroundings| {
        let documents =
            probity_analysis::data_quality::baseline(&input, method, surroundings).await?;
        documents.write(folder).await?;
        Ok(documents)
    })
    .await?;
    let shown = ProfileTable::of_documents(&documents);
    screen::print(arguments.print, &shown, || {
        format!(
            "{}\n{}",
            text(&shown),
            closing(&documents, &arguments.output_folder)
        )
    })?;
    Ok(Exit::NoViolation)
}

pub(crate) fn categorical_drift_method(
    argument: CategoricalDriftMethodArgument,
) -> CategoricalDriftMethod {
    match argument {
        CategoricalDriftMethodArgument::LInfinity => CategoricalDriftMethod::LInfinity,
        CategoricalDriftMethodArgument::ChiSquared => CategoricalDriftMethod::ChiSquared,
    }
}

/// What was suggested, and where it lies.
fn closing(documents: &ResultDocuments, folder: &str) -> String {
    let features = &documents.constraints.features;
    let n_complete = features
        .iter()
        .filter(|feature| feature.completeness.is_some_and(|share| share >= 1.0))
        .count();
    let n_non_negative = features
        .iter()
        .filter(|feature| {
            let numbers = feature.num_constraints.as_ref();
            numbers.is_some_and(|numbers| numbers.is_non_negative)
        })
        .count();
    let n_domains = features
        .iter()
        .filter(|feature| {
            let texts = feature.string_constraints.as_ref();
            texts.is_some_and(|texts| texts.domains.is_some())
        })
        .count();
    format!(
        "suggested constraints: {} features complete, {} non-negative, {} with a fixed domain\n\
         written to {folder}: statistics.json, constraints.json, probity.json, summaries.bin, report.html\n\
         next: probity check NEW_DATA --baseline {folder}\n",
        count(n_complete as u64),
        count(n_non_negative as u64),
        count(n_domains as u64),
    )
}
