//! `probity monitor`: options and examples.

use clap::{Args, Subcommand};

use super::{PrintArguments, ServerArguments};
use crate::moment::{Between, Moment};

const EXAMPLES: &str = "\
Exit codes: 0 no violation, 1 violations, 2 usage or bad input, 3 failure at run time.

Examples:
  eval \"$(probity env)\"                        # where the server is, and whose key signs
  probity monitor list
  probity monitor run churn-quality --wait
  probity monitor run churn-quality --wait --from -1h
  probity monitor preview churn-quality --constraints constraints.json --from -30d
  probity monitor rebaseline churn-quality --from -14d --to now";

/// Monitors of a running server: run them, look back, change what they obey
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MonitorArguments {
    #[command(flatten)]
    pub(crate) server: ServerArguments,
    #[command(subcommand)]
    pub(crate) command: MonitorCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MonitorCommand {
    /// List schedules
    List(MonitorListArguments),
    /// Show a schedule and its last executions
    Show(MonitorNameArguments),
    /// List executions of a schedule, the newest first
    Executions(MonitorExecutionsArguments),
    /// Run a schedule now
    Run(MonitorRunArguments),
    /// Let a stopped schedule run again
    Start(MonitorNameArguments),
    /// Stop a schedule; what runs ends
    Stop(MonitorNameArguments),
    /// Replay the history with other constraints: how often would it have alarmed?
    Preview(MonitorPreviewArguments),
    /// Obey other constraints from now on; who and why are kept
    SetConstraints(MonitorConstraintsArguments),
    /// Make a baseline from captured calls, show how it differs, and obey it with --apply
    Rebaseline(MonitorRebaselineArguments),
    /// Merge the results of a span of time into one, without the captures
    Rollup(MonitorRollupArguments),
}

#[derive(Debug, Args)]
pub(crate) struct MonitorListArguments {
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct MonitorNameArguments {
    /// The schedule
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct MonitorExecutionsArguments {
    /// The schedule
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct MonitorRunArguments {
    /// The schedule
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Wait for the end, and exit with 1 when there are violations
    #[arg(long)]
    pub(crate) wait: bool,
    /// Look at this span of captured calls [default: from the last slot to now]
    #[arg(long, value_name = "FROM..TO", allow_hyphen_values = true)]
    pub(crate) window: Option<Between>,
    /// Look at captured calls from this time on
    #[arg(
        long,
        value_name = "TIME",
        conflicts_with = "window",
        allow_hyphen_values = true
    )]
    pub(crate) from: Option<Moment>,
    /// Look at captured calls before this time [default: now]
    #[arg(
        long,
        value_name = "TIME",
        requires = "from",
        allow_hyphen_values = true
    )]
    pub(crate) to: Option<Moment>,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct MonitorPreviewArguments {
    /// The schedule
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The constraints to try: a file, or an s3:// address
    #[arg(long, value_name = "FILE")]
    pub(crate) constraints: String,
    /// Executions due from this time on [default: all]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) from: Option<Moment>,
    /// Executions due before this time [default: all]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) to: Option<Moment>,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct MonitorConstraintsArguments {
    /// The schedule
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The new constraints: a file, or an s3:// address
    #[arg(long, value_name = "FILE")]
    pub(crate) constraints: String,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct MonitorRebaselineArguments {
    /// The schedule
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Captured calls from this time on
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) from: Moment,
    /// Captured calls before this time
    #[arg(
        long,
        value_name = "TIME",
        default_value = "now",
        allow_hyphen_values = true
    )]
    pub(crate) to: Moment,
    /// Obey the new baseline from now on
    #[arg(long)]
    pub(crate) apply: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct MonitorRollupArguments {
    /// The schedule
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Results whose windows begin from this time on
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) from: Moment,
    /// Results whose windows begin before this time
    #[arg(
        long,
        value_name = "TIME",
        default_value = "now",
        allow_hyphen_values = true
    )]
    pub(crate) to: Moment,
    /// Folder for the merged documents and the report
    #[arg(long, short = 'o', value_name = "DIR")]
    pub(crate) output_folder: Option<String>,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}
