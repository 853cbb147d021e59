//! `GetModelCardDocument`: a version of a card with its evidence as it stands now, in the format
//! and by the template that the caller asks for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use probity_analysis::card_document::{
    CardContent, CardDocument, CardFormat, CardLayout, CardMatter, MissingGlyph, Template,
    card_document,
};
use probity_app::model_card::{self, DossierRequest, ReportStates};
use probity_app::{Caller, Fault};
use probity_data::location::Patience;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::card;
use crate::operations::Tools;

const ACTION: &str = "probity:GetModelCardDocument";

/// PDFs that may be asked for at once: the typesetter sets one after the other, a large one takes
/// seconds, and who comes after so many had better ask again than wait for minutes.
const LONGEST_LINE: usize = 10;
static LINE: Semaphore = Semaphore::const_new(LONGEST_LINE);

/// A place in the line of those who want a PDF, until it is dropped; other formats need none.
fn place(format: CardFormat) -> Result<Option<SemaphorePermit<'static>>, Fault> {
    match format {
        CardFormat::Pdf => LINE.try_acquire().map(Some).map_err(|_| Fault::Overloaded),
        CardFormat::Html | CardFormat::Markdown | CardFormat::HuggingFace | CardFormat::Json => {
            Ok(None)
        }
    }
}

pub(crate) async fn get(tools: Tools<'_>, caller: &Caller, input: Value) -> Result<Value, Fault> {
    tools.app.authorise(caller, ACTION)?;
    let layout = layout(&input)?;
    // Who waits for a slow bucket is in nobody's way.
    let dossier = card::dossier(tools, caller, (ACTION, &input, Patience::OfARecord)).await?;
    let _place = place(layout.format)?;
    let (arn, version) = (dossier.arn.clone(), dossier.version);
    let request = DossierRequest {
        action: ACTION,
        card: &dossier.name,
        version: Some(version),
        reports: &ReportStates::new(),
    };
    let content = match layout.format {
        CardFormat::Json => model_card::content(tools.app, caller, request).await?,
        CardFormat::Pdf | CardFormat::Html | CardFormat::Markdown | CardFormat::HuggingFace => {
            Value::Null
        }
    };
    let matter = CardMatter {
        dossier,
        content,
        fonts: tools.fonts.clone(),
    };
    let made = card_document(matter, layout)
        .await
        .map_err(|source| Fault::internal("make the document of a model card", source))?;
    Ok(answer(&arn, version, (layout, made)))
}

/// The service model has checked the words.
fn layout(input: &Value) -> Result<CardLayout, Fault> {
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let format = text("Format").unwrap_or_default();
    let format = CardFormat::parse(format)
        .ok_or_else(|| Fault::invalid(format!("Format: there is no format `{format}`")))?;
    let template = match text("Template") {
        None => Template::Card,
        Some(template) => Template::parse(template).ok_or_else(|| {
            Fault::invalid(format!("Template: there is no template `{template}`"))
        })?,
    };
    if template != Template::Card {
        match format {
            CardFormat::Pdf | CardFormat::Html | CardFormat::Markdown => {}
            CardFormat::HuggingFace | CardFormat::Json => {
                return Err(Fault::invalid(format!(
                    "Template: {} has a form of its own, and takes no template",
                    format.as_str()
                )));
            }
        }
    }
    Ok(CardLayout { format, template })
}

fn answer(arn: &str, version: i64, (layout, made): (CardLayout, CardDocument)) -> Value {
    let mut answer = json!({
        "ModelCardArn": arn,
        "ModelCardVersion": version,
        "ContentType": layout.format.content_type(),
    });
    match made.content {
        CardContent::Text(text) => answer["Text"] = Value::from(text),
        CardContent::Pdf(bytes) => {
            answer["Base64"] = Value::from(STANDARD.encode(bytes));
            let missing = made.missing_glyphs.iter().map(missing);
            answer["MissingGlyphs"] = missing.collect();
        }
    }
    answer
}

fn missing(glyph: &MissingGlyph) -> Value {
    json!({
        "Character": glyph.character.to_string(),
        "CodePoint": glyph.code(),
        "Page": glyph.page,
        "Count": glyph.count,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_for_pdfs_has_an_end_and_other_formats_do_not_wait_in_it() {
        let places: Vec<_> = (0..LONGEST_LINE)
            .map(|_| place(CardFormat::Pdf).unwrap())
            .collect();
        assert!(places.iter().all(Option::is_some));
        assert!(matches!(place(CardFormat::Pdf), Err(Fault::Overloaded)));
        assert!(place(CardFormat::Html).unwrap().is_none());
        drop(places);
        assert!(place(CardFormat::Pdf).is_ok());
    }
}
