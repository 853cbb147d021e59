//! `probity card show`: one card, of a server or of a file.

use anyhow::Result;
use probity_report::card;

use super::{folder, local, now_ms, remote, shown};
use crate::arguments::{CardShowArguments, ServerArguments};
use crate::client::Client;
use crate::exit::Exit;
use crate::screen;

pub(super) async fn run(server: &ServerArguments, arguments: &CardShowArguments) -> Result<Exit> {
    let name = arguments.name.as_deref();
    let (dossier, content) = match arguments.files.cards.is_empty() {
        false => {
            let policy = local::policy(arguments.policy.as_deref(), &arguments.files.cards)?;
            let card = folder::one(&arguments.files.cards, name)?;
            let dossier = local::dossier(&card, &policy, now_ms());
            (dossier, card.content.into_value())
        }
        true => {
            let client = Client::new(server)?;
            let name = name.unwrap_or_default();
            let card = remote::describe(&client, name, arguments.version).await?;
            let mut dossier = card.dossier(&client).await?;
            if let Some(path) = &arguments.policy {
                let now_ms = dossier.as_of_ms.unwrap_or_default();
                dossier.findings = local::read_policy(path)?.findings(&dossier, now_ms);
            }
            (dossier, card.content)
        }
    };
    let value = card::json(&dossier, &content);
    screen::print(arguments.print, &value, || shown::text(&dossier, &content))?;
    Ok(Exit::NoViolation)
}
