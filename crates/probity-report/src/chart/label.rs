//! Labels that fit their place in a picture.

/// At most `width` places. Control characters would vanish or break the line.
pub(crate) fn shortened(label: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for character in label.chars() {
        let character = if character.is_control() {
            '␣'
        } else {
            character
        };
        // CJK, Hangul, full-width forms and emoji take about two places.
        let wide = matches!(u32::from(character), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFF00..=0xFF60 | 0x1F300..=0x1FAFF);
        used += if wide { 2 } else { 1 };
        if used > width {
            out.push('…');
            return out;
        }
        out.push(character);
    }
    out
}

/// Whether `width` places show the whole label.
pub(crate) fn fits(label: &str, width: usize) -> bool {
    shortened(label, width) == label
}

/// How wide a number is drawn, in units of the picture; a little too much for either face.
pub(crate) fn number_width(text: &str) -> f64 {
    let widths = text.chars().map(|character| match character {
        ',' | '.' => 3.2,
        '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '⁻' => 4.2,
        character if character.is_ascii_digit() => 6.1,
        _ => 7.0,
    });
    widths.sum()
}

#[cfg(test)]
mod tests {
    use super::{fits, shortened};

    #[track_caller]
    fn check(label: &str, shown: &str) {
        assert_eq!(shortened(label, 19), shown);
    }

    #[test]
    fn long_labels_end_in_an_ellipsis() {
        check("short", "short");
        check("exactly nineteen ch", "exactly nineteen ch");
        check("a label that goes on and on", "a label that goes o…");
        check("顧客の居住している都道府県", "顧客の居住している…");
    }

    #[test]
    fn a_label_fits_where_nothing_of_it_is_lost() {
        assert!(fits("exactly nineteen ch", 19));
        assert!(!fits("a label that goes on and on", 19));
        assert!(!fits("a\nb", 19));
    }

    #[test]
    fn control_characters_are_shown_as_a_space_mark() {
        check("a\nb", "a␣b");
    }
}
