//! Filter patterns for text, as CloudWatch Logs documents them: every plain term must be there,
//! one of the terms with `?` must be, none of the terms with `-` may be. Case matters; `"…"` holds
//! a term with spaces. Patterns for JSON (`{…}`) and for columns (`[…]`) are refused.

use crate::fault::Fault;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Pattern, Fault> {
        let text = text.trim();
        if text.starts_with(['{', '[', '%']) {
            return Err(Fault::invalid(format!(
                "filter patterns of terms are supported, those of JSON, columns and regular \
                 expressions are not: `{text}`"
            )));
        }
        let mut pattern = Pattern::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (list, after) = match first {
                '?' => (&mut pattern.any, &rest[1..]),
                '-' => (&mut pattern.none, &rest[1..]),
                _ => (&mut pattern.all, rest),
            };
            let (term, after) = term(after)?;
            if !term.is_empty() {
                list.push(term.to_owned());
            }
            rest = after.trim_start();
        }
        Ok(pattern)
    }

    pub(super) fn fits(&self, message: &str) -> bool {
        self.all.iter().all(|term| message.contains(term))
            && (self.any.is_empty() || self.any.iter().any(|term| message.contains(term)))
            && !self.none.iter().any(|term| message.contains(term))
    }
}

fn term(text: &str) -> Result<(&str, &str), Fault> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return Ok(text.split_at(end));
    };
    quoted
        .split_once('"')
        .ok_or_else(|| Fault::invalid("the filter pattern has a quote without its end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, fitting: &[&str], others: &[&str]) {
        let pattern = Pattern::parse(pattern).unwrap();
        for message in fitting {
            assert!(pattern.fits(message), "{message}");
        }
        for message in others {
            assert!(!pattern.fits(message), "{message}");
        }
    }

    #[test]
    fn terms_are_all_any_or_none() {
        check("", &["", "anything"], &[]);
        check("ERROR", &["an ERROR here"], &["an error here", ""]);
        check("ERROR disk", &["disk: ERROR"], &["ERROR"]);
        check("?ERROR ?WARN", &["WARN x", "ERROR"], &["INFO"]);
        check("ERROR -Exit", &["ERROR"], &["ERROR Exit"]);
        check("\"disk full\"", &["the disk full"], &["full disk"]);
        check("-\"disk full\" x", &["x"], &["x disk full"]);
    }

    #[test]
    fn what_is_not_supported_is_refused() {
        for text in ["{ $.level = \"x\" }", "[a, b]", "%x%", "\"open"] {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }
}
