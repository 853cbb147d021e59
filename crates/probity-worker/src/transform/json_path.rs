//! `InputFilter` and `OutputFilter` of a transform job: the part of JSONPath that SageMaker
//! documents ("Associate Prediction Results with Input Records"): `$`, names, positions, lists
//! of either, slices and `*`.

use serde_json::{Map, Value};
use thiserror::Error;

/// A parsed filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct JsonPath {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Names(Vec<String>),
    Index(i64),
    Indexes(Vec<i64>),
    Slice(Option<i64>, Option<i64>),
    All,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{text}` is no filter: {problem}; `$`, `$.name`, `$['a','b']`, `$[0]`, `$[0,-1]`, `$[1:]` \
     and `$[*]` are"
)]
pub(crate) struct InvalidJsonPath {
    text: String,
    problem: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the record has no {what}, which the filter `{filter}` names")]
pub(crate) struct NotInRecord {
    what: String,
    filter: String,
}

impl JsonPath {
    pub(super) fn parse(text: &str) -> Result<JsonPath, InvalidJsonPath> {
        let wrong = |problem| InvalidJsonPath {
            text: text.to_owned(),
            problem,
        };
        let mut rest = text
            .trim()
            .strip_prefix('$')
            .ok_or_else(|| wrong("it does not begin with `$`"))?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let (step, after) = match rest.strip_prefix('.') {
                Some(named) => {
                    let end = named.find(['.', '[']).unwrap_or(named.len());
                    let (name, after) = named.split_at(end);
                    match name {
                        "" => return Err(wrong("a name is empty")),
                        "*" => (Step::All, after),
                        name => (Step::Name(name.to_owned()), after),
                    }
                }
                None => {
                    let inner = rest
                        .strip_prefix('[')
                        .ok_or_else(|| wrong("after `$` comes `.` or `[`"))?;
                    let end = closing(inner).ok_or_else(|| wrong("a `[` is not closed"))?;
                    (bracket(&inner[..end]).map_err(wrong)?, &inner[end + 1..])
                }
            };
            steps.push(step);
            rest = after;
        }
        Ok(JsonPath { steps })
    }

    /// `$`: everything.
    pub(super) fn is_whole(&self) -> bool {
        self.steps.is_empty()
    }

    /// The part of a JSON record.
    pub(super) fn of_json(&self, record: &Value) -> Result<Value, NotInRecord> {
        let mut found = record.clone();
        for step in &self.steps {
            found = part(step, &found).ok_or_else(|| self.missing(step))?;
        }
        Ok(found)
    }

    /// The part of a CSV record, whose fields stay as they are spelled.
    pub(super) fn of_fields<'a>(&self, fields: &[&'a str]) -> Result<Vec<&'a str>, NotInRecord> {
        let mut found = fields.to_vec();
        for step in &self.steps {
            let missing = || self.missing(step);
            let at = |index: &i64| position(*index, found.len()).map(|at| found[at]);
            found = match step {
                Step::All => found,
                Step::Index(index) => vec![at(index).ok_or_else(missing)?],
                Step::Indexes(indexes) => {
                    let fields: Option<Vec<&str>> = indexes.iter().map(at).collect();
                    fields.ok_or_else(missing)?
                }
                Step::Slice(start, end) => slice(&found, (*start, *end)).to_vec(),
                Step::Name(_) | Step::Names(_) => return Err(missing()),
            };
        }
        Ok(found)
    }

    fn missing(&self, step: &Step) -> NotInRecord {
        let what = match step {
            Step::Name(name) => format!("member `{name}`"),
            Step::Names(names) => format!("members `{}`", names.join("`, `")),
            Step::Index(index) => format!("element {index}"),
            Step::Indexes(_) => "such elements".to_owned(),
            Step::Slice(..) | Step::All => "elements".to_owned(),
        };
        NotInRecord {
            what,
            filter: self.to_string(),
        }
    }
}

impl std::fmt::Display for JsonPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("$")?;
        let bound = |bound: &Option<i64>| bound.map_or_else(String::new, |bound| bound.to_string());
        for step in &self.steps {
            match step {
                Step::Name(name) => write!(f, ".{name}")?,
                Step::Names(names) => write!(f, "['{}']", names.join("','"))?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Indexes(indexes) => {
                    let said: Vec<String> = indexes.iter().map(ToString::to_string).collect();
                    write!(f, "[{}]", said.join(","))?;
                }
                Step::Slice(start, end) => write!(f, "[{}:{}]", bound(start), bound(end))?,
                Step::All => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

/// The end of what stands in brackets; names may hold brackets.
fn closing(inner: &str) -> Option<usize> {
    let mut quote = None;
    for (at, letter) in inner.char_indices() {
        match (quote, letter) {
            (None, ']') => return Some(at),
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            (None | Some(_), _) => {}
        }
    }
    None
}

fn bracket(inner: &str) -> Result<Step, &'static str> {
    let inner = inner.trim();
    if inner == "*" {
        return Ok(Step::All);
    }
    if inner.starts_with(['\'', '"']) {
        let names = names(inner).ok_or("a name is not in quotes")?;
        return Ok(match <[String; 1]>::try_from(names) {
            Ok([name]) => Step::Name(name),
            Err(names) => Step::Names(names),
        });
    }
    if let Some((start, end)) = inner.split_once(':') {
        let bound = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|_| "a bound is no whole number"),
        };
        return Ok(Step::Slice(bound(start)?, bound(end)?));
    }
    let indexes: Result<Vec<i64>, _> = inner.split(',').map(|text| text.trim().parse()).collect();
    let indexes = indexes.map_err(|_| "a position is no whole number")?;
    Ok(match indexes.as_slice() {
        [index] => Step::Index(*index),
        _ => Step::Indexes(indexes),
    })
}

fn names(inner: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut rest = inner.trim();
    loop {
        let quote = rest
            .chars()
            .next()
            .filter(|quote| matches!(quote, '\'' | '"'))?;
        let body = &rest[1..];
        let end = body.find(quote)?;
        names.push(body[..end].to_owned());
        rest = body[end + 1..].trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None if rest.is_empty() => return Some(names),
            None => return None,
        }
    }
}

fn part(step: &Step, value: &Value) -> Option<Value> {
    match step {
        Step::Name(name) => value.get(name).cloned(),
        Step::Names(names) => {
            let members = value.as_object()?;
            let found: Option<Map<String, Value>> = names
                .iter()
                .map(|name| Some((name.clone(), members.get(name)?.clone())))
                .collect();
            found.map(Value::Object)
        }
        Step::Index(index) => {
            let elements = value.as_array()?;
            Some(elements[position(*index, elements.len())?].clone())
        }
        Step::Indexes(indexes) => {
            let elements = value.as_array()?;
            let found: Option<Vec<Value>> = indexes
                .iter()
                .map(|index| Some(elements[position(*index, elements.len())?].clone()))
                .collect();
            found.map(Value::Array)
        }
        Step::Slice(start, end) => {
            let elements = value.as_array()?;
            Some(Value::Array(slice(elements, (*start, *end)).to_vec()))
        }
        Step::All => match value {
            Value::Array(_) => Some(value.clone()),
            Value::Object(members) => Some(Value::Array(members.values().cloned().collect())),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        },
    }
}

/// Negative positions count from the end.
fn position(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let at = if index < 0 { length + index } else { index };
    (0..length)
        .contains(&at)
        .then(|| usize::try_from(at).ok())?
}

/// As Python cuts: bounds that are too far are no error.
fn slice<T>(elements: &[T], (start, end): (Option<i64>, Option<i64>)) -> &[T] {
    let length = i64::try_from(elements.len()).unwrap_or(i64::MAX);
    let bound = |bound: i64| {
        let at = if bound < 0 { length + bound } else { bound };
        usize::try_from(at.clamp(0, length)).unwrap_or(0)
    };
    let start = start.map_or(0, bound);
    let end = end.map_or(elements.len(), bound);
    elements.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(filter: &str, record: Value, expected: Value) {
        let path = JsonPath::parse(filter).unwrap();
        assert_eq!(path.of_json(&record).unwrap(), expected, "{filter}");
    }

    #[test]
    fn the_documented_forms_are_understood() {
        let row = json!(["id", 1, 2, 3]);
        check("$", row.clone(), row.clone());
        check("$[1:]", row.clone(), json!([1, 2, 3]));
        check("$[:2]", row.clone(), json!(["id", 1]));
        check("$[-1]", row.clone(), json!(3));
        check("$[0,-1]", row.clone(), json!(["id", 3]));
        check("$[*]", row.clone(), row);
        let object = json!({"id": 7, "features": [1, 2], "SageMakerOutput": {"score": 0.5}});
        check("$.features", object.clone(), json!([1, 2]));
        check("$['features']", object.clone(), json!([1, 2]));
        check("$.features[0]", object.clone(), json!(1));
        check(
            "$['id','SageMakerOutput']",
            object.clone(),
            json!({"id": 7, "SageMakerOutput": {"score": 0.5}}),
        );
        check("$.SageMakerOutput.score", object, json!(0.5));
    }

    #[test]
    fn fields_of_a_csv_record_keep_their_spelling() {
        let fields = ["007", "\"a b\"", "1.50"];
        let of = |filter| JsonPath::parse(filter).unwrap().of_fields(&fields).unwrap();
        assert_eq!(of("$[1:]"), ["\"a b\"", "1.50"]);
        assert_eq!(of("$[0,-1]"), ["007", "1.50"]);
        assert_eq!(of("$"), fields);
    }

    #[test]
    fn what_is_not_there_is_told() {
        let path = JsonPath::parse("$.a[5]").unwrap();
        let error = path.of_json(&json!({"a": [1]})).unwrap_err();
        assert!(error.to_string().contains("element 5"), "{error}");
        assert!(JsonPath::parse("$.a").unwrap().of_fields(&["1"]).is_err());
    }

    #[test]
    fn a_filter_that_is_not_one_is_refused() {
        for text in [
            "",
            "a",
            "$x",
            "$[",
            "$['a",
            "$[a]",
            "$..a",
            "$[1;2]",
            "$['a' 'b']",
        ] {
            assert!(JsonPath::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn slices_beyond_the_end_are_short() {
        check("$[1:100]", json!([1, 2]), json!([2]));
        check("$[5:]", json!([1, 2]), json!([]));
        check("$[-1:]", json!([1, 2]), json!([2]));
        check("$[2:1]", json!([1, 2, 3]), json!([]));
    }
}
