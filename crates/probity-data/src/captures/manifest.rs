//! The manifests that a batch transform job captures instead of its data: `[{"prefix": "s3://bucket/out/"},
//! "a.csv.out"]`, in files called `UUID.json`. The developer guide calls them JSON Lines, so several values, one
//! after the other, are read too.

use serde_json::Value;

/// The locations that a manifest names; `None` where it is none.
pub(super) fn objects(text: &[u8]) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut prefix = String::new();
    for value in serde_json::Deserializer::from_slice(text).into_iter::<Value>() {
        match value.ok()? {
            Value::Array(values) => {
                for value in &values {
                    add(value, &mut prefix, &mut found)?;
                }
            }
            value => add(&value, &mut prefix, &mut found)?,
        }
    }
    Some(found)
}

fn add(value: &Value, prefix: &mut String, found: &mut Vec<String>) -> Option<()> {
    match value {
        Value::Object(members) => *prefix = members.get("prefix")?.as_str()?.to_owned(),
        Value::String(name) if name.contains("://") => found.push(name.clone()),
        Value::String(name) => found.push(format!("{prefix}{name}")),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&[&str]>) {
        let expected = expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(objects(text.as_bytes()), expected);
    }

    #[test]
    fn names_follow_their_prefix() {
        let array = r#"[{"prefix": "s3://b/out/"}, "a.csv.out", "x/b.csv.out"]"#;
        check(
            array,
            Some(&["s3://b/out/a.csv.out", "s3://b/out/x/b.csv.out"]),
        );
        let lines =
            "{\"prefix\":\"s3://b/\"}\n\"a\"\n[{\"prefix\":\"s3://c/\"},\"d\"]\n\"s3://e/f\"\n";
        check(lines, Some(&["s3://b/a", "s3://c/d", "s3://e/f"]));
    }

    #[test]
    fn what_is_no_manifest_names_nothing() {
        check("a,b\n1,2\n", None);
        check("[{\"prefix\":", None);
        check("[{\"name\":\"a\"}]", None);
        check("", Some(&[]));
    }
}
