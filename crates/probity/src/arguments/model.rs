//! A model on the command line, and the commands that ask one: `probity shap`, `probity
//! predict` and `probity model inspect`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{InputArguments, LOCATIONS, OutputArgument, PrintArguments, VerdictArgument};

const MODELS: &str = "\
MODEL is a file (XGBoost JSON or UBJSON, LightGBM text, CatBoost JSON, ONNX), a folder or a
model.tar.gz that holds one, or the URL of a model that runs (http://host:port/invocations).";

/// How a model is spoken to.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ModelArguments {
    /// How the model behind a URL is spoken to
    #[arg(long, value_enum, default_value = "sagemaker", help_heading = "Model")]
    pub(crate) protocol: ProtocolArgument,
    /// What requests hold: text/csv, application/jsonlines or application/json [default: that
    /// of the configuration, else text/csv]
    #[arg(long, value_name = "TYPE", help_heading = "Model")]
    pub(crate) content_type: Option<String>,
    /// What answers hold [default: that of the configuration, else of the requests]
    #[arg(long, value_name = "TYPE", help_heading = "Model")]
    pub(crate) accept: Option<String>,
    /// Body of a JSON request, with `$features`, `$record` or `$records`
    #[arg(long, value_name = "TEMPLATE", help_heading = "Model")]
    pub(crate) content_template: Option<String>,
    /// A record of a JSON request, with `$features`, `$features_kvp` or `"${NAME}"`
    #[arg(long, value_name = "TEMPLATE", help_heading = "Model")]
    pub(crate) record_template: Option<String>,
    /// Where the scores lie in an answer: a column's index, or a JMESPath
    #[arg(long, value_name = "INDEX|JMESPATH", help_heading = "Model")]
    pub(crate) probability: Option<String>,
    /// Where the predicted label lies in an answer
    #[arg(long, value_name = "INDEX|JMESPATH", help_heading = "Model")]
    pub(crate) label_in_answer: Option<String>,
    /// A header of every request, e.g. `Authorization: Bearer …` (repeatable)
    #[arg(
        long = "model-header",
        value_name = "NAME: VALUE",
        help_heading = "Model"
    )]
    pub(crate) headers: Vec<String>,
    /// Requests in flight at most
    #[arg(long, value_name = "N", help_heading = "Model")]
    pub(crate) concurrency: Option<NonZeroUsize>,
    /// Records of a request at most
    #[arg(long, value_name = "N", help_heading = "Model")]
    pub(crate) max_records: Option<NonZeroUsize>,
    /// Seconds that an answer may take
    #[arg(long, value_name = "SECONDS", help_heading = "Model")]
    pub(crate) model_timeout: Option<u64>,
    /// An ONNX Runtime library (libonnxruntime.so), for graphs that are not evaluated here
    /// [default: $PROBITY_ONNX_RUNTIME]
    #[arg(long, value_name = "FILE", help_heading = "Model")]
    pub(crate) onnx_runtime: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProtocolArgument {
    /// The contract of SageMaker's containers
    #[default]
    Sagemaker,
    /// Open Inference Protocol v2: KServe, Triton
    V2,
    /// MLflow's scoring server
    Mlflow,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Show what was understood of a model's file: trees, features, outputs
    Inspect(InspectArguments),
}

fn inspect_examples() -> String {
    format!(
        "{MODELS}\n\nExamples:\n  \
         probity model inspect model.json\n  \
         probity model inspect model.tar.gz --output json"
    )
}

#[derive(Debug, Args)]
#[command(after_help = inspect_examples())]
pub(crate) struct InspectArguments {
    /// A model's file, folder or archive
    #[arg(value_name = "MODEL")]
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) asked: ModelArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

fn predict_examples() -> String {
    format!(
        "{MODELS}\n\n{LOCATIONS}\n\nExamples:\n  \
         probity predict model.json test.csv --exclude label\n  \
         probity predict http://localhost:8080/invocations test.csv --exclude label -o scores.csv"
    )
}

#[derive(Debug, Args)]
#[command(after_help = predict_examples())]
pub(crate) struct PredictArguments {
    /// A model's file, folder or archive, or a URL
    #[arg(value_name = "MODEL")]
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// Columns that the model does not see: the label, ids (repeatable)
    #[arg(long = "exclude", value_name = "COLUMN")]
    pub(crate) excluded: Vec<String>,
    /// Write the scores as CSV into this file instead of standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) asked: ModelArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

fn shap_examples() -> String {
    format!(
        "{MODELS}\n\n{LOCATIONS}\n\n\
         Of trees that were read here, raw scores (margins) are explained, exactly: over the\n\
         training data behind each node, or over a baseline if one is given. `--output\n\
         probability` explains what the model reports instead, by kernel SHAP, and so is any\n\
         other model explained.\n\nExamples:\n  \
         probity shap model.json test.csv --exclude label -o shap/\n  \
         probity shap model.txt test.parquet --baseline train.parquet --row 0 --row 17 -o shap/\n  \
         probity shap http://localhost:8080/invocations test.csv --num-samples 500 -o shap/\n  \
         probity shap model.json today.csv --exclude label --against shap/ -o today/"
    )
}

#[derive(Debug, Args)]
#[command(after_help = shap_examples())]
pub(crate) struct ShapArguments {
    /// A model's file, folder or archive, or a URL
    #[arg(value_name = "MODEL")]
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// Columns that the model does not see: the label, ids (repeatable)
    #[arg(long = "exclude", value_name = "COLUMN")]
    pub(crate) excluded: Vec<String>,
    /// Rows that stand for "nothing known": a file like DATA, header included [default: of
    /// trees the training data behind them, else clusters of DATA]
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<String>,
    /// Clusters of DATA that are the baseline, where none is given
    #[arg(long, value_name = "N", conflicts_with = "baseline")]
    pub(crate) num_clusters: Option<u64>,
    /// Coalitions that kernel SHAP asks of each row [default: by the number of features]
    #[arg(long, value_name = "N")]
    pub(crate) num_samples: Option<u64>,
    /// What is explained: `raw` the sum of the trees, `probability` what the model reports,
    /// `log-odds` its logit [default: raw of trees, else what the model reports]; and what is
    /// printed: `table` or `json` [default: table]
    #[arg(long = "output", value_enum, value_name = "OUTPUT")]
    pub(crate) outputs: Vec<ShapOutputArgument>,
    /// Print no table, no progress: only errors (JSON, when asked for, is still printed)
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// How values of rows become one of the feature
    #[arg(long, value_enum, default_value = "mean_abs")]
    pub(crate) agg_method: AggregationArgument,
    /// Explain these features alone; the others keep the row's values (repeatable)
    #[arg(long = "feature", value_name = "COLUMN")]
    pub(crate) features: Vec<String>,
    /// Columns that are present and absent together, e.g. `address=street,city` (repeatable)
    #[arg(long = "group", value_name = "NAME=COLUMNS")]
    pub(crate) groups: Vec<String>,
    /// A row that gets a waterfall of its own, counted from 0 (repeatable)
    #[arg(long = "row", value_name = "N")]
    pub(crate) rows: Vec<u64>,
    /// Partial dependence of so many features, the most important first
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) pdp: u64,
    /// Also write explanations_shap/interactions.csv: how the values of each pair of features
    /// work together, for every row; of trees
    #[arg(long, requires = "output_folder")]
    pub(crate) interactions: bool,
    /// An earlier analysis.json (ours or SageMaker's), or its folder: has the ranking of the
    /// features moved? A gain (nDCG) below 0.90 is a violation
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) against: Option<String>,
    /// Which verdict decides the exit code: SageMaker's, or whether the whole interval of the
    /// gain is below 0.90
    #[arg(long, value_enum, default_value = "aws", requires = "against")]
    pub(crate) verdict: VerdictArgument,
    /// Draws coalitions, clusters and samples of rows
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Folder for analysis.json, out.csv, baseline.csv, probity.json and the reports
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(crate) output_folder: Option<String>,
    #[command(flatten)]
    pub(crate) asked: ModelArguments,
}

impl ShapArguments {
    /// How the result is printed.
    pub(crate) fn print(&self) -> PrintArguments {
        PrintArguments {
            output: match self.outputs.contains(&ShapOutputArgument::Json) {
                true => OutputArgument::Json,
                false => OutputArgument::Table,
            },
            quiet: self.quiet,
        }
    }
}

/// The unit of the values, and the form in which they are printed: one option, given twice
/// where both are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShapOutputArgument {
    Table,
    Json,
    Raw,
    #[value(alias = "reported")]
    Probability,
    LogOdds,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AggregationArgument {
    #[value(name = "mean_abs")]
    MeanAbs,
    #[value(name = "median")]
    Median,
    #[value(name = "mean_sq")]
    MeanSq,
}
