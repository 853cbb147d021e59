//! `probity import`: options and examples.

use clap::Args;

use super::{PrintArguments, ServerArguments};

const EXAMPLES: &str = "\
Captures, baselines and results of SageMaker's monitors are recognised by where they lie and what
is in them. Nothing is copied: the server reads them where they are. Imported schedules are stopped;
look at them, then `probity monitor start NAME`. Importing twice changes nothing.

Examples:
  probity import s3://my-bucket/monitoring --dry-run
  probity import s3://my-bucket/monitoring
  probity import s3://my-bucket --as quality=churn-quality --output json";

/// Take over a bucket that SageMaker's monitors wrote: endpoints, schedules and history
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImportArguments {
    #[command(flatten)]
    pub(crate) server: ServerArguments,
    /// A bucket that the server reads, or a folder of it
    #[arg(value_name = "s3://BUCKET/PREFIX")]
    pub(crate) location: String,
    /// Say what would be imported, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Call a schedule otherwise than its folder (repeatable; OLD may be ENDPOINT/SCHEDULE)
    #[arg(long = "as", value_name = "OLD=NEW", value_parser = renaming)]
    pub(crate) renamed: Vec<(String, String)>,
    /// The server keeps its objects elsewhere (--external-s3): look there with the settings of
    /// the AWS tools
    #[arg(long)]
    pub(crate) external_s3: bool,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

fn renaming(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => {
            Ok((old.to_owned(), new.to_owned()))
        }
        Some(_) | None => Err("give it as OLD=NEW".to_owned()),
    }
}
