//! `probity predict`: the scores of a model, a line per record.

use std::io::{self, Write};

use anyhow::{Context, Result};
use probity_analysis::explain::{Scored, read_records, score};
use probity_data::dataset::DatasetType;
use probity_domain::document::csv::{CsvField, CsvWriter};
use serde::Serialize;

use super::model::{Described, open};
use super::outputs::{refuse_bad_outputs, write_file};
use super::wiring::{input, with_surroundings};
use crate::arguments::{OutputArgument, PredictArguments};
use crate::exit::Exit;
use crate::screen;

pub(crate) async fn run(arguments: PredictArguments) -> Result<Exit> {
    refuse_bad_outputs([&arguments.output_file])?;
    let described = Described {
        predictor: None,
        dataset_type: DatasetType::Csv,
    };
    let asked = open(&arguments.model, &arguments.asked, &described)?;
    let given = input(&arguments.input, None, std::collections::BTreeSet::new());
    let scored = with_surroundings(arguments.print, async |surroundings| {
        let records = read_records(&given, &arguments.excluded, surroundings).await?;
        Ok(score(&asked.model, &records.rows).await?)
    })
    .await?;
    if let Some(path) = &arguments.output_file {
        write_file(path, &csv(&scored)?)?;
        return Ok(Exit::NoViolation);
    }
    if arguments.print.output == OutputArgument::Json {
        screen::print(arguments.print, &Printed::of(&scored), String::new)?;
        return Ok(Exit::NoViolation);
    }
    let mut out = io::stdout().lock();
    match out
        .write_all(csv(&scored)?.as_bytes())
        .and_then(|()| out.flush())
    {
        // Whoever reads our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written.context("failed to write the scores")?,
    }
    Ok(Exit::NoViolation)
}

/// What `--output json` prints.
#[derive(Debug, Serialize)]
struct Printed<'a> {
    outputs: Vec<String>,
    scores: Vec<&'a [f64]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<&'a [String]>,
}

impl<'a> Printed<'a> {
    fn of(scored: &'a Scored) -> Printed<'a> {
        Printed {
            outputs: scored.output_names(),
            scores: scored.rows().collect(),
            labels: scored.labels.as_deref(),
        }
    }
}

/// A column per output, and one of labels where the model says any.
fn csv(scored: &Scored) -> io::Result<String> {
    let mut csv = CsvWriter::new(Vec::new());
    let names = scored.output_names();
    let label = scored.labels.as_ref().map(|_| CsvField::Text("label"));
    csv.write_record(names.iter().map(|name| CsvField::Text(name)).chain(label))?;
    for (row_idx, scores) in scored.rows().enumerate() {
        let label = scored
            .labels
            .as_ref()
            .and_then(|labels| labels.get(row_idx));
        let label = label.map(|label| CsvField::Text(label));
        csv.write_record(
            scores
                .iter()
                .map(|score| CsvField::Float(*score))
                .chain(label),
        )?;
    }
    String::from_utf8(csv.finish()?).map_err(io::Error::other)
}
