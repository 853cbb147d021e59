//! A picture that leaves the page: the same SVG with a style sheet of its own, in which the
//! variables are resolved. Typesetters and notebooks know no variables of CSS.

use std::fmt::Write as _;

const CHART_STYLE: &str = include_str!("../page/chart.css");

/// On white, for screens and printers that may lack colour: darker than the page's.
const PALETTE: [(&str, &str); 18] = [
    ("card", "#ffffff"),
    ("ink", "#16191d"),
    ("soft", "#4a525e"),
    ("line", "#e1e4e8"),
    ("line-strong", "#b3bac4"),
    ("base", "#b4bcc8"),
    ("now", "#1f5bd1"),
    ("now-fill", "#c9d8f5"),
    ("track", "#e6e9ed"),
    ("bad", "#b42318"),
    ("neutral", "#45505e"),
    ("wrong", "#c2571a"),
    ("v0", "#0a7d74"),
    ("v1", "#5fb5aa"),
    ("v2", "#a9a3b3"),
    ("v3", "#b08ad8"),
    ("v4", "#6d2db8"),
    ("good", "#1a7045"),
];

const HATCH: &str = "<defs><pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" \
    patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V5\"/></pattern></defs>";

/// Where the picture goes, which decides the letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// Typeset: a font that the typesetter carries.
    Print,
    /// On a screen.
    Screen,
}

impl Face {
    fn letters(self) -> &'static str {
        match self {
            // Narrower than the page's letters: larger ones take the same room.
            Self::Print => {
                "text{font-family:'Libertinus Serif'}.tick,.value{font-size:12.5px}.label{font-size:13px}"
            }
            Self::Screen => {
                "text{font-family:system-ui,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif}"
            }
        }
    }
}

/// `picture` as it stands in the page. `None` if it is no picture with a view box.
pub(crate) fn standalone(picture: &str, face: Face) -> Option<String> {
    let opening = picture.find('>')?;
    let (_, after) = picture.get(..opening)?.split_once("viewBox=\"")?;
    let (view_box, _) = after.split_once('"')?;
    let mut sizes = view_box.split(' ').skip(2);
    let (width, height) = (sizes.next()?, sizes.next()?);
    let inner = picture.get(opening + 1..)?;
    let mut out = String::with_capacity(picture.len() + 4096);
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"{view_box}\" width=\"{width}\" height=\"{height}\">\
         <style>{}{}</style>{HATCH}",
        resolved_style(),
        face.letters()
    );
    // XML has no place for control characters, and names of features may hold them.
    out.extend(inner.chars().map(|character| match character {
        '\n' | '\t' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..='\u{10FFFF}' => {
            character
        }
        _ => '\u{FFFD}',
    }));
    Some(out)
}

fn resolved_style() -> String {
    PALETTE
        .iter()
        .fold(CHART_STYLE.to_owned(), |style, (name, colour)| {
            style.replace(&format!("var(--{name})"), colour)
        })
}

#[cfg(test)]
mod tests {
    use super::{Face, resolved_style, standalone};

    #[test]
    fn every_variable_of_the_charts_has_a_colour() {
        assert!(!resolved_style().contains("var("), "{}", resolved_style());
    }

    #[test]
    fn control_characters_do_not_break_the_picture() {
        let drawn = standalone(
            "<svg class=\"chart\" viewBox=\"0 0 4 2\"><title>a\u{1}\u{FFFF}b</title></svg>",
            Face::Print,
        )
        .unwrap();
        assert!(
            drawn.contains("<title>a\u{FFFD}\u{FFFD}b</title>"),
            "{drawn}"
        );
        assert!(drawn.contains("width=\"4\" height=\"2\""), "{drawn}");
    }
}
