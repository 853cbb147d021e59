//! `probity completions` and `probity reference`: what clap knows of the commands, in the forms
//! that shells, man and the documentation read. Releases and `docs/reference` are made of it.

mod configuration;

use std::fs;
use std::io::{self, Write};

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_markdown::MarkdownOptions;

use crate::arguments::{Arguments, CompletionsArguments, ManArguments, ReferenceCommand};
use crate::exit::Exit;

pub(crate) fn completions(arguments: CompletionsArguments) -> Result<Exit> {
    let mut command = Arguments::command();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "probity", &mut script);
    print(&script)
}

pub(crate) fn run(command: ReferenceCommand) -> Result<Exit> {
    match command {
        ReferenceCommand::Cli => print(cli().as_bytes()),
        ReferenceCommand::Configuration => {
            print(configuration::page(&mut Arguments::command()).as_bytes())
        }
        ReferenceCommand::Man(arguments) => man(&arguments),
    }
}

fn print(bytes: &[u8]) -> Result<Exit> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        // Whoever reads our output may have seen enough.
        _ => Ok(Exit::NoViolation),
    }
}

fn cli() -> String {
    let options = MarkdownOptions::new()
        .title("Command line".to_owned())
        .show_footer(false);
    let text = clap_markdown::help_markdown_command_custom(&Arguments::command(), &options);
    let mut page = with_examples_as_code(&without_overview(&text));
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

/// The list of all commands is that of the headings, which pages show anyway.
fn without_overview(text: &str) -> String {
    let is_of_list = |line: &&str| !line.starts_with("* [`") && *line != "**Command Overview:**";
    text.lines()
        .filter(is_of_list)
        .flat_map(|line| [line.trim_end(), "\n"])
        .collect()
}

/// Examples are lines that are indented by two spaces, which markdown would run together.
fn with_examples_as_code(text: &str) -> String {
    let mut page = String::new();
    let mut in_examples = false;
    for line in text.lines() {
        if in_examples && !line.starts_with("  ") {
            page.push_str("```\n");
            in_examples = false;
        }
        page.push_str(if in_examples { &line[2..] } else { line });
        page.push('\n');
        if line == "Examples:" {
            page.push_str("\n```sh\n");
            in_examples = true;
        }
    }
    page
}

/// `probity.1`, `probity-serve.1`, `probity-admin-user.1`, …
fn man(arguments: &ManArguments) -> Result<Exit> {
    let folder = &arguments.folder;
    fs::create_dir_all(folder)
        .and_then(|()| {
            let command = Arguments::command().disable_help_subcommand(true);
            clap_mangen::generate_to(command, folder)
        })
        .with_context(|| format!("failed to write man pages into `{}`", folder.display()))?;
    Ok(Exit::NoViolation)
}
