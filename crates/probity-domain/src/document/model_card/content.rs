//! The content of a card as a text that has been held against the schema.

use serde_json::{Map, Value};

use super::fault::InvalidContent;
use super::schema::{CARD, Object, PACKAGE_CARD};
use super::{ModelCard, check, reading, strict_json};

/// Which schema a content is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// A card of its own.
    Card,
    /// The card that travels in a model package.
    Package,
}

impl Variant {
    fn schema(self) -> &'static Object {
        match self {
            Self::Card => &CARD,
            Self::Package => &PACKAGE_CARD,
        }
    }
}

/// A valid content.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    value: Value,
    card: ModelCard,
}

/// The members that `MetadataOnly` keeps, where they are there.
const METADATA: [(&str, &str); 5] = [
    ("model_overview", "model_id"),
    ("model_overview", "model_name"),
    ("intended_uses", "risk_rating"),
    ("model_package_details", "model_package_group_name"),
    ("model_package_details", "model_package_arn"),
];

impl Content {
    /// # Errors
    ///
    /// Everything that is wrong with the text, up to a bound.
    pub fn parse(text: &str, variant: Variant) -> Result<Content, InvalidContent> {
        Content::of_value(strict_json::read(text)?, variant)
    }

    /// # Errors
    ///
    /// Everything that is wrong with the value, up to a bound.
    pub fn of_value(value: Value, variant: Variant) -> Result<Content, InvalidContent> {
        check::check(&value, variant.schema())?;
        let card = reading::card(&value);
        Ok(Content { value, card })
    }

    /// As it was given, the order of members kept.
    pub fn value(&self) -> &Value {
        &self.value
    }

    pub fn into_value(self) -> Value {
        self.value
    }

    pub fn card(&self) -> &ModelCard {
        &self.card
    }

    /// As JSON without white space.
    pub fn text(&self) -> String {
        self.value.to_string()
    }

    /// The model that the card describes: its id, or the ARN of the model package.
    pub fn model_id(&self) -> Option<&str> {
        self.card.model_id()
    }

    /// What `IncludedData=MetadataOnly` shows.
    pub fn metadata_only(&self) -> Value {
        let mut shown = Map::new();
        for (section, member) in METADATA {
            let Some(value) = self.value.get(section).and_then(|value| value.get(member)) else {
                continue;
            };
            let section = shown
                .entry(section)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(section) = section {
                section.insert(member.to_owned(), value.clone());
            }
        }
        Value::Object(shown)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn metadata_is_what_identifies_the_model() {
        let content = Content::of_value(
            json!({
                "model_overview": {"model_creator": "Ada", "model_name": "m", "model_id": "arn"},
                "intended_uses": {"purpose_of_model": "score", "risk_rating": "High"},
                "business_details": {"line_of_business": "retail"},
            }),
            Variant::Card,
        )
        .unwrap();
        assert_eq!(
            content.metadata_only(),
            json!({
                "model_overview": {"model_id": "arn", "model_name": "m"},
                "intended_uses": {"risk_rating": "High"},
            })
        );
        assert_eq!(
            Content::parse("{}", Variant::Card).unwrap().metadata_only(),
            json!({})
        );
    }

    #[test]
    fn a_package_names_the_model_where_no_id_does() {
        let package = json!({"model_package_details": {"model_package_arn": "arn:p"}});
        let content = Content::of_value(package, Variant::Card).unwrap();
        assert_eq!(content.model_id(), Some("arn:p"));
    }

    #[test]
    fn the_text_keeps_the_order_of_members() {
        let text = r#"{"intended_uses":{},"business_details":{},"additional_information":{}}"#;
        let content = Content::parse(text, Variant::Card).unwrap();
        assert_eq!(content.text(), text);
    }
}
