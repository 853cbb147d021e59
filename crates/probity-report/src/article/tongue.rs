//! The script that a text of the data begins with: it decides from which side the text is read,
//! and which forms of shared characters a font shows.
//!
//! Source: Unicode Bidirectional Algorithm (UAX #9), rules P2 and P3 (the first strong
//! character), over the blocks that the scripts lie in.

use super::{Inline, Words};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tongue {
    Arabic,
    Hebrew,
    /// Syriac, Thaana, N'Ko, Adlam and others that are read from the right.
    FromTheRight,
    Japanese,
    Korean,
    Chinese,
}

impl Tongue {
    /// `None` where the first letter is of any other script.
    pub(crate) fn of(text: &str) -> Option<Tongue> {
        let first = text.chars().find_map(strong)?;
        match first {
            // Han characters are of three languages; the letters beside them tell which.
            Some(Tongue::Chinese) => text
                .chars()
                .filter_map(strong)
                .flatten()
                .find(|tongue| matches!(tongue, Tongue::Japanese | Tongue::Korean))
                .or(Some(Tongue::Chinese)),
            other => other,
        }
    }

    pub(crate) fn language(self) -> Option<&'static str> {
        match self {
            Self::Arabic => Some("ar"),
            Self::Hebrew => Some("he"),
            Self::FromTheRight => None,
            Self::Japanese => Some("ja"),
            Self::Korean => Some("ko"),
            Self::Chinese => Some("zh"),
        }
    }

    pub(crate) fn direction(self) -> &'static str {
        match self {
            Self::Arabic | Self::Hebrew | Self::FromTheRight => "rtl",
            Self::Japanese | Self::Korean | Self::Chinese => "ltr",
        }
    }
}

/// A text that holds letters of the right-to-left scripts, between marks that keep its direction
/// to itself (UAX #9, FSI and PDI); any other as it is.
pub(crate) fn isolated(text: &str) -> String {
    if is_from_the_right(text) {
        format!("\u{2068}{text}\u{2069}")
    } else {
        text.to_owned()
    }
}

/// Whether any of it is read from the right: a letter, or one of the two marks that stand for one
/// (UAX #9, RLM and ALM).
pub(crate) fn is_from_the_right(text: &str) -> bool {
    let is_rtl = |tongue: Tongue| tongue.direction() == "rtl";
    text.chars().any(|character| {
        matches!(character, '\u{200F}' | '\u{061C}')
            || strong(character).flatten().is_some_and(is_rtl)
    })
}

/// `None` for what is no letter; `Some(None)` for a letter of another script.
fn strong(character: char) -> Option<Option<Tongue>> {
    if !character.is_alphabetic() {
        return None;
    }
    Some(match u32::from(character) {
        0x0590..=0x05FF | 0xFB1D..=0xFB4F => Some(Tongue::Hebrew),
        0x0600..=0x06FF | 0x0750..=0x077F | 0x0860..=0x08FF | 0xFB50..=0xFDFF | 0xFE70..=0xFEFE => {
            Some(Tongue::Arabic)
        }
        0x0700..=0x074F | 0x0780..=0x085F | 0x10800..=0x10FFF | 0x1E800..=0x1EFFF => {
            Some(Tongue::FromTheRight)
        }
        0x3040..=0x30FF | 0x31F0..=0x31FF => Some(Tongue::Japanese),
        0x1100..=0x11FF | 0x3130..=0x318F | 0xA960..=0xA97F | 0xAC00..=0xD7FF => {
            Some(Tongue::Korean)
        }
        0x2E80..=0x2FDF | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF => {
            Some(Tongue::Chinese)
        }
        _ => None,
    })
}

impl Words {
    /// Of a text that is the data's alone; our own words about data are English.
    pub(crate) fn tongue(&self) -> Option<Tongue> {
        let mut text = String::new();
        for inline in &self.0 {
            match inline {
                Inline::Data(value) => text.push_str(value),
                Inline::Break => text.push('\n'),
                Inline::Text(_)
                | Inline::Strong(_)
                | Inline::Name(_)
                | Inline::Small(_)
                | Inline::Badge(..) => return None,
            }
        }
        Tongue::of(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, language: Option<&str>, direction: Option<&str>) {
        let tongue = Words::new().whole(text).tongue();
        assert_eq!(tongue.and_then(Tongue::language), language);
        assert_eq!(tongue.map(Tongue::direction), direction);
    }

    #[test]
    fn the_first_letter_decides() {
        check("12. النموذج model", Some("ar"), Some("rtl"));
        check("מודל", Some("he"), Some("rtl"));
        check("model النموذج", None, None);
        check("123", None, None);
    }

    #[test]
    fn han_characters_are_told_apart_by_their_neighbours() {
        check("信用模型", Some("zh"), Some("ltr"));
        check("顧客の居住", Some("ja"), Some("ltr"));
        check("信用 모델", Some("ko"), Some("ltr"));
    }

    #[test]
    fn our_own_words_have_no_tongue_of_the_data() {
        assert_eq!(Words::of("by ").data("مها").tongue(), None);
    }
}
