//! `probity shap`: explanations without a configuration file.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use probity_analysis::explain::{
    BaselineChoice, DEFAULT_GRID_RESOLUTION, ExplainRequest, PdpFeatures, PdpSettings, Quantity,
    Records, ShapSettings, StoredAttributions, checkpoint_path, discard_checkpoint, explain,
    read_baseline, read_records,
};
use probity_data::dataset::DatasetType;
use probity_data::location::OutputFolder;
use probity_domain::document::analysis_config::AggregationMethod;

use super::explained::{Printed, text};
use super::model::{Asked, Described, open};
use super::outputs::refuse_to_replace;
use super::wiring::{environment, input, with_surroundings, with_watch};
use crate::arguments::{AggregationArgument, ShapArguments, ShapOutputArgument, threads_or_all};
use crate::exit::{Exit, Usage};
use crate::screen;

pub(crate) async fn run(arguments: ShapArguments) -> Result<Exit> {
    let print = arguments.print();
    let described = Described {
        predictor: None,
        dataset_type: DatasetType::Csv,
    };
    let asked = open(&arguments.model, &arguments.asked, &described)?;
    let given = input(&arguments.input, None, BTreeSet::new());
    let (records, baseline) = with_surroundings(print, async |surroundings| {
        let records = read_records(&given, &arguments.excluded, surroundings).await?;
        let baseline = match &arguments.baseline {
            Some(location) => {
                Some(read_baseline(location, &records, surroundings.environment).await?)
            }
            None => None,
        };
        Ok((records, baseline))
    })
    .await?;
    let records = asked.model.only_features(records)?;
    let folder = arguments.output_folder.as_deref();
    let against = match &arguments.against {
        Some(location) => {
            refuse_to_replace(location, folder)?;
            Some(StoredAttributions::open(location, &environment()).await?)
        }
        None => None,
    };
    if let Some(folder) = folder {
        // Asks whether it can be written to before the long work, and leaves nothing.
        drop(OutputFolder::create(folder, &environment()).await?);
    }
    let request = request(&arguments, &asked, (records, baseline))?;
    let mut documents =
        with_watch(print, async |watch| Ok(explain(&request, watch).await?)).await?;
    documents.add_notes(asked.endpoint_notes());
    if let Some(baseline) = &against {
        documents.compare(baseline, &request)?;
    }
    if let Some(folder) = folder {
        let output = OutputFolder::create(folder, &environment()).await?;
        documents.write(output).await?;
        discard_checkpoint(request.checkpoint.as_deref());
    }
    screen::print(print, &Printed::of(&documents), || text(&documents, folder))?;
    Ok(match documents.is_violated(arguments.verdict.into()) {
        true => Exit::Violations,
        false => Exit::NoViolation,
    })
}

fn request(
    arguments: &ShapArguments,
    asked: &Asked,
    (records, baseline): (Records, Option<BaselineChoice>),
) -> Result<ExplainRequest> {
    let features = records.features();
    let quantity = quantity(arguments, asked)?;
    let baseline = match (baseline, arguments.num_clusters) {
        (Some(given), _) => given,
        (None, Some(clusters)) => BaselineChoice::Clusters(Some(clusters)),
        (None, None)
            if quantity == Quantity::RawScore
                && asked.model.has_covers()
                && arguments.features.is_empty()
                && arguments.groups.is_empty() =>
        {
            BaselineChoice::TrainingData
        }
        (None, None) => BaselineChoice::Clusters(None),
    };
    let chosen: Vec<usize> = arguments
        .features
        .iter()
        .map(|name| position(name, &features))
        .collect::<Result<_>>()?;
    Ok(ExplainRequest {
        dataset: records.dataset,
        label_headers: asked.model.output_names(),
        model: asked.model.clone(),
        join: None,
        shap: Some(ShapSettings {
            baseline,
            n_samples: arguments.num_samples,
            aggregation: match arguments.agg_method {
                AggregationArgument::MeanAbs => AggregationMethod::MeanAbsolute,
                AggregationArgument::Median => AggregationMethod::Median,
                AggregationArgument::MeanSq => AggregationMethod::MeanSquare,
            },
            quantity,
            features: (!chosen.is_empty()).then_some(chosen),
            groups: groups(arguments, &features)?,
            shown_rows: arguments.rows.clone(),
            save_local_values: true,
            save_interactions: arguments.interactions,
        }),
        pdp: (arguments.pdp > 0).then(|| PdpSettings {
            grid_resolution: DEFAULT_GRID_RESOLUTION,
            features: PdpFeatures::Top(usize::try_from(arguments.pdp).unwrap_or(usize::MAX)),
        }),
        hidden: arguments.input.redact.iter().cloned().collect(),
        seed: arguments.seed,
        threads: threads_or_all(arguments.input.threads),
        checkpoint: checkpoint_path(arguments.output_folder.as_deref()),
        rows: records.rows,
    })
}

fn quantity(arguments: &ShapArguments, asked: &Asked) -> Result<Quantity> {
    let units: Vec<Quantity> = arguments
        .outputs
        .iter()
        .filter_map(|output| match output {
            ShapOutputArgument::Raw => Some(Quantity::RawScore),
            ShapOutputArgument::Probability => Some(Quantity::Reported),
            ShapOutputArgument::LogOdds => Some(Quantity::LogOdds),
            ShapOutputArgument::Table | ShapOutputArgument::Json => None,
        })
        .collect();
    match units.as_slice() {
        [unit] => Ok(*unit),
        [] if asked.model.has_trees() => Ok(Quantity::RawScore),
        [] => Ok(Quantity::Reported),
        _ => bail!(Usage(
            "--output names two units; give one of raw, probability and log-odds".to_owned()
        )),
    }
}

fn position(name: &str, features: &[String]) -> Result<usize> {
    match features.iter().position(|feature| feature == name) {
        Some(at) => Ok(at),
        None => bail!(Usage(format!(
            "no feature `{name}`; the model sees {}",
            features.join(", ")
        ))),
    }
}

fn groups(arguments: &ShapArguments, features: &[String]) -> Result<BTreeMap<String, Vec<usize>>> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for group in &arguments.groups {
        let Some((name, columns)) = group.split_once('=') else {
            bail!(Usage(format!(
                "--group is `{group}`; expected `NAME=COLUMN,COLUMN`"
            )));
        };
        let refused =
            |why: String| Err(anyhow::Error::new(Usage(format!("--group {name}: {why}"))));
        if features.iter().any(|feature| feature == name) {
            return refused("a feature is called so; give the group another name".to_owned());
        }
        let columns: Vec<usize> = columns
            .split(',')
            .map(|column| position(column, features))
            .collect::<Result<_>>()?;
        let mut grouped = groups.values().flatten();
        if let Some(twice) = grouped.find(|column| columns.contains(column)) {
            return refused(format!("`{}` is in another group too", features[*twice]));
        }
        if groups.insert(name.to_owned(), columns).is_some() {
            return refused("two groups are called so; name all its columns at once".to_owned());
        }
    }
    Ok(groups)
}
