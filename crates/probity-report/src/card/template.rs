//! Which document is made of a card.

use probity_domain::document::card_dossier::CardDossier;

use super::{annex_iv, content, nist};
use crate::article::Section;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Template {
    /// By the card's own sections.
    #[default]
    Card,
    /// By the points of Annex IV of Regulation (EU) 2024/1689.
    AnnexIv,
    /// By the functions of the NIST AI Risk Management Framework 1.0.
    NistAiRmf,
}

impl Template {
    pub const ALL: [Template; 3] = [Self::Card, Self::AnnexIv, Self::NistAiRmf];

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Card => "Card",
            Self::AnnexIv => "AnnexIv",
            Self::NistAiRmf => "NistAiRmf",
        }
    }

    pub fn parse(text: &str) -> Option<Template> {
        Self::ALL
            .into_iter()
            .find(|template| template.as_str() == text)
    }

    /// What kind of document it is.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Card => "Model card",
            Self::AnnexIv => "Model card by Annex IV of the EU AI Act",
            Self::NistAiRmf => "Model card by the NIST AI RMF",
        }
    }

    pub(super) fn sections(self, dossier: &CardDossier) -> Vec<Section> {
        match self {
            Self::Card => content::sections(dossier),
            Self::AnnexIv => annex_iv::sections(dossier),
            Self::NistAiRmf => nist::sections(dossier),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Template;

    #[test]
    fn every_template_is_found_by_its_name() {
        for template in Template::ALL {
            assert_eq!(Template::parse(template.as_str()), Some(template));
        }
        assert_eq!(Template::parse("annexiv"), None);
    }
}
