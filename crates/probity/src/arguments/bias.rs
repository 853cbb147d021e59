//! `probity clarify` and `probity bias`: options and examples.

use std::num::NonZeroUsize;

use clap::{Args, Subcommand};

use super::{
    CheckResultArguments, InputArguments, LOCATIONS, ModelArguments, PrintArguments, ReadArguments,
};

const STAGES_AND_SIGNS: &str = "\
The listed facet values, or the numbers above the threshold, are the sensitive group d; all other
rows are group a. A metric above 0 means that a fares better, except where its reading says so.";

/// What every bias analysis may be told.
#[derive(Clone, Debug, Args)]
pub(crate) struct BiasDepthArguments {
    /// Also compute what the field has and Clarify lacks (equalized odds, Theil index,
    /// consistency, subgroups of several facets, …), into probity.json and the report
    #[arg(long)]
    pub(crate) extended: bool,
    /// Smallest subgroup of several facets that is ranked
    #[arg(long, value_name = "ROWS", default_value_t = 30)]
    pub(crate) minimum_cell: u64,
}

const CLARIFY_EXAMPLES: &str = "\
CONFIG is an analysis_config.json, as the SageMaker SDK writes it. DATA may also come from its
`dataset_uri`. Explanations (shap, pdp), and bias of predictions that the data do not have, ask
the model that --model names: a file (XGBoost, LightGBM, CatBoost, ONNX), a folder or model.tar.gz
that holds one, or the URL of a model that runs.

Examples:
  probity clarify analysis_config.json --data train.csv -o bias/
  probity clarify analysis_config.json --data train.csv --model model.tar.gz -o analysis/
  probity clarify analysis_config.json --data train.csv --model http://localhost:8080/invocations
  probity clarify analysis_config.json --data train.csv --check
  probity clarify s3://bucket/analysis_config.json -o s3://bucket/analysis/";

/// `probity clarify`
#[derive(Debug, Args)]
#[command(after_help = CLARIFY_EXAMPLES)]
pub(crate) struct ClarifyArguments {
    /// An analysis_config.json: a file, or an s3://, gs:// or az:// address
    #[arg(value_name = "CONFIG")]
    pub(crate) config: String,
    /// The dataset, in place of the configuration's `dataset_uri`
    #[arg(long, value_name = "DATA")]
    pub(crate) data: Option<String>,
    #[command(flatten)]
    pub(crate) read: ReadArguments,
    /// The model: a file, a folder, an archive, or a URL
    #[arg(long, value_name = "MODEL", help_heading = "Model")]
    pub(crate) model: Option<String>,
    #[command(flatten)]
    pub(crate) asked: ModelArguments,
    /// A row that gets a waterfall of its own, counted from 0 (repeatable)
    #[arg(long = "row", value_name = "N")]
    pub(crate) rows: Vec<u64>,
    /// Draws coalitions, clusters and samples of rows, where the configuration has no seed
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Folder for analysis.json, probity.json, the reports and a copy of the configuration
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(crate) output_folder: Option<String>,
    /// Validate the configuration and the data, and measure nothing
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) depth: BiasDepthArguments,
    /// Hash the values of this column before anything is counted (repeatable). The hashes have
    /// no key: values from a small set can be found by trying all
    #[arg(long = "redact", value_name = "COLUMN")]
    pub(crate) redact: Vec<String>,
    /// Cores to use; the answer is the same for any number [default: all]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

/// `probity bias`, or one of its commands.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = bias_examples())]
pub(crate) struct BiasArguments {
    #[command(subcommand)]
    pub(crate) command: Option<BiasCommand>,
    #[command(flatten)]
    pub(crate) run: BiasRunArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BiasCommand {
    /// Compare the bias of new data with a baseline
    Check(BiasCheckArguments),
}

fn bias_examples() -> String {
    format!(
        "{LOCATIONS}\n\n{STAGES_AND_SIGNS}\n\nExamples:\n  \
         probity bias loans.csv --label approved --positive yes --facet sex=F\n  \
         probity bias loans.csv --label approved --positive 1 --facet sex --facet age=40 \\\n    \
         --predicted decision --group district -o bias/\n  \
         probity bias loans.csv --label approved --positive yes --facet 'race=B,C' --write-config"
    )
}

/// `probity bias DATA …`. What is required is asked for by the command itself, since none of
/// it belongs to `probity bias check`.
#[derive(Clone, Debug, Args)]
pub(crate) struct BiasRunArguments {
    /// File, folder, glob, `-`, or s3://, gs://, az:// address
    #[arg(value_name = "DATA")]
    pub(crate) data: Option<String>,
    #[command(flatten)]
    pub(crate) read: ReadArguments,
    /// Hash the values of this column before anything is counted (repeatable)
    #[arg(long = "redact", value_name = "COLUMN")]
    pub(crate) redact: Vec<String>,
    /// Cores to use; the answer is the same for any number [default: all]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Column of the observed outcome: name or zero-based index
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,
    /// The good outcome: a value, several separated by commas, or for numbers the threshold
    /// above which the outcome is good
    #[arg(long, value_name = "VALUES")]
    pub(crate) positive: Option<String>,
    /// Column and sensitive values: `sex=F`, `race=B,C`, `score=0.5` (above 0.5, for a column of
    /// decimal numbers, or of whole ones of which 5 % or more are distinct); without values
    /// every value is measured against the rest (repeatable)
    #[arg(long = "facet", value_name = "COLUMN[=VALUES]")]
    pub(crate) facets: Vec<String>,
    /// Column of the model's decision
    #[arg(long, value_name = "COLUMN")]
    pub(crate) predicted: Option<String>,
    /// Column of subgroups within which CDDL and CDDPL compare
    #[arg(long, value_name = "COLUMN")]
    pub(crate) group: Option<String>,
    /// Columns that are no features (repeatable)
    #[arg(long = "exclude", value_name = "COLUMN")]
    pub(crate) excluded: Vec<String>,
    #[command(flatten)]
    pub(crate) depth: BiasDepthArguments,
    /// Print the analysis_config.json that these options stand for, and run nothing
    #[arg(long)]
    pub(crate) write_config: bool,
    /// Folder for analysis.json, probity.json and report.html
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(crate) output_folder: Option<String>,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

const BIAS_CHECK_EXAMPLES: &str = "\
SageMaker's rule: a metric violates when it is farther from 0 than the baseline's. The corrected
verdict asks whether the change exceeds what sampling error explains, in both samples and over
all metrics and facets together.

Exit codes: 0 no violation, 1 violations, 2 usage or bad input, 3 failure at run time.

Examples:
  probity bias check today.csv --config analysis_config.json --baseline bias/analysis.json
  probity bias check today.csv --config analysis_config.json --baseline bias/ -o check/ \\
    --verdict corrected";

/// `probity bias check`
#[derive(Debug, Args)]
#[command(after_help = BIAS_CHECK_EXAMPLES)]
pub(crate) struct BiasCheckArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// An analysis_config.json: label, facets and group variable
    #[arg(long, value_name = "CONFIG")]
    pub(crate) config: String,
    /// The analysis.json (ours or SageMaker's) to compare with, or its folder
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) baseline: String,
    #[command(flatten)]
    pub(crate) depth: BiasDepthArguments,
    #[command(flatten)]
    pub(crate) result: CheckResultArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}
