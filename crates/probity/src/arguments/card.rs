//! `probity card`: options and examples.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{PrintArguments, ServerArguments};

const EXAMPLES: &str = "\
With -f, a command works on card files and asks no server; without it, it asks a server. `apply`
brings files to a server, and `diff -f` compares them with one. A file holds one card as YAML or
JSON; a folder's cards are the .yaml, .yml and .json files directly in it.

Exit codes: 0 no violation, 1 violations, 2 usage or bad input, 3 failure at run time.

Examples:
  probity card new credit-approval -f cards/
  probity card bind credit-approval -f cards/ --evaluation fairness --to reports/analysis.json
  probity card check -f cards/ --policy governance.toml
  probity card apply -f cards/ --dry-run
  probity card show credit-approval
  probity card submit credit-approval -m 'ready for the committee'
  probity card export credit-approval --format pdf -o credit-approval.pdf";

/// Model cards, on a server or as files: write, compare, review, check, export
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CardArguments {
    #[command(flatten)]
    pub(crate) server: ServerArguments,
    #[command(subcommand)]
    pub(crate) command: CardCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CardCommand {
    /// Write the skeleton of a card, or fill it from a model or model package of a server
    New(CardNewArguments),
    /// Open a card in $VISUAL or $EDITOR; what comes back is validated
    Edit(CardEditArguments),
    /// Show a card: rating, status, findings, evidence
    Show(CardShowArguments),
    /// List cards
    List(CardListArguments),
    /// Compare two versions, two files, or files with the server
    Diff(CardDiffArguments),
    /// Ask for a review: PendingReview
    Submit(CardReviewArguments),
    /// Approve: Approved
    Approve(CardReviewArguments),
    /// Put away: Archived
    Archive(CardReviewArguments),
    /// Take up again: Draft
    Reopen(CardReviewArguments),
    /// Make a document of a card: PDF, HTML, Markdown, JSON
    Export(CardExportArguments),
    /// Take an evaluation's values from a report, whose hash is kept
    Bind(CardBindArguments),
    /// Forget which report an evaluation was taken from; its values stay
    Unbind(CardUnbindArguments),
    /// Check cards against the policy of the workspace
    Check(CardCheckArguments),
    /// Bring card files to a server: create and edit what differs
    Apply(CardApplyArguments),
}

/// Which card files, where there are any.
#[derive(Clone, Debug, Args)]
pub(crate) struct CardFileArguments {
    /// Work on this card file, or on the cards of this folder, without a server (repeatable)
    #[arg(short = 'f', long = "cards", value_name = "PATH")]
    pub(crate) cards: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CardNewArguments {
    /// The card's name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Fill it from this model of a server
    #[arg(long, value_name = "MODEL", conflicts_with = "package")]
    pub(crate) model: Option<String>,
    /// Fill it from this model package of a server: its ARN, or its name
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) package: Option<String>,
    /// Guidance for the points of this template, too
    #[arg(long, value_enum, default_value = "card")]
    pub(crate) template: CardTemplateArgument,
    /// Write it into this file [default: standard output, or NAME.yaml in the folder of -f]
    #[arg(long, short = 'o', value_name = "FILE", conflicts_with = "cards")]
    pub(crate) output: Option<PathBuf>,
    /// Also create the card at the server, as a draft
    #[arg(long)]
    pub(crate) create: bool,
    #[command(flatten)]
    pub(crate) files: CardFileArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CardEditArguments {
    /// The card
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Why, for the audit log
    #[arg(long, short = 'm', value_name = "TEXT", conflicts_with = "cards")]
    pub(crate) message: Option<String>,
    #[command(flatten)]
    pub(crate) files: CardFileArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CardShowArguments {
    /// The card; may be left out where -f names one card
    #[arg(value_name = "NAME", required_unless_present = "cards")]
    pub(crate) name: Option<String>,
    /// A version of a card of a server [default: the latest]
    #[arg(long, value_name = "N", conflicts_with = "cards")]
    pub(crate) version: Option<i64>,
    /// The policy to find by [default: the server's; with -f, governance.toml beside the cards]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) files: CardFileArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CardListArguments {
    /// Only cards of this status
    #[arg(long, value_enum)]
    pub(crate) status: Option<CardStatusArgument>,
    /// Also the cards inside model packages of the server
    #[arg(long, conflicts_with = "cards")]
    pub(crate) packages: bool,
    #[command(flatten)]
    pub(crate) files: CardFileArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CardDiffArguments {
    /// NAME and up to two VERSIONs of a server, or two files; with -f, NAMEs of cards of the files
    #[arg(value_name = "WHAT", required_unless_present = "cards")]
    pub(crate) what: Vec<String>,
    /// Exit with 1 where they differ
    #[arg(long)]
    pub(crate) exit_code: bool,
    #[command(flatten)]
    pub(crate) files: CardFileArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CardReviewArguments {
    /// The card
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What is to be said with the step, for the card's history
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// Only if this is still the latest version
    #[arg(long, value_name = "N", conflicts_with = "cards")]
    pub(crate) expect_version: Option<i64>,
    /// With -f, the policy to obey instead of governance.toml beside the cards; a server has its own
    #[arg(long, value_name = "FILE", requires = "cards")]
    pub(crate) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) files: CardFileArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CardExportArguments {
    /// The card; may be left out where -f names one card
    #[arg(value_name = "NAME", required_unless_present = "cards")]
    pub(crate) name: Option<String>,
    #[arg(long, value_enum)]
    pub(crate) format: CardFormatArgument,
    /// How the document is ordered
    #[arg(long, value_enum, default_value = "card")]
    pub(crate) template: CardTemplateArgument,
    /// A version of a card of a server [default: the latest]
    #[arg(long, value_name = "N", conflicts_with = "cards")]
    pub(crate) version: Option<i64>,
    /// Write it into this file; `-` is standard output [default: standard output, but for PDF]
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// A folder with more fonts for the PDF, for scripts that ours do not cover
    #[arg(long, value_name = "DIR", requires = "cards")]
    pub(crate) fonts: Option<PathBuf>,
    /// With -f, the policy to find by instead of governance.toml beside the cards; a server has its own
    #[arg(long, value_name = "FILE", requires = "cards")]
    pub(crate) policy: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) files: CardFileArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CardBindArguments {
    /// The card
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The evaluation; it is made where the card has none of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) evaluation: String,
    /// The report: an s3:// address at a server, a file with -f
    #[arg(long, value_name = "REPORT", required_unless_present_any = ["job", "schedule"])]
    pub(crate) to: Option<String>,
    /// The report of this processing job
    #[arg(long, value_name = "JOB", conflicts_with_all = ["to", "cards"])]
    pub(crate) job: Option<String>,
    /// The report of this schedule's latest execution; newer ones make the evaluation stale
    #[arg(long, value_name = "SCHEDULE", conflicts_with_all = ["to", "job", "cards"])]
    pub(crate) schedule: Option<String>,
    /// Why, for the audit log
    #[arg(long, short = 'm', value_name = "TEXT", conflicts_with = "cards")]
    pub(crate) message: Option<String>,
    #[command(flatten)]
    pub(crate) files: CardFileArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CardUnbindArguments {
    /// The card
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The evaluation
    #[arg(long, value_name = "NAME")]
    pub(crate) evaluation: String,
    #[command(flatten)]
    pub(crate) files: CardFileArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CardCheckArguments {
    /// The cards [default: with -f, all of them]
    #[arg(value_name = "NAME", required_unless_present_any = ["cards", "all"])]
    pub(crate) names: Vec<String>,
    /// Every card of the server
    #[arg(long, conflicts_with_all = ["names", "cards"])]
    pub(crate) all: bool,
    /// The policy to check by [default: the server's; with -f, governance.toml beside the cards]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Take evaluations that are bound to reports in a bucket at their word, where the policy
    /// wants bound evidence: the server looks when the cards are applied
    #[arg(long, requires = "cards")]
    pub(crate) allow_unverified: bool,
    /// Write the checks as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write a summary as Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) files: CardFileArguments,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

const APPLY: &str = "\
All files are validated before anything is sent; what is wrong is told with file, line and path.
A card that is not there is created, one whose content or tags differ is edited, any other is left
alone: applying twice changes nothing. Statuses are left alone but for --statuses, because an
approval may need another person than the author. The cards that could not be applied are told, the
others are done, and the exit code is 3.";

#[derive(Debug, Args)]
#[command(after_help = APPLY)]
pub(crate) struct CardApplyArguments {
    /// A card file, or a folder of them (repeatable)
    #[arg(short = 'f', long = "cards", value_name = "PATH", required = true)]
    pub(crate) cards: Vec<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also take the steps of review that lead to the statuses of the files
    #[arg(long)]
    pub(crate) statuses: bool,
    /// Why, for the audit log
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// Put this tag on every card that is applied
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag)]
    pub(crate) tag: Option<(String, String)>,
    /// Archive the server's cards with the tag of --tag that no file describes any more
    #[arg(
        long,
        value_name = "BOOLEAN",
        default_value_t = false,
        default_missing_value = "true",
        num_args = 0..=1,
        require_equals = true,
        action = clap::ArgAction::Set
    )]
    pub(crate) prune: bool,
    #[command(flatten)]
    pub(crate) print: PrintArguments,
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err("give a tag as KEY=VALUE, e.g. team=risk".into()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CardStatusArgument {
    Draft,
    PendingReview,
    Approved,
    Archived,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CardTemplateArgument {
    /// By the sections of the card
    Card,
    /// By the points of Annex IV of the EU AI Act, with the gaps
    AnnexIv,
    /// By the functions of the NIST AI Risk Management Framework, with the gaps
    NistAiRmf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CardFormatArgument {
    Pdf,
    Html,
    Markdown,
    /// Markdown with the front matter of a Hugging Face model card
    HuggingFace,
    Json,
}
