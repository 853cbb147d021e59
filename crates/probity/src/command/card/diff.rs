//! `probity card diff`: two versions of a card of a server, two files, or files and the server.

use std::path::Path;

use anyhow::{Result, bail};
use probity_domain::document::model_card::difference::{Change, differences};
use serde_json::{Value, json};

use super::kept_evidence::with_evidence_of;
use super::{changes, folder, remote};
use crate::arguments::{CardDiffArguments, ServerArguments};
use crate::client::Client;
use crate::exit::{Exit, Usage};
use crate::screen;

/// What was compared, and what was found.
#[derive(Debug)]
struct Compared {
    before: String,
    after: String,
    /// `None` where one side has no such card.
    changes: Option<Vec<Change>>,
}

pub(super) async fn run(server: &ServerArguments, arguments: &CardDiffArguments) -> Result<Exit> {
    let compared = match two_files(arguments)? {
        Some(compared) => vec![compared],
        None => {
            let client = Client::new(server)?;
            match arguments.files.cards.is_empty() {
                true => vec![versions(&client, &arguments.what).await?],
                false => files_and_server(&client, arguments).await?,
            }
        }
    };
    screen::print(arguments.print, &value(&compared), || {
        text(&compared).unwrap_or_else(|error| format!("{error}\n"))
    })?;
    let differ = compared.iter().any(|one| {
        one.changes
            .as_ref()
            .is_none_or(|changes| !changes.is_empty())
    });
    Ok(match arguments.exit_code && differ {
        true => Exit::Violations,
        false => Exit::NoViolation,
    })
}

/// `None` where the arguments are no two files.
fn two_files(arguments: &CardDiffArguments) -> Result<Option<Compared>> {
    let [before, after] = arguments.what.as_slice() else {
        return Ok(None);
    };
    if !arguments.files.cards.is_empty() || !Path::new(before).is_file() {
        return Ok(None);
    }
    let read = |path: &str| {
        let path = Path::new(path);
        folder::read(path).map_err(|faults| Usage(folder::told(&faults, 2)))
    };
    let changes = differences(read(before)?.content.value(), read(after)?.content.value());
    Ok(Some(Compared {
        before: before.clone(),
        after: after.clone(),
        changes: Some(changes),
    }))
}

/// NAME: what the latest version changed; NAME V: what was changed since; NAME V V.
async fn versions(client: &Client, what: &[String]) -> Result<Compared> {
    let number = |text: &String| match text.parse::<i64>() {
        Ok(version) if version > 0 => Ok(version),
        Ok(_) | Err(_) => Err(Usage(format!(
            "`{text}` is neither a file nor a version; give NAME [VERSION [VERSION]], or two files"
        ))),
    };
    let (name, from, to) = match what {
        [name] => (name, None, None),
        [name, from] => (name, Some(number(from)?), None),
        [name, from, to] => (name, Some(number(from)?), Some(number(to)?)),
        _ => bail!(Usage(
            "give NAME [VERSION [VERSION]], or two files".to_owned()
        )),
    };
    let after = remote::describe(client, name, to).await?;
    let before = match from.unwrap_or(after.version - 1) {
        0 => None,
        version => Some(remote::describe(client, name, Some(version)).await?),
    };
    let nothing = json!({});
    let content = before.as_ref().map_or(&nothing, |card| &card.content);
    Ok(Compared {
        before: format!(
            "{name} version {}",
            before.as_ref().map_or(0, |card| card.version)
        ),
        after: format!("{name} version {}", after.version),
        changes: Some(differences(content, &after.content)),
    })
}

async fn files_and_server(client: &Client, arguments: &CardDiffArguments) -> Result<Vec<Compared>> {
    let mut cards = folder::load(&arguments.files.cards)?;
    for name in &arguments.what {
        if !cards.iter().any(|card| &card.name == name) {
            bail!(Usage(format!("no card `{name}` in the files of -f")));
        }
    }
    if !arguments.what.is_empty() {
        cards.retain(|card| arguments.what.contains(&card.name));
    }
    let mut compared = Vec::new();
    for card in cards {
        let there = remote::find(client, &card.name).await?;
        let changes = there.as_ref().map(|there| {
            let content = with_evidence_of(&there.content, card.content.value());
            differences(&there.content, &content)
        });
        compared.push(Compared {
            before: match &there {
                Some(there) => format!("{} version {}", card.name, there.version),
                None => format!("{} (not at the server)", card.name),
            },
            after: card.path.display().to_string(),
            changes,
        });
    }
    Ok(compared)
}

fn value(compared: &[Compared]) -> Value {
    compared
        .iter()
        .map(|one| {
            json!({
                "before": one.before,
                "after": one.after,
                "changes": one.changes.as_deref().map(changes::value),
            })
        })
        .collect()
}

fn text(compared: &[Compared]) -> Result<String> {
    let mut told = String::new();
    for one in compared {
        let Some(changes) = &one.changes else {
            told.push_str(&format!("{}: new, {}\n", one.before, one.after));
            continue;
        };
        if changes.is_empty() {
            told.push_str(&format!("{} and {} say the same\n", one.before, one.after));
            continue;
        }
        told.push_str(&format!("--- {}\n+++ {}\n", one.before, one.after));
        told.push_str(&changes::text(changes)?);
    }
    Ok(told)
}
