//! Commands that tell about the commands: completions for shells, man pages, pages of the
//! reference.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

#[derive(Clone, Copy, Debug, Args)]
#[command(after_help = "\
Examples:
  probity completions bash > /etc/bash_completion.d/probity
  probity completions zsh > \"${fpath[1]}/_probity\"
  probity completions fish > ~/.config/fish/completions/probity.fish")]
pub(crate) struct CompletionsArguments {
    /// The shell that reads them
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ReferenceCommand {
    /// Every command with its options, as Markdown on standard output
    Cli,
    /// What the long-running commands can be set to, as Markdown on standard output
    Configuration,
    /// A man page for each command, into a folder
    Man(ManArguments),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ManArguments {
    /// Folder that takes the pages; it is made where it is missing
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}
