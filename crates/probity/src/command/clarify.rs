//! `probity clarify`: whatever an analysis_config.json asks for.

use anyhow::{Result, bail};
use probity_analysis::bias::{
    BiasDocuments, BiasRequest, Source, analyse, read_job_config, validate,
};
use probity_analysis::explain::{
    ClarifyDocuments, ExplainDocuments, ExplainOptions, check_configured, checkpoint_path,
    configured, discard_checkpoint, explain,
};
use probity_data::dataset::DatasetType;
use probity_data::location::OutputFolder;
use probity_domain::document::analysis_config::AnalysisConfig;
use probity_domain::document::explanation_file::ExplanationFile;
use serde::Serialize;

use super::bias::{self, Plan, depth};
use super::explained;
use super::model::{Asked, Described, open};
use super::wiring::{environment, read_options, with_surroundings, with_watch};
use crate::arguments::{ClarifyArguments, threads_or_all};
use crate::exit::{Exit, Usage};
use crate::screen;
use crate::table::printable;

pub(crate) async fn run(arguments: ClarifyArguments) -> Result<Exit> {
    let config = read_job_config(&arguments.config, &environment()).await?;
    let asked = asked_model(&arguments, &config)?;
    let config = match &asked {
        Some(_) => config.with_model_named_elsewhere(),
        None => config,
    };
    let request = BiasRequest {
        source: Source::Configured {
            data: arguments.data.clone(),
            read: Box::new(read_options(&arguments.read, None)),
            files: None,
        },
        redacted: arguments.redact.iter().cloned().collect(),
        threads: threads_or_all(arguments.threads),
        depth: depth(&arguments.depth),
        model: asked.as_ref().map(|asked| asked.model.clone()),
        config,
    };
    let request = request.with_files(&environment()).await?;
    if arguments.check {
        return only_validate(&arguments, &request, asked.as_ref()).await;
    }
    let folder = arguments.output_folder.as_deref();
    if let Some(folder) = folder {
        // Asks whether it can be written to before the long work, and leaves nothing.
        drop(OutputFolder::create(folder, &environment()).await?);
    }
    let mut documents = ClarifyDocuments {
        bias: bias_part(&arguments, &request).await?,
        explained: None,
    };
    let mut checkpoint = None;
    if explains(&request.config) {
        let Some(asked) = &asked else {
            bail!(no_model("explanations are found by asking the model"));
        };
        let (explained, kept) = explanations(&arguments, &request, asked).await?;
        documents.explained = Some(explained);
        checkpoint = kept;
    }
    if let Some(folder) = folder {
        let output = OutputFolder::create(folder, &environment()).await?;
        documents
            .write(output, report_name(&request.config))
            .await?;
        discard_checkpoint(checkpoint.as_deref());
    }
    screen::print(arguments.print, &Printed::of(&documents), || {
        text(&documents, folder)
    })?;
    Ok(Exit::NoViolation)
}

/// The model that the command names, if the configuration has a use for one.
fn asked_model(arguments: &ClarifyArguments, config: &AnalysisConfig) -> Result<Option<Asked>> {
    let Some(location) = &arguments.model else {
        return Ok(None);
    };
    let dataset_type = config.dataset_type.map(|said| said.name());
    let dataset_type = dataset_type.and_then(|name| DatasetType::from_name(name).ok());
    let described = Described {
        predictor: config.predictor.as_ref(),
        dataset_type: dataset_type.unwrap_or(DatasetType::Csv),
    };
    Ok(Some(open(location, &arguments.asked, &described)?))
}

fn no_model(why: &str) -> Usage {
    Usage(format!(
        "{why}, and none is named: give --model FILE, FOLDER, ARCHIVE or URL"
    ))
}

async fn bias_part(
    arguments: &ClarifyArguments,
    request: &BiasRequest,
) -> Result<Option<BiasDocuments>> {
    if !request.config.measures_bias() {
        return Ok(None);
    }
    let documents = with_surroundings(arguments.print, async |surroundings| {
        Ok(analyse(request, surroundings).await?)
    })
    .await?;
    documents.refuse_unmeasurable()?;
    Ok(Some(documents))
}

async fn explanations(
    arguments: &ClarifyArguments,
    request: &BiasRequest,
    asked: &Asked,
) -> Result<(ExplainDocuments, Option<std::path::PathBuf>)> {
    let options = ExplainOptions {
        model: asked.model.clone(),
        seed: arguments.seed,
        shown_rows: arguments.rows.clone(),
        checkpoint: checkpoint_path(arguments.output_folder.as_deref()),
    };
    let explained = with_surroundings(arguments.print, async |surroundings| {
        Ok(configured(request, options, surroundings).await?)
    })
    .await?;
    let mut documents = with_watch(arguments.print, async |watch| {
        Ok(explain(&explained, watch).await?)
    })
    .await?;
    documents.add_notes(asked.endpoint_notes());
    Ok((documents, explained.checkpoint))
}

fn report_name(config: &AnalysisConfig) -> &str {
    let report = config
        .methods
        .as_ref()
        .and_then(|methods| methods.report.as_ref());
    report
        .and_then(|report| report.name.as_deref())
        .filter(|name| !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.'))
        .unwrap_or("report")
}

/// `--check`: says what a run would find wrong, and runs nothing.
async fn only_validate(
    arguments: &ClarifyArguments,
    request: &BiasRequest,
    asked: Option<&Asked>,
) -> Result<Exit> {
    let mut columns = Vec::new();
    let mut warnings = Vec::new();
    if request.config.measures_bias() {
        let plan = with_surroundings(arguments.print, async |surroundings| {
            Ok(validate(request, surroundings).await?)
        })
        .await?;
        columns.extend(plan.columns());
        warnings.extend(plan.warnings);
    }
    if explains(&request.config) {
        let features = check_configured(request, &environment()).await?;
        columns.push(("features", features.join(", ")));
        if asked.is_none() {
            warnings.push(no_model("explanations are found by asking the model").to_string());
        }
    }
    screen::print(arguments.print, &Plan::of(&columns, &warnings), || {
        let mut text = String::from("configuration and data fit together\n");
        for (what, column) in &columns {
            text.push_str(&printable(format!("  {what}: {column}")));
            text.push('\n');
        }
        for warning in &warnings {
            text.push_str(&format!("warning: {}\n", printable(warning.clone())));
        }
        text
    })?;
    Ok(Exit::NoViolation)
}

fn explains(config: &AnalysisConfig) -> bool {
    let methods = config.methods.as_ref();
    methods.is_some_and(|methods| methods.explains())
}

/// What `--output json` prints: `probity.json`.
#[derive(Debug, Serialize)]
struct Printed<'a> {
    #[serde(flatten)]
    bias: Option<bias::Printed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanations: Option<&'a ExplanationFile>,
}

impl<'a> Printed<'a> {
    fn of(documents: &'a ClarifyDocuments) -> Printed<'a> {
        Printed {
            bias: documents.bias.as_ref().map(bias::Printed::of),
            explanations: documents
                .explained
                .as_ref()
                .map(|explained| &explained.probity),
        }
    }
}

fn text(documents: &ClarifyDocuments, folder: Option<&str>) -> String {
    let mut text = String::new();
    if let Some(bias) = &documents.bias {
        text.push_str(&bias::text(bias));
    }
    if let Some(explained) = &documents.explained {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&explained::text(explained, None));
    }
    if let Some(folder) = folder {
        text.push_str(&format!("written to {folder}\n"));
    }
    text
}
