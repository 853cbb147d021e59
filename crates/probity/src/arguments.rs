//! What can be typed: every command, its options and its examples.

mod alert;
mod bias;
mod card;
mod import;
mod labels;
mod model;
mod monitor;
mod quality;
mod reference;
mod retention;
mod serve;
mod server;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use probity_report::Verdict;

pub(crate) use alert::{
    AlertArguments, AlertCommand, ChannelArguments, ChannelCommand, SilenceArguments,
};
pub(crate) use bias::{
    BiasArguments, BiasCheckArguments, BiasCommand, BiasDepthArguments, BiasRunArguments,
    ClarifyArguments,
};
pub(crate) use card::{
    CardApplyArguments, CardArguments, CardBindArguments, CardCheckArguments, CardCommand,
    CardDiffArguments, CardEditArguments, CardExportArguments, CardFormatArgument,
    CardListArguments, CardNewArguments, CardReviewArguments, CardShowArguments,
    CardStatusArgument, CardTemplateArgument, CardUnbindArguments,
};
pub(crate) use import::ImportArguments;
pub(crate) use labels::{LabelsAddArguments, LabelsArguments, LabelsCommand};
pub(crate) use model::{
    AggregationArgument, InspectArguments, ModelArguments, ModelCommand, PredictArguments,
    ProtocolArgument, ShapArguments, ShapOutputArgument,
};
pub(crate) use monitor::{
    MonitorArguments, MonitorCommand, MonitorConstraintsArguments, MonitorExecutionsArguments,
    MonitorListArguments, MonitorNameArguments, MonitorPreviewArguments,
    MonitorRebaselineArguments, MonitorRollupArguments, MonitorRunArguments,
};
pub(crate) use quality::{
    ProblemTypeArgument, QualityBaselineArguments, QualityCheckArguments, QualityColumnArguments,
    QualityCommand,
};
pub(crate) use reference::{CompletionsArguments, ManArguments, ReferenceCommand};
pub(crate) use serve::{
    AccessArgument, AdminCommand, AuditArguments, BackupArguments, CaptureArguments,
    CaptureSyncArgument, CatchUpArgument, DEFAULT_LISTEN, DataArguments, DoctorArguments,
    EnvArguments, ExportArguments, GatewayArguments, KeyCommand, LimitArguments, LogArguments,
    LogFormatArgument, RestoreArguments, ServeArguments, TlsArguments, UserCommand,
};
pub(crate) use server::ServerArguments;

/// Open, self-hosted ML governance: data quality, bias, explanations and model cards,
/// compatible with Amazon SageMaker's files and clients.
#[derive(Debug, Parser)]
#[command(name = "probity", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 no violation, 1 violations, 2 usage or bad input, 3 failure at run time.";

const LOCATIONS: &str = "\
DATA is a file, a folder (read recursively), a glob in quotes, `-` for standard input, or an
s3://, gs:// or az:// address. CSV, JSON, JSON Lines, Parquet and SageMaker captures are
recognised by name and content; .gz and .zst are opened.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show every column of a dataset: type, missing values, distribution
    Profile(ProfileArguments),
    /// Write statistics and suggested constraints of a dataset
    Baseline(BaselineArguments),
    /// Compare a dataset with a baseline and report violations
    Check(CheckArguments),
    /// Explain a number: bins, counts, formula and each step
    Why(WhyArguments),
    /// Merge results of several days or partitions into one, without the rows
    Merge(MergeArguments),
    /// Show two baselines side by side
    Diff(DiffArguments),
    /// Edit the constraints of a baseline
    #[command(subcommand)]
    Constraints(ConstraintsCommand),
    /// Run an analysis_config.json: bias of data and of predictions, SHAP values, partial dependence
    Clarify(ClarifyArguments),
    /// Measure bias without a configuration file, or check it against a baseline
    Bias(BiasArguments),
    /// Measure a model's quality on labelled predictions, or check it against a baseline
    #[command(subcommand)]
    Quality(QualityCommand),
    /// Explain the predictions of a model without a configuration file
    Shap(ShapArguments),
    /// Score records with a model
    Predict(PredictArguments),
    /// Look into a model
    #[command(subcommand)]
    Model(ModelCommand),
    /// Serve the SageMaker API, the runtime and S3 on one port
    Serve(Box<ServeArguments>),
    /// Monitors of a running server: run them, look back, change what they obey
    Monitor(Box<MonitorArguments>),
    /// Model cards, on a server or as files: write, compare, review, check, export
    Card(Box<CardArguments>),
    /// Take over a bucket that SageMaker's monitors wrote: endpoints, schedules and history
    Import(Box<ImportArguments>),
    /// Ground truth of a running server: add labels when they are known
    Labels(Box<LabelsArguments>),
    /// Alerts of a running server, and who is told of them
    Alert(Box<AlertArguments>),
    /// Stand before a model server and capture what it is asked and answers
    Gateway(Box<GatewayArguments>),
    /// Print what makes AWS clients use the server
    Env(EnvArguments),
    /// Users, keys, backup and restore of a server's data folder
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Say what works on this machine, and what to do about what does not
    Doctor(DoctorArguments),
    /// Serve thirty days of three models: calls, monitors, alerts, cards
    Demo(DemoArguments),
    /// Print what makes a shell complete the commands
    Completions(CompletionsArguments),
    /// Write what is known of the commands for man and the documentation
    #[command(subcommand, hide = true)]
    Reference(ReferenceCommand),
}

impl Command {
    /// Cores that the command may use.
    pub(crate) fn threads(&self) -> NonZeroUsize {
        let asked = match self {
            Self::Profile(arguments) => arguments.input.threads,
            Self::Baseline(arguments) => arguments.input.threads,
            Self::Check(arguments) => arguments.input.threads,
            Self::Clarify(arguments) => arguments.threads,
            Self::Bias(arguments) => match &arguments.command {
                Some(BiasCommand::Check(check)) => check.input.threads,
                None => arguments.run.threads,
            },
            Self::Quality(QualityCommand::Baseline(arguments)) => arguments.input.threads,
            Self::Quality(QualityCommand::Check(arguments)) => arguments.input.threads,
            Self::Shap(arguments) => arguments.input.threads,
            Self::Predict(arguments) => arguments.input.threads,
            Self::Model(_)
            | Self::Why(_)
            | Self::Merge(_)
            | Self::Diff(_)
            | Self::Constraints(_)
            | Self::Serve(_)
            | Self::Monitor(_)
            | Self::Card(_)
            | Self::Import(_)
            | Self::Labels(_)
            | Self::Alert(_)
            | Self::Gateway(_)
            | Self::Env(_)
            | Self::Admin(_)
            | Self::Doctor(_)
            | Self::Demo(_)
            | Self::Completions(_)
            | Self::Reference(_) => None,
        };
        threads_or_all(asked)
    }
}

pub(crate) fn threads_or_all(asked: Option<NonZeroUsize>) -> NonZeroUsize {
    asked
        .or_else(|| std::thread::available_parallelism().ok())
        .unwrap_or(NonZeroUsize::MIN)
}

/// How to read a dataset.
#[derive(Clone, Debug, Args)]
pub(crate) struct InputArguments {
    /// File, folder, glob, `-`, or s3://, gs://, az:// address
    #[arg(value_name = "DATA")]
    pub(crate) data: String,
    #[command(flatten)]
    pub(crate) read: ReadArguments,
    /// Hash the values of this column before anything is counted (repeatable). The hashes have
    /// no key: values from a small set, such as phone numbers, can be found by trying all
    #[arg(long = "redact", value_name = "COLUMN")]
    pub(crate) redact: Vec<String>,
    /// Cores to use; the answer is the same for any number [default: all]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ReadArguments {
    /// Format of the data, when name and content mislead
    #[arg(long, value_enum)]
    pub(crate) format: Option<FormatArgument>,
    /// The CSV has no header row; names come from the baseline by position
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Field separator of CSV: one character, or `tab` [default: detected]
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(crate) delimiter: Option<u8>,
    /// Flatten nested JSON and structs into columns with dotted names
    #[arg(long)]
    pub(crate) flatten: bool,
    /// Where the output columns of captured data stand
    #[arg(long, value_enum, default_value = "start")]
    pub(crate) columns_position: ColumnsPositionArgument,
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" => return Ok(b'\t'),
        _ => {}
    }
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(*byte),
        _ => Err("give one ASCII character other than a quote or a line break, or `tab`".into()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArgument {
    Csv,
    Json,
    JsonLines,
    Parquet,
    /// SageMaker data capture
    Capture,
    /// SageMaker capture merged with ground truth
    MergedCapture,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColumnsPositionArgument {
    /// Output columns first, then input columns (SageMaker's default)
    Start,
    /// Input columns first, then output columns
    End,
}

/// What to print, and how much.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct PrintArguments {
    /// What to print on standard output
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) output: OutputArgument,
    /// Print no table, no progress: only errors (JSON, when asked for, is still printed)
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputArgument {
    Table,
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = profile_examples())]
pub(crate) struct ProfileArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// Also write the documents and the report into this folder
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(crate) output_folder: Option<String>,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

fn profile_examples() -> String {
    format!(
        "{LOCATIONS}\n\nExamples:\n  \
         probity profile train.parquet\n  \
         probity profile 'captures/**/*.jsonl' --output json\n  \
         zcat train.csv.gz | probity profile -\n  \
         probity profile people.csv --redact name --redact ssn"
    )
}

#[derive(Debug, Args)]
#[command(after_help = baseline_examples())]
pub(crate) struct BaselineArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// Folder for statistics.json, constraints.json, probity.json and report.html
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(crate) output_folder: String,
    /// Replace a baseline even if its constraints were edited
    #[arg(long)]
    pub(crate) discard_edits: bool,
    /// How a check shall compare category shares
    #[arg(long, value_enum, default_value = "l-infinity")]
    pub(crate) categorical_drift_method: CategoricalDriftMethodArgument,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

fn baseline_examples() -> String {
    format!(
        "{LOCATIONS}\n\nExamples:\n  \
         probity baseline train.parquet -o baseline/\n  \
         probity baseline train.csv --no-header --delimiter ';' -o baseline/\n  \
         probity baseline s3://bucket/train/ -o s3://bucket/baseline/"
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CategoricalDriftMethodArgument {
    LInfinity,
    ChiSquared,
}

/// Where a check leaves its findings, and which of them decides.
#[derive(Clone, Debug, Args)]
pub(crate) struct CheckResultArguments {
    /// Folder for the documents and the report
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(crate) output_folder: Option<String>,
    /// Write the checks as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write a summary as Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Which verdict decides exit code, JUnit and Markdown
    #[arg(long, value_enum, default_value = "aws")]
    pub(crate) verdict: VerdictArgument,
    /// False-discovery rate of the corrected verdict
    #[arg(long, value_name = "RATE", default_value_t = 0.05, value_parser = rate)]
    pub(crate) false_discovery_rate: f64,
}

#[derive(Debug, Args)]
#[command(after_help = check_examples())]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) input: InputArguments,
    /// A baseline folder (ours or SageMaker's), or data to make one from
    #[arg(long, value_name = "DIR|DATA")]
    pub(crate) baseline: String,
    #[command(flatten)]
    pub(crate) result: CheckResultArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate < 1.0 => Ok(rate),
        _ => Err("give a rate between 0 and 1, e.g. 0.05".into()),
    }
}

fn check_examples() -> String {
    format!(
        "{LOCATIONS}\n\n{EXIT_CODES}\n\nExamples:\n  \
         probity check today.csv --baseline baseline/\n  \
         probity check today.parquet --baseline train.parquet -o check/\n  \
         probity check 'captures/2026/11/24/**' --baseline baseline/ --verdict corrected\n  \
         probity check today.csv --baseline baseline/ --junit checks.xml --markdown summary.md"
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum VerdictArgument {
    /// SageMaker's rules and thresholds, as they are
    Aws,
    /// Only what sampling error does not explain, over all features together
    Corrected,
}

impl From<VerdictArgument> for Verdict {
    fn from(argument: VerdictArgument) -> Verdict {
        match argument {
            VerdictArgument::Aws => Verdict::Aws,
            VerdictArgument::Corrected => Verdict::Corrected,
        }
    }
}

const WHY_EXAMPLES: &str = "\
Examples:
  probity why check/ income
  probity why check/constraint_violations.json income
  probity why baseline/statistics.json age --output json";

#[derive(Debug, Args)]
#[command(after_help = WHY_EXAMPLES)]
pub(crate) struct WhyArguments {
    /// A result folder, or any document in it
    #[arg(value_name = "FILE")]
    pub(crate) file: String,
    /// The column whose numbers to explain
    pub(crate) feature: String,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

const MERGE_EXAMPLES: &str = "\
Columns are matched by name. Folders that SageMaker wrote (statistics.json alone) merge too,
without what only the summary state knows.

Examples:
  probity merge monday/ tuesday/ wednesday/ -o week/";

#[derive(Debug, Args)]
#[command(after_help = MERGE_EXAMPLES)]
pub(crate) struct MergeArguments {
    /// Result folders, in the order of their rows
    #[arg(value_name = "DIR", required = true, num_args = 1..)]
    pub(crate) folders: Vec<String>,
    /// Folder for the merged documents
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(crate) output_folder: String,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

const DIFF_EXAMPLES: &str = "\
Examples:
  probity diff baseline-v1/ baseline-v2/
  probity diff baseline-v1/ baseline-v2/ --output json";

#[derive(Debug, Args)]
#[command(after_help = DIFF_EXAMPLES)]
pub(crate) struct DiffArguments {
    #[arg(value_name = "DIR")]
    pub(crate) before: String,
    #[arg(value_name = "DIR")]
    pub(crate) after: String,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConstraintsCommand {
    /// Change a setting of a baseline, keeping who and why in probity.json
    Set(ConstraintsSetArguments),
}

const CONSTRAINTS_EXAMPLES: &str = "\
Without --feature a setting holds for the whole baseline.

Examples:
  probity constraints set baseline/ --feature income --threshold 0.2 --why 'seasonal'
  probity constraints set baseline/ --feature customer_id --ignore
  probity constraints set baseline/ --method simple --threshold 0.15
  probity constraints set baseline/ --feature phone --completeness 0.9
  probity constraints set baseline/ --feature channel --allow kiosk --why 'new since May'";

#[derive(Debug, Args)]
#[command(after_help = CONSTRAINTS_EXAMPLES)]
pub(crate) struct ConstraintsSetArguments {
    /// The baseline folder
    #[arg(value_name = "DIR")]
    pub(crate) folder: String,
    /// The feature to change; all of them when absent
    #[arg(long)]
    pub(crate) feature: Option<String>,
    /// Largest distance that is no drift (comparison threshold of the feature's kind)
    #[arg(long, value_name = "DISTANCE")]
    pub(crate) threshold: Option<f64>,
    /// Do not check this feature
    #[arg(long, conflicts_with = "watch")]
    pub(crate) ignore: bool,
    /// Check this feature again
    #[arg(long)]
    pub(crate) watch: bool,
    /// How numbers are compared
    #[arg(long, value_enum)]
    pub(crate) method: Option<ComparisonMethodArgument>,
    /// How category shares are compared
    #[arg(long, value_enum)]
    pub(crate) categorical_drift_method: Option<CategoricalDriftMethodArgument>,
    /// Smallest share of present values
    #[arg(long, value_name = "SHARE")]
    pub(crate) completeness: Option<f64>,
    /// Smallest share of values of the baseline's type
    #[arg(long, value_name = "SHARE")]
    pub(crate) data_type_threshold: Option<f64>,
    /// Smallest share of values inside the baseline's domain
    #[arg(long, value_name = "SHARE")]
    pub(crate) domain_threshold: Option<f64>,
    /// A value that is legal from now on, besides the baseline's (may be given again)
    #[arg(long, value_name = "VALUE", conflicts_with = "allow_any")]
    pub(crate) allow: Vec<String>,
    /// Any value is legal from now on
    #[arg(long)]
    pub(crate) allow_any: bool,
    /// Whether negative numbers are remarked on
    #[arg(long, value_enum)]
    pub(crate) non_negative: Option<SwitchArgument>,
    /// Whether the distribution is compared with the baseline's
    #[arg(long, value_enum)]
    pub(crate) comparison: Option<SwitchArgument>,
    /// Whether a server publishes metrics of the feature
    #[arg(long, value_enum)]
    pub(crate) emit_metrics: Option<SwitchArgument>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    /// Who, for the history [default: the user's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) who: Option<String>,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SwitchArgument {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ComparisonMethodArgument {
    /// Largest difference of the distribution functions
    Simple,
    /// The same, less what sampling error explains (two-sample Kolmogorov-Smirnov)
    Robust,
}

const DEMO_EXAMPLES: &str = "\
Examples:
  probity demo                              # thirty days of three models, served at http://127.0.0.1:8420
  probity demo --keep demo-data             # the folder stays; `probity serve --data demo-data` goes on
  probity demo --listen 127.0.0.1:0 --output json
  probity demo --files                      # no server: reports on files, in ./probity-demo";

/// Serve thirty days of three models: calls, monitors, alerts, cards. Without network
#[derive(Debug, Args)]
#[command(after_help = DEMO_EXAMPLES)]
pub(crate) struct DemoArguments {
    /// Keep the server's data in this folder, which must be empty [default: a temporary folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) keep: Option<PathBuf>,
    /// Address to listen at; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = DEFAULT_LISTEN)]
    pub(crate) listen: SocketAddr,
    /// No server: made-up files and the reports on them, in this folder
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "probity-demo",
        conflicts_with_all = ["keep", "listen"])]
    pub(crate) files: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}
