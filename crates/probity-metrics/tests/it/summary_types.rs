//! The hand-written scanner against the published patterns, run by a regular-expression engine.

use std::sync::LazyLock;

use probity_metrics::summary::TextValue;
use proptest::prelude::*;
use regex::Regex;

/// As Deequ 2.0.2 prints them; `\d` is ASCII in Java, `[0-9]` here.
static FRACTIONAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\A(-|\+)? ?[0-9]+((\.[0-9]+)|((?:\.[0-9]+)?[Ee][-+]?[0-9]+))\z").unwrap()
});
static INTEGRAL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\A(-|\+)? ?[0-9]+\z").unwrap());
static BOOLEAN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\A(true|false)\z").unwrap());

#[track_caller]
fn check(text: &str) {
    let found = TextValue::of(text);
    let number = || {
        let plain: String = text.chars().filter(|c| *c != ' ').collect();
        plain.parse::<f64>().unwrap() + 0.0
    };
    let expected = if FRACTIONAL.is_match(text) {
        TextValue::Fractional(number())
    } else if INTEGRAL.is_match(text) {
        TextValue::Integral(number())
    } else if BOOLEAN.is_match(text) {
        TextValue::Boolean
    } else {
        TextValue::String
    };
    assert_eq!(found, expected, "of {text:?}");
    if let (
        TextValue::Fractional(a) | TextValue::Integral(a),
        TextValue::Fractional(b) | TextValue::Integral(b),
    ) = (found, expected)
    {
        assert_eq!(a.to_bits(), b.to_bits(), "of {text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_text_has_the_type_of_the_patterns(text in ".{0,12}") {
        check(&text);
    }

    #[test]
    fn almost_numbers_have_the_type_of_the_patterns(text in "[-+ ]{0,2}[0-9]{0,3}[.,]?[0-9]{0,3}([eE][-+]?[0-9]{0,3})?[ f\n]?") {
        check(&text);
    }

    #[test]
    fn texts_of_few_letters_have_the_type_of_the_patterns(text in "[-+ 0-9.eEtruefals]{0,7}") {
        check(&text);
    }

    #[test]
    fn doubles_are_read_to_the_last_bit(value in any::<f64>(), digits in 0..25usize) {
        check(&value.to_string());
        check(&format!("{value:e}"));
        if value.abs() < 1e30 {
            check(&format!("{value:.digits$}"));
        }
    }

    #[test]
    fn long_numbers_are_read_to_the_last_bit(text in "-?[0-9]{1,40}(\\.[0-9]{1,40})?(e-?[0-9]{1,3})?") {
        check(&text);
    }
}

#[test]
fn every_short_text_of_the_patterns_letters_has_their_type() {
    let letters = ['-', '+', ' ', '0', '7', '.', 'e', 'E', 'x'];
    let mut texts = vec![String::new()];
    for _ in 0..5 {
        texts = (texts.iter())
            .flat_map(|text| letters.iter().map(move |letter| format!("{text}{letter}")))
            .collect();
        texts.iter().for_each(|text| check(text));
    }
}

#[test]
fn known_traps_have_the_type_of_the_patterns() {
    for text in [
        "",
        " ",
        "-",
        "+",
        "-.5",
        "1.",
        ".",
        "1e5",
        "1E+05",
        "1e5.0",
        "+ 1.5",
        "true ",
        "TRUE",
        "9007199254740993",
        "179769313486231580793728971405301e276",
        "1e-400",
        "00000000000000000000001",
        "0.00000000000000000000000000000000001",
        "18446744073709551616",
        "12345678901234567890.5",
        "１２",
        "1\n",
        "\n1",
        "1\0",
        "−5",
        "1e١",
    ] {
        check(text);
    }
}
