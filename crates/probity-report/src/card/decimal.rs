//! Numbers of a column below each other by their decimal points.

/// As wide as a digit, and as a point.
const DIGIT_SPACE: char = '\u{2007}';
const POINT_SPACE: char = '\u{2008}';

/// The same texts, filled up on their right so that their points stand below each other.
pub(super) fn aligned(values: &[&str]) -> Vec<String> {
    let is_number = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|character| character.is_ascii_digit() || matches!(character, '.' | ',' | '−'))
    };
    let decimals = |text: &str| text.split_once('.').map(|(_, fraction)| fraction.len());
    let most = values
        .iter()
        .filter(|value| is_number(value))
        .filter_map(|value| decimals(value))
        .max();
    let Some(most) = most else {
        return values.iter().map(|value| (*value).to_owned()).collect();
    };
    let filled = values.iter().map(|value| {
        let mut text = (*value).to_owned();
        if is_number(value) {
            let own = decimals(value);
            if own.is_none() {
                text.push(POINT_SPACE);
            }
            text.extend(std::iter::repeat_n(DIGIT_SPACE, most - own.unwrap_or(0)));
        }
        text
    });
    filled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_stand_below_each_other() {
        assert_eq!(
            aligned(&["0.25", "12", "yes", "3.5"]),
            ["0.25", "12\u{2008}\u{2007}\u{2007}", "yes", "3.5\u{2007}"]
        );
        assert_eq!(aligned(&["1", "22"]), ["1", "22"]);
    }
}
