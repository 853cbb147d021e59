//! The addresses of pages of cards.

use percent_encoding::percent_decode_str;

use super::super::shell::encoded;

/// What a path below `/cards` leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CardAddress {
    List,
    New,
    /// Tells what is wrong with a draft; asked by the script of the editor.
    Check,
    /// `/models/NAME/card`.
    OfModel(String),
    Of(String, Leaf),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaf {
    Card,
    Versions,
    Version(i64),
    Changes,
    Edit,
    Review,
    Document,
}

/// Words that are no names of cards, where they stand as they are. A card of that name is reached
/// with its first letter encoded.
const TAKEN: [&str; 2] = ["new", "check"];

pub(crate) fn of(path: &str) -> Option<CardAddress> {
    let parts: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let name = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let (card, leaf) = match parts.as_slice() {
        ["cards"] => return Some(CardAddress::List),
        ["cards", "new"] => return Some(CardAddress::New),
        ["cards", "check"] => return Some(CardAddress::Check),
        ["models", model, "card"] => return Some(CardAddress::OfModel(name(model))),
        ["cards", card] => (card, Leaf::Card),
        ["cards", card, "versions"] => (card, Leaf::Versions),
        ["cards", card, "versions", version] => (card, Leaf::Version(version.parse().ok()?)),
        ["cards", card, "changes"] => (card, Leaf::Changes),
        ["cards", card, "edit"] => (card, Leaf::Edit),
        ["cards", card, "review"] => (card, Leaf::Review),
        ["cards", card, "document"] => (card, Leaf::Document),
        _ => return None,
    };
    (!card.is_empty()).then(|| CardAddress::Of(name(card), leaf))
}

pub(crate) fn path(card: &str) -> String {
    match TAKEN.contains(&card) {
        true => format!("/cards/%{:02X}{}", card.as_bytes()[0], &card[1..]),
        false => format!("/cards/{}", encoded(card)),
    }
}

pub(in super::super) fn leaf_path(card: &str, leaf: Leaf) -> String {
    let card = path(card);
    match leaf {
        Leaf::Card => card,
        Leaf::Versions => format!("{card}/versions"),
        Leaf::Version(version) => format!("{card}/versions/{version}"),
        Leaf::Changes => format!("{card}/changes"),
        Leaf::Edit => format!("{card}/edit"),
        Leaf::Review => format!("{card}/review"),
        Leaf::Document => format!("{card}/document"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_of_a_card_is_found_by_its_path() {
        for card in ["fraud", "new", "check", "a.b"] {
            for leaf in [
                Leaf::Card,
                Leaf::Versions,
                Leaf::Version(7),
                Leaf::Changes,
                Leaf::Edit,
                Leaf::Review,
                Leaf::Document,
            ] {
                let found = of(&leaf_path(card, leaf));
                assert_eq!(found, Some(CardAddress::Of(card.to_owned(), leaf)));
            }
        }
        assert_eq!(of("/cards/new"), Some(CardAddress::New));
        assert_eq!(
            of("/models/m/card"),
            Some(CardAddress::OfModel("m".to_owned()))
        );
        for other in ["/cards/", "/cards/a/b", "/cards/a/versions/x", "/models/m"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
