//! `probity labels`: options and examples.

use clap::{ArgGroup, Args, Subcommand};

use super::{PrintArguments, ServerArguments};

const EXAMPLES: &str = "\
Examples:
  eval \"$(probity env)\"                        # where the server is, and whose key signs
  probity labels add --schedule churn-quality labels.csv
  cat labels.jsonl | probity labels add --ground-truth s3://bucket/ground-truth -";

/// Ground truth of a running server: what turned out to be true
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LabelsArguments {
    #[command(flatten)]
    pub(crate) server: ServerArguments,
    #[command(subcommand)]
    pub(crate) command: LabelsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabelsCommand {
    /// Add labels; windows that waited for them are scored anew
    Add(LabelsAddArguments),
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("place").required(true).args(["schedule", "ground_truth"])))]
pub(crate) struct LabelsAddArguments {
    /// CSV, Parquet or JSON Lines with `id` (the inference id, or the event's) and `label`, and
    /// `inference_time` where it is known, or SageMaker's own lines of ground truth; `-` for
    /// standard input
    #[arg(value_name = "FILE", default_value = "-")]
    pub(crate) file: String,
    /// Where this schedule reads its labels
    #[arg(long, value_name = "NAME")]
    pub(crate) schedule: Option<String>,
    /// Or in this place
    #[arg(long, value_name = "S3-URI")]
    pub(crate) ground_truth: Option<String>,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}
