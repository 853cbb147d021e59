//! `probity alert`: options and examples.

use std::str::FromStr;

use clap::{ArgGroup, Args, Subcommand};

use super::{OutputArgument, PrintArguments, ServerArguments};

const EXAMPLES: &str = "\
SUBJECT is the name of a schedule, or endpoint/NAME.

Examples:
  eval \"$(probity env)\"                        # where the server is, and whose key signs
  probity alert list --raised
  probity alert ack churn-quality --why \"known since the price change\"
  probity alert silence churn-quality --for 2h --why \"we retrain\"
  probity alert channel add ops --webhook https://ops.example.org/probity --signing-secret @secret.txt
  probity alert channel add on-call --pager-duty @routing-key.txt
  probity alert channel add team --email a@example.org,b@example.org --from probity@example.org \\
      --smtp @smtp-url.txt --digest 15m
  probity alert test ops
  probity alert dead; probity alert retry ID";

/// Alerts of a running server, and who is told of them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AlertArguments {
    #[command(flatten)]
    pub(crate) server: ServerArguments,
    /// What to print on standard output
    #[arg(long, value_enum, default_value = "table", global = true)]
    output: OutputArgument,
    /// Print no table, no progress: only errors (JSON, when asked for, is still printed)
    #[arg(long, short, global = true)]
    quiet: bool,
    #[command(subcommand)]
    pub(crate) command: AlertCommand,
}

impl AlertArguments {
    /// They stand behind the name of a command as well as before it, as the server's do.
    pub(crate) fn print(&self) -> PrintArguments {
        PrintArguments {
            output: self.output,
            quiet: self.quiet,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum AlertCommand {
    /// List alerts
    List {
        /// Only those that are raised
        #[arg(long)]
        raised: bool,
    },
    /// What alerts became, the newest first
    History {
        /// Of this schedule or endpoint/NAME only
        #[arg(value_name = "SUBJECT")]
        subject: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
    },
    /// Say that somebody is on it, until the alert changes
    Ack {
        #[arg(value_name = "SUBJECT")]
        subject: String,
        /// Which of its alerts
        #[arg(long, value_name = "NAME", default_value = "Default")]
        alert: String,
        #[arg(long, value_name = "TEXT")]
        why: String,
    },
    /// Tell nobody for a while
    Silence(SilenceArguments),
    /// List silences that last
    Silences,
    /// End a silence before its time
    Lift {
        #[arg(value_name = "ID")]
        id: String,
        #[arg(long, value_name = "TEXT")]
        why: Option<String>,
    },
    /// Whom alerts are told
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// Send a test to a channel, and wait for how it goes
    Test {
        #[arg(value_name = "CHANNEL")]
        channel: String,
    },
    /// What waits, what was sent, and what could not be
    Notifications {
        /// Of this channel only
        #[arg(long, value_name = "CHANNEL")]
        channel: Option<String>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
    },
    /// What could not be sent, and is tried no more
    Dead,
    /// Try a notification again at once
    Retry {
        #[arg(value_name = "ID")]
        id: String,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true))]
pub(crate) struct SilenceArguments {
    #[arg(value_name = "SUBJECT", group = "whom")]
    pub(crate) subject: Option<String>,
    /// Every alert of the region
    #[arg(long, group = "whom")]
    pub(crate) all: bool,
    /// How long by the server's clock, as 30m, 2h or 3d
    #[arg(long = "for", value_name = "SPAN")]
    pub(crate) span: Span,
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ChannelCommand {
    /// Make a channel
    Add(Box<ChannelArguments>),
    /// List channels, never their secrets
    List,
    /// Delete a channel, and what it has not sent yet
    Remove {
        #[arg(value_name = "CHANNEL")]
        name: String,
    },
}

/// A value that begins with @ names a file that holds it: what is typed is seen by others.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("kind").required(true))]
pub(crate) struct ChannelArguments {
    #[arg(value_name = "CHANNEL")]
    pub(crate) name: String,
    /// POST events as JSON to this address
    #[arg(long, value_name = "URL|@FILE", group = "kind")]
    pub(crate) webhook: Option<String>,
    /// Sign them with this key
    #[arg(long, value_name = "TEXT|@FILE", requires = "webhook")]
    pub(crate) signing_secret: Option<String>,
    /// An incoming webhook of Slack, or of what understands the same
    #[arg(long, value_name = "URL|@FILE", group = "kind")]
    pub(crate) slack: Option<String>,
    /// Mail to these addresses
    #[arg(
        long,
        value_name = "ADDRESS",
        group = "kind",
        value_delimiter = ',',
        requires = "smtp",
        requires = "from"
    )]
    pub(crate) email: Vec<String>,
    /// By this server: smtps://user:password@host, smtp://host:587?tls=required or smtp://host:25
    #[arg(long, value_name = "URL|@FILE", requires = "email")]
    pub(crate) smtp: Option<String>,
    /// From this address
    #[arg(long, value_name = "ADDRESS", requires = "email")]
    pub(crate) from: Option<String>,
    /// Integration key of a service of PagerDuty (Events API v2)
    #[arg(long, value_name = "KEY|@FILE", group = "kind")]
    pub(crate) pager_duty: Option<String>,
    /// Where it is not PagerDuty's own
    #[arg(long, value_name = "URL", requires = "pager_duty")]
    pub(crate) events_url: Option<String>,
    /// Program of the server's machine that gets events as JSON on standard input. Comes last
    #[arg(long, value_name = "PROGRAM ARGUMENT", group = "kind", num_args = 1.., allow_hyphen_values = true)]
    pub(crate) command: Vec<String>,
    /// Events of so long are told together, as 30s, 15m or 1h [default: each by itself]
    #[arg(long, value_name = "SPAN")]
    pub(crate) digest: Option<Span>,
}

/// A length of time in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) u32);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Span, String> {
        let wrong = || format!("`{text}` is no span; write 30s, 15m, 2h or 3d");
        let unit = match text.chars().last() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            Some(_) | None => return Err(wrong()),
        };
        let number: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
        number.checked_mul(unit).map(Span).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_a_unit() {
        for (text, seconds) in [("30s", 30), ("15m", 900), ("2h", 7200), ("3d", 259_200)] {
            assert_eq!(text.parse(), Ok(Span(seconds)));
        }
        for text in ["", "5", "h", "-1h", "1.5h", "5ä", "99999999d"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
