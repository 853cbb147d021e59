//! Sentences for people: names that stand in backticks become code.

use maud::{Markup, html};

/// Text before, inside and after each pair of backticks; a backtick without its partner stays.
pub(crate) fn prose(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    let is_paired = parts.len() % 2 == 1;
    html! {
        @if is_paired {
            @for (at, part) in parts.iter().enumerate() {
                @if at % 2 == 1 { code { (part) } } @else { (part) }
            }
        } @else {
            (text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(prose(text).into_string(), expected);
    }

    #[test]
    fn names_in_backticks_are_code_and_stay_escaped() {
        check("32 % of `a<b` = F", "32 % of <code>a&lt;b</code> = F");
        check("`x`", "<code>x</code>");
    }

    #[test]
    fn a_lonely_backtick_stays() {
        check("it`s", "it`s");
    }
}
