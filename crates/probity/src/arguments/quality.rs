//! `probity quality`: options and examples.

use clap::{Args, Subcommand, ValueEnum};

use super::{CheckResultArguments, InputArguments, LOCATIONS, PrintArguments};

/// Which kind of answer a model gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProblemTypeArgument {
    /// Two classes
    #[value(alias = "BinaryClassification")]
    Binary,
    /// Several classes
    #[value(alias = "MulticlassClassification")]
    Multiclass,
    /// Numbers
    #[value(alias = "Regression")]
    Regression,
}

#[derive(Debug, Subcommand)]
pub(crate) enum QualityCommand {
    /// Measure a model on labelled predictions and suggest constraints
    Baseline(QualityBaselineArguments),
    /// Compare a model's quality on new data with a baseline
    Check(QualityCheckArguments),
}

const COLUMNS: &str = "\
Columns are named by name, zero-based index (for captures: of the endpoint's output), or a JMESPath
expression for JSON. Positive is a probability above the threshold; exactly the threshold is not.";

/// The columns that hold labels and predictions.
#[derive(Clone, Debug, Args)]
pub(crate) struct QualityColumnArguments {
    /// Which kind of answer the model gives
    #[arg(long, value_enum)]
    pub(crate) problem_type: ProblemTypeArgument,
    /// Column of the observed outcome
    #[arg(long, value_name = "COLUMN", alias = "ground-truth-attribute")]
    pub(crate) label: Option<String>,
    /// Column of the model's answer
    #[arg(long, value_name = "COLUMN", alias = "inference-attribute")]
    pub(crate) prediction: Option<String>,
    /// Column of the probability of the positive class
    #[arg(long, value_name = "COLUMN", alias = "probability-attribute")]
    pub(crate) probability: Option<String>,
    /// Probability above which the answer is positive
    #[arg(
        long,
        value_name = "P",
        default_value_t = 0.5,
        value_parser = threshold,
        alias = "probability-threshold-attribute"
    )]
    pub(crate) threshold: f64,
    /// The positive class of a binary problem [default: `1`, `true`, `yes`]
    #[arg(long, value_name = "VALUE")]
    pub(crate) positive: Option<String>,
    /// Measure every value of this column apart as well (repeatable)
    #[arg(long = "segment", value_name = "COLUMN")]
    pub(crate) segments: Vec<String>,
}

fn threshold(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(threshold) if (0.0..=1.0).contains(&threshold) => Ok(threshold),
        _ => Err("give a probability between 0 and 1, e.g. 0.5".into()),
    }
}

fn baseline_examples() -> String {
    format!(
        "{LOCATIONS}\n\n{COLUMNS}\n\nExamples:\n  \
         probity quality baseline scored.csv --problem-type binary --label y --probability p -o quality/\n  \
         probity quality baseline scored.parquet --problem-type regression --label price --prediction estimate -o quality/\n  \
         probity quality baseline scored.jsonl --problem-type multiclass --label label \\\n    \
         --prediction 'predictions[0].label' --segment region -o quality/"
    )
}

/// `probity quality baseline`
#[derive(Debug, Args)]
#[command(after_help = baseline_examples())]
pub(crate) struct QualityBaselineArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    #[command(flatten)]
    pub(crate) columns: QualityColumnArguments,
    /// Folder for statistics.json, constraints.json, probity.json and report.html
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(crate) output_folder: Option<String>,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

const CHECK_EXAMPLES: &str = "\
SageMaker's rule compares with the baseline's own value, so that about half of all unchanged
samples violate. The corrected verdict asks whether the drop exceeds sampling error.

Exit codes: 0 no violation, 1 violations, 2 usage or bad input, 3 failure at run time.

Examples:
  probity quality check today.csv --problem-type binary --label y --probability p --baseline quality/
  probity quality check 'merge/**/*.jsonl' --problem-type regression --prediction 0 \\
    --baseline quality/ --verdict corrected -o check/";

/// `probity quality check`
#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub(crate) struct QualityCheckArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    #[command(flatten)]
    pub(crate) columns: QualityColumnArguments,
    /// A baseline folder (ours or SageMaker's), or its constraints.json
    #[arg(long, value_name = "DIR|FILE")]
    pub(crate) baseline: String,
    #[command(flatten)]
    pub(crate) result: CheckResultArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}
