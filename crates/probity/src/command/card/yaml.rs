//! Values as YAML that people edit: texts of several lines as blocks, nothing folded.

use anyhow::{Context, Result};
use serde_json::Value;

/// The value as a YAML document, with a line break at the end.
pub(super) fn text(value: &Value) -> Result<String> {
    let options = serde_saphyr::ser_options! {
        compact_list_indent: false,
        folded_wrap_chars: usize::MAX,
        yaml_12: false,
    };
    serde_saphyr::to_string_with_options(value, options).context("failed to write YAML")
}

/// The same, each line so many spaces to the right.
pub(super) fn indented(value: &Value, n_spaces: usize) -> Result<String> {
    let spaces = " ".repeat(n_spaces);
    let shifted = |line: &str| match line.is_empty() {
        true => "\n".to_owned(),
        false => format!("{spaces}{line}\n"),
    };
    Ok(text(value)?.lines().map(shifted).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::command::card::source::{Notation, Source};

    /// That YAML could take for something else, or write otherwise.
    const TEXTS: [&str; 68] = [
        "",
        " ",
        "no",
        "yes",
        "null",
        "~",
        "true",
        "1",
        "1.0",
        "1e5",
        "0x1F",
        "007",
        "1_000",
        ".inf",
        "2026-11-27",
        "12:30",
        "- a",
        "a: b",
        "a #b",
        "#a",
        "'",
        "\"",
        "\\",
        "%",
        "@a",
        "`a",
        "!x",
        "&a",
        "*a",
        "|",
        ">",
        "?",
        "? a",
        "-",
        "---",
        "...",
        "a\nb",
        "a\n",
        "a\n\n",
        "\na",
        "  a\nb",
        "a  \n  b\n",
        "\ta",
        "a\tb",
        "a\r\nb",
        "\u{1}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}a",
        "ÄÖ 日本 🎉",
        "{a",
        "[a",
        "a]",
        "a,b",
        "<<",
        "=",
        " a",
        "a ",
        "a: |\n  b\n",
        "# not a comment\n# at all",
        "x\n\n\ny",
        "\n",
        "\n\n",
        "---\na: b\n...\n",
        "key:",
        "a:b",
        "http://x/y?z=1#f",
    ];

    #[track_caller]
    fn round(value: &Value) {
        let text = text(value).unwrap();
        let read = Source::parse(&text, Notation::Yaml)
            .unwrap_or_else(|fault| panic!("{fault:?}\n{text}"));
        assert_eq!(&read.value, value, "{text}");
        let shifted = format!("content:\n{}", indented(value, 2).unwrap());
        let read = Source::parse(&shifted, Notation::Yaml)
            .unwrap_or_else(|fault| panic!("{fault:?}\n{shifted}"));
        assert_eq!(&read.value["content"], value, "{shifted}");
    }

    #[test]
    fn every_text_comes_back_as_it_was() {
        let long = "word ".repeat(80);
        for text in TEXTS.into_iter().chain([long.as_str()]) {
            round(&json!({ "a": text }));
            round(&json!({"a": [text, {"b": text}]}));
        }
        for text in TEXTS.iter().filter(|text| text.chars().all(|c| c >= ' ')) {
            round(&json!({ *text: 1 }));
        }
    }

    #[test]
    fn every_number_comes_back_as_it_was() {
        for number in [
            0.1,
            1.0,
            -0.0,
            1e21,
            1e-7,
            f64::MAX,
            f64::MIN_POSITIVE,
            0.1 + 0.2,
        ] {
            round(&json!({"a": [number, {"b": number}]}));
        }
        for number in [0, 1, -1, i64::MIN, i64::MAX] {
            round(&json!({ "a": number }));
        }
        round(&json!({"a": u64::MAX, "b": [true, false], "c": {}, "d": [], "e": [[1, 2], [3, 4]]}));
    }

    #[test]
    fn a_text_of_several_lines_is_a_block() {
        let text = text(&json!({"a": "one\ntwo: 2\n", "b": "x ".repeat(100)})).unwrap();
        assert!(text.starts_with("a: |\n  one\n  two: 2\n"), "{text}");
        assert_eq!(text.lines().count(), 4, "{text}");
    }
}
