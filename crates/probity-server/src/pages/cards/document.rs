//! `/cards/NAME/document`: a version as a file, made as `GetModelCardDocument` makes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};
use probity_analysis::card_document::CardFormat;
use probity_app::Fault;
use probity_domain::document::card_dossier::CardDossier;
use serde_json::{Value, json};

use super::super::visit::Visit;
use super::super::{Desk, Refusal, reply, shell};
use super::accepted;
use super::address::{Leaf, leaf_path};
use crate::answer::Answer;
use crate::aws::Service;
use crate::card_document;

/// Format, template, and what the menu calls them.
const FILES: [(&str, &str, &str); 7] = [
    ("Pdf", "Card", "PDF"),
    ("Pdf", "AnnexIv", "PDF by Annex IV of the EU AI Act"),
    ("Pdf", "NistAiRmf", "PDF by the NIST AI RMF"),
    ("Html", "Card", "HTML, one file"),
    ("Markdown", "Card", "Markdown"),
    ("HuggingFace", "", "Hugging Face README"),
    ("Json", "", "JSON"),
];

pub(super) fn menu(visit: &Visit, card: &CardDossier) -> Markup {
    let path = leaf_path(&card.name, Leaf::Document);
    html! {
        details.menu.files {
            summary { (shell::symbol("file")) "Download" }
            ul { @for (format, template, name) in FILES {
                @let fields = visit.fields.without("from").without("to").with("format", format).with("template", template).with("version", &card.version.to_string());
                li { a href=(fields.address(&path)) download { (name) } }
            } }
        }
    }
}

pub(super) async fn file(desk: Desk<'_>, visit: &Visit, name: &str) -> Result<Answer, Refusal> {
    let text = |field: &str| visit.fields.get(field);
    let mut wanted = json!({
        "ModelCardName": name,
        "Format": text("format").unwrap_or(CardFormat::Pdf.as_str()),
    });
    if let Some(template) = text("template") {
        wanted["Template"] = template.into();
    }
    if let Some(version) = text("version") {
        let version: i64 = version
            .parse()
            .map_err(|_| Fault::invalid(format!("`{version}` is no number of a version")))?;
        wanted["ModelCardVersion"] = version.into();
    }
    let wanted = accepted(Service::Probity, "GetModelCardDocument", wanted)?;
    let format = wanted.get("Format").and_then(Value::as_str);
    let format = format
        .and_then(CardFormat::parse)
        .unwrap_or(CardFormat::Pdf);
    let template = wanted.get("Template").and_then(Value::as_str);
    let template = template.unwrap_or("Card").to_owned();
    let made = card_document::get(desk.tools, &visit.caller, wanted).await?;
    let bytes = bytes(&made)?;
    let version = made.get("ModelCardVersion").and_then(Value::as_i64);
    let name = file_name((name, version.unwrap_or_default()), format, &template);
    Ok(reply::file((format.content_type(), &name), bytes))
}

fn bytes(made: &Value) -> Result<Vec<u8>, Fault> {
    let text = |member: &str| made.get(member).and_then(Value::as_str);
    match (text("Text"), text("Base64")) {
        (Some(text), _) => Ok(text.as_bytes().to_vec()),
        (None, coded) => STANDARD
            .decode(coded.unwrap_or_default())
            .map_err(|source| Fault::internal("read the document of a model card", source)),
    }
}

fn file_name((card, version): (&str, i64), format: CardFormat, template: &str) -> String {
    let ending = match format {
        CardFormat::Pdf => "pdf",
        CardFormat::Html => "html",
        CardFormat::Markdown => "md",
        CardFormat::HuggingFace => "README.md",
        CardFormat::Json => "json",
    };
    match template {
        "AnnexIv" => format!("{card}-v{version}-annex-iv.{ending}"),
        "NistAiRmf" => format!("{card}-v{version}-nist-ai-rmf.{ending}"),
        _ => format!("{card}-v{version}.{ending}"),
    }
}
