//! `probity card export`: a document of a card, made by the server, or here from a file.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use probity_analysis::card_document::{
    CardContent, CardFormat, CardLayout, CardMatter, Template, card_document,
};
use serde_json::{Value, json};

use super::remote::list;
use super::{folder, local, member, now_ms};
use crate::arguments::{
    CardExportArguments, CardFormatArgument, CardTemplateArgument, ServerArguments,
};
use crate::client::Client;
use crate::command::fonts;
use crate::command::outputs::write_file;
use crate::exit::{Exit, Usage};
use crate::screen;
use crate::table::printable;

#[derive(Debug)]
struct Document {
    bytes: Bytes,
    /// Characters that no font has, in words.
    missing: Vec<String>,
}

pub(super) async fn run(server: &ServerArguments, arguments: &CardExportArguments) -> Result<Exit> {
    let target = target(arguments)?;
    let document = match arguments.files.cards.is_empty() {
        true => of_server(&Client::new(server)?, arguments).await?,
        false => of_file(arguments).await?,
    };
    for missing in &document.missing {
        // Nothing is left to do when standard error is closed as well.
        let _ = writeln!(io::stderr(), "warning: no font has {missing}");
    }
    match target {
        None => print(&document.bytes)?,
        Some(path) => {
            write_file(&path, &document.bytes)?;
            screen::line(&format!("written to {}", path.display()))?;
        }
    }
    Ok(Exit::NoViolation)
}

/// `None` is standard output.
fn target(arguments: &CardExportArguments) -> Result<Option<PathBuf>> {
    match (&arguments.output, arguments.format) {
        (Some(path), _) if path.as_os_str() == "-" => Ok(None),
        (Some(path), _) => {
            crate::command::outputs::refuse_bad_outputs([&Some(path.clone())])?;
            Ok(Some(path.clone()))
        }
        (None, CardFormatArgument::Pdf) => {
            bail!(Usage(
                "say where the PDF goes: -o FILE, or -o - for standard output".to_owned()
            ))
        }
        (
            None,
            CardFormatArgument::Html
            | CardFormatArgument::Markdown
            | CardFormatArgument::HuggingFace
            | CardFormatArgument::Json,
        ) => Ok(None),
    }
}

fn print(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // Whoever reads our output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => Ok(printed?),
    }
}

fn template(argument: CardTemplateArgument) -> Template {
    match argument {
        CardTemplateArgument::Card => Template::Card,
        CardTemplateArgument::AnnexIv => Template::AnnexIv,
        CardTemplateArgument::NistAiRmf => Template::NistAiRmf,
    }
}

fn format(argument: CardFormatArgument) -> CardFormat {
    match argument {
        CardFormatArgument::Pdf => CardFormat::Pdf,
        CardFormatArgument::Html => CardFormat::Html,
        CardFormatArgument::Markdown => CardFormat::Markdown,
        CardFormatArgument::HuggingFace => CardFormat::HuggingFace,
        CardFormatArgument::Json => CardFormat::Json,
    }
}

async fn of_server(client: &Client, arguments: &CardExportArguments) -> Result<Document> {
    let mut input = json!({
        "ModelCardName": arguments.name,
        "Format": format(arguments.format).as_str(),
        "Template": template(arguments.template).as_str(),
    });
    if let Some(version) = arguments.version {
        input["ModelCardVersion"] = Value::from(version);
    }
    let answer = client.call("Probity.GetModelCardDocument", input).await?;
    let bytes = match answer["Base64"].as_str() {
        Some(text) => STANDARD
            .decode(text)
            .context("the server's document is no Base64")?
            .into(),
        None => Bytes::from(member(&answer, "Text").to_owned()),
    };
    let missing = list(&answer, "MissingGlyphs").iter().map(|glyph| {
        let (code, character) = (member(glyph, "CodePoint"), member(glyph, "Character"));
        missing(code, character, &glyph["Page"].to_string())
    });
    Ok(Document {
        bytes,
        missing: missing.collect(),
    })
}

fn missing(code: &str, character: &str, page: &str) -> String {
    format!(
        "{code} `{}`, first on page {page}",
        printable(character.to_owned())
    )
}

async fn of_file(arguments: &CardExportArguments) -> Result<Document> {
    let policy = local::policy(arguments.policy.as_deref(), &arguments.files.cards)?;
    let file = folder::one(&arguments.files.cards, arguments.name.as_deref())?;
    let matter = CardMatter {
        dossier: local::dossier(&file, &policy, now_ms()),
        content: file.content.into_value(),
        fonts: fonts::read(arguments.fonts.as_deref())?,
    };
    let layout = CardLayout {
        format: format(arguments.format),
        template: template(arguments.template),
    };
    let made = card_document(matter, layout).await?;
    let missing = made.missing_glyphs.iter().map(|glyph| {
        missing(
            &glyph.code(),
            &glyph.character.to_string(),
            &glyph.page.to_string(),
        )
    });
    Ok(Document {
        missing: missing.collect(),
        bytes: match made.content {
            CardContent::Text(text) => Bytes::from(text),
            CardContent::Pdf(pdf) => Bytes::from(pdf),
        },
    })
}
