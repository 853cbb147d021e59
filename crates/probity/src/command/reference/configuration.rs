//! What the commands that keep running can be set to, as tables of Markdown.

use std::fmt::Write as _;

use clap::{Arg, Command};

const LONG_RUNNING: [&str; 3] = ["serve", "gateway", "demo"];

/// Variables that are read from the environment beside those of AWS's and other clouds' clients.
const VARIABLES: [(&str, &str); 8] = [
    (
        "PROBITY_ROOT_ACCESS_KEY_ID, PROBITY_ROOT_SECRET_ACCESS_KEY",
        "`probity serve`: the key of the user `root` at the first start, in place of one that is made and printed.",
    ),
    (
        "PROBITY_ONNX_RUNTIME",
        "The library of ONNX Runtime for graphs with operators that are not built in.",
    ),
    (
        "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_PROFILE",
        "How commands that talk to a server sign, and how `s3://` addresses are opened; `probity env` prints them for a server.",
    ),
    (
        "AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SAGEMAKER, AWS_ENDPOINT_URL_S3, AWS_CA_BUNDLE",
        "Where the server and S3 are, and the certificates that are trusted.",
    ),
    (
        "GOOGLE_APPLICATION_CREDENTIALS, GOOGLE_SERVICE_ACCOUNT",
        "How `gs://` addresses are opened.",
    ),
    (
        "AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_SAS_TOKEN",
        "How `az://` addresses are opened.",
    ),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME, OTEL_SDK_DISABLED",
        "The OpenTelemetry collector that takes numbers of monitors and traces.",
    ),
    ("NO_COLOR", "No colours on the terminal."),
];

pub(super) fn page(root: &mut Command) -> String {
    root.build();
    let mut page = String::from(
        "# Configuration\n\nOptions of the commands that keep running. Nothing has to be set: each \
         has a default that works.\n",
    );
    for name in LONG_RUNNING {
        let found = root.get_subcommands().find(|own| own.get_name() == name);
        if let Some(command) = found {
            let about = command.get_about().map(ToString::to_string);
            let _ = write!(
                page,
                "\n## `probity {name}`\n\n{}.\n\n| Option | Default | Meaning |\n|---|---|---|\n",
                about.unwrap_or_default()
            );
            let options = command.get_arguments();
            for option in options.filter(|own| own.get_id() != "help" && !own.is_hide_set()) {
                page.push_str(&row(option));
            }
        }
    }
    page.push_str("\n## Environment\n\n| Variable | Meaning |\n|---|---|\n");
    for (names, meaning) in VARIABLES {
        let names: Vec<String> = names.split(", ").map(|name| format!("`{name}`")).collect();
        let _ = writeln!(page, "| {} | {meaning} |", names.join(", "));
    }
    page.push_str(
        "\nThe rules of governance have a file of their own: see [governance policy](../governance-policy.md).\n",
    );
    page
}

fn row(option: &Arg) -> String {
    let name = match option.get_long() {
        Some(long) => format!("--{long}"),
        None => option.get_id().to_string(),
    };
    let value = match option.get_action().takes_values() {
        true => option.get_value_names().unwrap_or_default(),
        false => &[],
    };
    let values: Vec<&str> = value.iter().map(|value| value.as_str()).collect();
    let shown = [&[name.as_str()][..], &values].concat().join(" ");
    let defaults: Vec<String> = option
        .get_default_values()
        .iter()
        .filter(|_| option.get_action().takes_values())
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    let help = option.get_long_help().or(option.get_help());
    let (help, told) = split_default(&help.map(ToString::to_string).unwrap_or_default());
    let default = match defaults.is_empty() {
        true => told,
        false => defaults.join(", "),
    };
    let choices: Vec<String> = option
        .get_possible_values()
        .iter()
        .filter(|_| option.get_action().takes_values())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    let choices = match choices.is_empty() {
        true => String::new(),
        false => format!(" One of {}.", choices.join(", ")),
    };
    let help = cell(&help);
    let stop = if help.ends_with('.') { "" } else { "." };
    format!(
        "| `{shown}` | {} | {help}{stop}{choices} |\n",
        cell(&default)
    )
}

/// Helps tell a default that depends on something themselves: `… [default: all]`.
fn split_default(help: &str) -> (String, String) {
    let told = help.split_once("[default: ").and_then(|(before, rest)| {
        let (default, after) = rest.split_once(']')?;
        Some((format!("{}{after}", before.trim_end()), default.to_owned()))
    });
    told.unwrap_or_else(|| (help.trim_end().to_owned(), String::new()))
}

/// One cell of a table.
fn cell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::split_default;

    #[test]
    fn a_default_in_the_help_goes_to_its_own_cell() {
        for (help, without, default) in [
            ("Jobs [default: cores]", "Jobs", "cores"),
            (
                "Digits [default: 111122223333]. Kept",
                "Digits. Kept",
                "111122223333",
            ),
            ("No default", "No default", ""),
        ] {
            let told = split_default(help);
            assert_eq!(told, (without.to_owned(), default.to_owned()), "{help}");
        }
    }
}
