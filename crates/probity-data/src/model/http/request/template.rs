//! The templates of JSON requests: `content_template` and `record_template` of `analysis_config.json`.
//!
//! In a template stand, besides JSON that is sent as it is: `$features` (the list of the values of a
//! record), `$features_kvp` (the object of names and values), `"${NAME}"` with its quotes (the value of
//! one feature), `$feature_names`, and in the template of the content `$record` or `$records`.

use std::fmt::Write as _;

use super::spelling::{Column, write_json_text};
use crate::model::AskModel;
use crate::model::http::options::InvalidHttpOptions;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Json(String),
    Features,
    FeaturesByName,
    Feature(String),
    FeatureNames,
    Record,
    Records,
}

const RECORD: &str = "record_template";
const CONTENT: &str = "content_template";

/// How one record is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RecordTemplate(Vec<Piece>);

/// What stands around records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ContentTemplate {
    pub(super) holds: Holds,
    before: Vec<Piece>,
    after: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    OneRecord,
    Records,
}

impl RecordTemplate {
    /// `setting` is the template's name: of JSON Lines, `content_template` says how a record is written.
    pub(super) fn of_lines(template: &str) -> Result<Self, InvalidHttpOptions> {
        let pieces = pieces(template);
        let places = count(&pieces, &Piece::Features);
        if places != 1 {
            let problem = format!("`$features` is there {places} times, expected once");
            return Err(InvalidHttpOptions::setting(CONTENT, problem));
        }
        if template.contains(['\n', '\r']) {
            let problem = "it has several lines, and each line of a request is a record";
            return Err(InvalidHttpOptions::setting(CONTENT, problem));
        }
        let only_features = pieces
            .iter()
            .all(|piece| matches!(piece, Piece::Json(_) | Piece::Features));
        if !only_features {
            let problem = "of JSON Lines it holds no other placeholder than `$features`";
            return Err(InvalidHttpOptions::setting(CONTENT, problem));
        }
        check_json(&pieces, CONTENT)?;
        Ok(RecordTemplate(pieces))
    }

    pub(super) fn of_record(template: &str) -> Result<Self, InvalidHttpOptions> {
        let pieces = pieces(template);
        let invalid = |problem: &str| Err(InvalidHttpOptions::setting(RECORD, problem));
        let lists = count(&pieces, &Piece::Features);
        let objects = count(&pieces, &Piece::FeaturesByName);
        let single = pieces
            .iter()
            .filter(|piece| matches!(piece, Piece::Feature(_)))
            .count();
        if pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Record | Piece::Records))
        {
            return invalid("`$record` and `$records` belong into `content_template`");
        }
        match (lists, objects, single) {
            (1, 0, 0) | (0, 1, 0) => {}
            (0, 0, 0) => {
                return invalid(
                    "it names no feature: every record would be the same; for example `$features`",
                );
            }
            (0, 0, _) => {}
            _ => {
                return invalid(
                    "it must hold `$features` once, or `$features_kvp` once, or `\"${NAME}\"` for features",
                );
            }
        }
        check_json(&pieces, RECORD)?;
        Ok(RecordTemplate(pieces))
    }

    pub(super) fn write(
        &self,
        features: &Features<'_>,
        row_idx: usize,
        out: &mut String,
    ) -> Result<(), AskModel> {
        for piece in &self.0 {
            match piece {
                Piece::Json(json) => out.push_str(json),
                Piece::Features => features.write_list(row_idx, out)?,
                Piece::FeaturesByName => features.write_object(row_idx, out)?,
                Piece::Feature(name) => features.named(name)?.write_json(row_idx, out)?,
                Piece::FeatureNames => features.write_names(out),
                // Refused when the template was read.
                Piece::Record | Piece::Records => {}
            }
        }
        Ok(())
    }
}

impl ContentTemplate {
    pub(super) fn new(template: &str) -> Result<Self, InvalidHttpOptions> {
        let mut pieces = pieces(template);
        let is_record = |piece: &Piece| matches!(piece, Piece::Record | Piece::Records);
        let places = pieces.iter().filter(|piece| is_record(piece)).count();
        if places != 1 {
            let problem = format!("`$record` or `$records` is there {places} times, expected once");
            return Err(InvalidHttpOptions::setting(CONTENT, problem));
        }
        let of_records = |piece: &Piece| {
            matches!(
                piece,
                Piece::Features | Piece::FeaturesByName | Piece::Feature(_)
            )
        };
        if pieces.iter().any(of_records) {
            let problem = "features belong into `record_template`";
            return Err(InvalidHttpOptions::setting(CONTENT, problem));
        }
        check_json(&pieces, CONTENT)?;
        let at = pieces.iter().position(is_record).unwrap_or(0);
        let after = pieces.split_off(at + 1);
        let holds = match pieces.pop() {
            Some(Piece::Records) => Holds::Records,
            _ => Holds::OneRecord,
        };
        Ok(ContentTemplate {
            holds,
            before: pieces,
            after,
        })
    }

    /// What stands before the records, and after them.
    pub(super) fn around(&self, features: &Features<'_>) -> (String, String) {
        let written = |pieces: &[Piece]| {
            let mut out = String::new();
            for piece in pieces {
                match piece {
                    Piece::Json(json) => out.push_str(json),
                    Piece::FeatureNames => features.write_names(&mut out),
                    // Refused when the template was read.
                    Piece::Features
                    | Piece::FeaturesByName
                    | Piece::Feature(_)
                    | Piece::Record
                    | Piece::Records => {}
                }
            }
            out
        };
        let (before, after) = (written(&self.before), written(&self.after));
        match self.holds {
            Holds::OneRecord => (before, after),
            Holds::Records => (before + "[", format!("]{after}")),
        }
    }
}

/// The columns with the names that the model knows them by.
#[derive(Debug)]
pub(super) struct Features<'c> {
    pub(super) columns: &'c [Column],
    pub(super) names: &'c [String],
}

impl Features<'_> {
    pub(super) fn write_list(&self, row_idx: usize, out: &mut String) -> Result<(), AskModel> {
        out.push('[');
        for (position, column) in self.columns.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            column.write_json(row_idx, out)?;
        }
        out.push(']');
        Ok(())
    }

    fn write_object(&self, row_idx: usize, out: &mut String) -> Result<(), AskModel> {
        out.push('{');
        for (position, (column, name)) in self.columns.iter().zip(self.names).enumerate() {
            if position > 0 {
                out.push(',');
            }
            write_json_text(name, out);
            out.push(':');
            column.write_json(row_idx, out)?;
        }
        out.push('}');
        Ok(())
    }

    pub(super) fn write_names(&self, out: &mut String) {
        out.push('[');
        for (position, name) in self.names.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            write_json_text(name, out);
        }
        out.push(']');
    }

    fn named(&self, name: &str) -> Result<&Column, AskModel> {
        let position = self.names.iter().position(|known| known == name);
        position
            .and_then(|position| self.columns.get(position))
            .ok_or_else(|| AskModel::Records {
                reason: format!("`record_template` asks for `{name}`, which is no feature"),
            })
    }
}

fn pieces(template: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut json = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        let (before, token) = rest.split_at(at);
        let quoted = before.ends_with('"');
        let found = if quoted { feature(token) } else { None }.or_else(|| placeholder(token));
        match found {
            Some((piece, length)) => {
                let is_feature = matches!(piece, Piece::Feature(_));
                json.push_str(&before[..before.len() - usize::from(is_feature)]);
                if !json.is_empty() {
                    pieces.push(Piece::Json(std::mem::take(&mut json)));
                }
                pieces.push(piece);
                rest = &token[length..];
            }
            None => {
                json.push_str(before);
                json.push('$');
                rest = &token[1..];
            }
        }
    }
    json.push_str(rest);
    if !json.is_empty() {
        pieces.push(Piece::Json(json));
    }
    pieces
}

/// `${NAME}"`, the opening quote of which stands before.
fn feature(token: &str) -> Option<(Piece, usize)> {
    let name = token.strip_prefix("${")?;
    let end = name.find("}\"")?;
    Some((Piece::Feature(name[..end].to_owned()), end + 4))
}

fn placeholder(token: &str) -> Option<(Piece, usize)> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = token.bytes().skip(1).take_while(is_word).count();
    let piece = match &token[1..=length] {
        "features" => Piece::Features,
        "features_kvp" => Piece::FeaturesByName,
        "feature_names" => Piece::FeatureNames,
        "record" => Piece::Record,
        "records" => Piece::Records,
        _ => return None,
    };
    Some((piece, length + 1))
}

fn count(pieces: &[Piece], wanted: &Piece) -> usize {
    pieces.iter().filter(|piece| *piece == wanted).count()
}

/// A template is JSON once its placeholders are values.
fn check_json(pieces: &[Piece], setting: &'static str) -> Result<(), InvalidHttpOptions> {
    let mut filled = String::new();
    for piece in pieces {
        match piece {
            Piece::Json(json) => filled.push_str(json),
            // Quotes in them find a placeholder that stands inside a text.
            Piece::Features | Piece::FeatureNames | Piece::Records => filled.push_str(r#"["x"]"#),
            Piece::FeaturesByName | Piece::Record => filled.push_str(r#"{"x":0}"#),
            Piece::Feature(_) => filled.push_str(r#""x""#),
        }
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(&filled) {
        Ok(_) => Ok(()),
        Err(error) => {
            let mut problem = "it is not JSON once its placeholders are filled in".to_owned();
            write!(problem, ": {error}").expect("writing to a text does not fail");
            Err(InvalidHttpOptions::setting(setting, problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_record(template: &str, problem: &str) {
        let error = RecordTemplate::of_record(template).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }

    #[track_caller]
    fn check_content(template: &str, problem: &str) {
        let error = ContentTemplate::new(template).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }

    #[test]
    fn placeholders_are_found_and_other_dollars_stay() {
        let found = pieces(r#"{"$ref":"$5","f":$features,"a":"${a b}","c":"${d"}"#);
        let expected = [
            Piece::Json(r#"{"$ref":"$5","f":"#.to_owned()),
            Piece::Features,
            Piece::Json(r#","a":"#.to_owned()),
            Piece::Feature("a b".to_owned()),
            Piece::Json(r#","c":"${d"}"#.to_owned()),
        ];
        assert_eq!(found, expected);
        assert_eq!(pieces("$features_kvp"), [Piece::FeaturesByName]);
        assert_eq!(pieces("$feature"), [Piece::Json("$feature".to_owned())]);
    }

    #[test]
    fn templates_that_cannot_be_filled_in_are_refused() {
        check_record("{}", "names no feature");
        check_record("[$features,$features]", "must hold");
        check_record(r#"[$features,"${a}"]"#, "must hold");
        check_record("[$features_kvp,$features]", "must hold");
        check_record("$records", "belong into `content_template`");
        check_record("{$features}", "not JSON");
        check_content("{}", "0 times");
        check_content("[$record,$records]", "2 times");
        check_content("[$records,$features]", "belong into `record_template`");
        check_content("[$records", "not JSON");
        check_content(r#"{"a":"$records"}"#, "not JSON");
        assert!(RecordTemplate::of_lines("[$features]").is_ok());
        for lines in [
            "{}",
            "[$features,$features]",
            "[$features,\n1]",
            "[$features,$record]",
        ] {
            assert!(RecordTemplate::of_lines(lines).is_err(), "{lines}");
        }
    }
}
