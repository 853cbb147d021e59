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

#[cfg(test)]
mod tests {
    use super::shortened;

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
    fn control_characters_are_shown_as_a_space_mark() {
        check("a\nb", "a␣b");
    }
}
