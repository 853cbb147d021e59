//! `probity card new`: a skeleton with guidance, empty or filled from a model of a server.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use probity_domain::document::model_card::{Content, Variant};
use serde_json::{Value, json};

use super::card_file::{CardFile, is_name};
use super::source::Notation;
use super::{folder, member, skeleton};
use crate::arguments::{CardNewArguments, ServerArguments};
use crate::client::Client;
use crate::command::outputs::{refuse_bad_outputs, write_file};
use crate::exit::{Exit, Usage};
use crate::screen;
use crate::table::printable;

pub(super) async fn run(server: &ServerArguments, arguments: &CardNewArguments) -> Result<Exit> {
    let name = &arguments.name;
    if !is_name(name) {
        bail!(Usage(format!(
            "`{name}` is no name of a card: letters, digits and hyphens, at most 63"
        )));
    }
    let target = target(arguments)?;
    refuse_bad_outputs([&target])?;
    let known = match (&arguments.model, &arguments.package) {
        (None, None) => json!({}),
        (Some(model), _) => known(server, json!({ "ModelName": model })).await?,
        (None, Some(package)) => known(server, json!({ "ModelPackageName": package })).await?,
    };
    let text = skeleton::text(name, &known, arguments.template)?;
    if let Some(path) = &target {
        write_file(path, &text)?;
        screen::line(&format!("written to {}", path.display()))?;
    } else if !arguments.create {
        screen::line(text.trim_end())?;
    }
    if arguments.create {
        create(server, &text, name).await?;
    }
    Ok(Exit::NoViolation)
}

fn target(arguments: &CardNewArguments) -> Result<Option<PathBuf>> {
    let target = match (&arguments.output, arguments.files.cards.as_slice()) {
        (Some(path), _) => path.clone(),
        (None, []) => return Ok(None),
        (None, [path]) if Notation::of(path).is_some() && !path.is_dir() => path.clone(),
        (None, [folder]) => {
            fs::create_dir_all(folder).map_err(|error| {
                Usage(format!("failed to make `{}`: {error}", folder.display()))
            })?;
            folder.join(format!("{}.yaml", arguments.name))
        }
        (None, _) => bail!(Usage("name one file or folder with -f".to_owned())),
    };
    if target.exists() {
        bail!(Usage(format!(
            "`{}` is there already; `probity card edit` changes it",
            target.display()
        )));
    }
    Ok(Some(target))
}

/// What the server knows of a model, as a content.
async fn known(server: &ServerArguments, input: Value) -> Result<Value> {
    let client = Client::new(server)?;
    let answer = client.call("Probity.PreviewModelCard", input).await?;
    for note in answer["Notes"].as_array().into_iter().flatten() {
        let note = printable(note.as_str().unwrap_or_default().to_owned());
        // Nothing is left to do when standard error is closed as well.
        let _ = writeln!(io::stderr(), "note: {note}");
    }
    let content = Content::parse(member(&answer, "Content"), Variant::Card)?;
    Ok(content.into_value())
}

async fn create(server: &ServerArguments, text: &str, name: &str) -> Result<()> {
    let card = CardFile::parse(text.to_owned(), Path::new("card.yaml"))
        .map_err(|faults| Usage(folder::told(&faults, 1)))?;
    let input = json!({
        "ModelCardName": name,
        "Content": card.content.text(),
        "ModelCardStatus": "Draft",
    });
    let client = Client::new(server)?;
    let answer = client.call("SageMaker.CreateModelCard", input).await?;
    screen::line(&format!("created {}", member(&answer, "ModelCardArn")))
}
