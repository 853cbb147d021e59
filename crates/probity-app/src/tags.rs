//! Tags: words that callers put on whatever has an ARN.

use std::collections::BTreeSet;

use probity_domain::{Arn, ResourceKind};
use probity_store::{Unit, resource, tag};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::listing;
use crate::page_token::Question;
use crate::stored;

/// How many tags a resource has at most.
const MOST_TAGS: usize = 50;
/// The shortest page that ListTags may be asked for, and the default.
const PAGE: u64 = 50;

/// The `Tags` of a create request.
pub(crate) fn of_request(input: &Value) -> Result<Vec<(String, String)>, Fault> {
    let Some(Value::Array(tags)) = input.get("Tags") else {
        return Ok(Vec::new());
    };
    let mut keys = BTreeSet::new();
    let mut read = Vec::with_capacity(tags.len());
    for tag in tags {
        let (key, value) = (stored::text(tag, "Key")?, stored::text(tag, "Value")?);
        if key.starts_with("aws:") {
            return Err(Fault::invalid(format!(
                "Tag keys that begin with aws: are reserved: `{key}`"
            )));
        }
        if !keys.insert(key) {
            return Err(Fault::invalid(format!("Duplicate tag keys found: `{key}`")));
        }
        read.push((key.to_owned(), value.to_owned()));
    }
    Ok(read)
}

/// `AddTags` (tags of an endpoint may decide what is captured): a key that is there already gets the new value. Answers with all tags.
pub async fn add(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:AddTags")?;
    let arn = existing(&deed, &input).await?;
    let mut unit = app.store.begin().await?;
    add_in(&mut unit, &deed, (&arn, &of_request(&input)?)).await?;
    unit.commit().await?;
    app.endpoints.notify_one();
    all_of(app, &arn).await
}

/// The answer of `AddTags`.
pub(crate) async fn all_of(app: &App, arn: &str) -> Result<Value, Fault> {
    let after = tag::list(&app.store, arn).await?;
    Ok(json!({ "Tags": as_list(&after) }))
}

/// Adds tags together with what else `unit` writes.
pub(crate) async fn add_in(
    unit: &mut Unit,
    deed: &Deed<'_>,
    (arn, new): (&str, &[(String, String)]),
) -> Result<(), Fault> {
    let before = tag::list(&deed.app.store, arn).await?;
    let mut keys: BTreeSet<&str> = before.iter().map(|(key, _)| key.as_str()).collect();
    keys.extend(new.iter().map(|(key, _)| key.as_str()));
    if keys.len() > MOST_TAGS {
        return Err(Fault::Limit {
            message: format!("a resource has at most {MOST_TAGS} tags: `{arn}`"),
        });
    }
    tag::put(unit, arn, new).await?;
    event::record(unit, deed, arn, json!({ "tagged": as_object(new) })).await
}

/// `DeleteTags`: a key that is not there is not an error.
pub async fn delete(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:DeleteTags")?;
    let arn = existing(&deed, &input).await?;
    let keys: Vec<String> = match input.get("TagKeys") {
        Some(Value::Array(keys)) => keys
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    let mut unit = app.store.begin().await?;
    tag::remove(&mut unit, &arn, &keys).await?;
    event::record(&mut unit, &deed, &arn, json!({ "untagged": keys })).await?;
    unit.commit().await?;
    app.endpoints.notify_one();
    Ok(json!({}))
}

/// Removes a tag, where it is there, together with what else `unit` writes.
pub(crate) async fn remove_in(
    unit: &mut Unit,
    deed: &Deed<'_>,
    (arn, key): (&str, &str),
) -> Result<(), Fault> {
    let known = tag::list(&deed.app.store, arn).await?;
    if !known.iter().any(|(name, _)| name == key) {
        return Ok(());
    }
    tag::remove(unit, arn, &[key.to_owned()]).await?;
    event::record(unit, deed, arn, json!({ "untagged": [key] })).await
}

/// `ListTags`, in pages of at least fifty.
pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:ListTags")?;
    let arn = existing(&deed, &input).await?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let mut tags = tag::list(&app.store, &arn).await?;
    if let Some(token) = listing::token(&input) {
        let after: String = question.after(token)?;
        tags.retain(|(key, _)| *key > after);
    }
    let asked = input.get("MaxResults").and_then(Value::as_u64);
    let limit = usize::try_from(asked.unwrap_or(PAGE)).unwrap_or(usize::MAX);
    let more = tags.len() > limit;
    tags.truncate(limit);
    let mut answer = Map::new();
    answer.insert("Tags".to_owned(), as_list(&tags));
    if let (true, Some((last, _))) = (more, tags.last()) {
        answer.insert("NextToken".to_owned(), question.token(last)?.into());
    }
    Ok(Value::Object(answer))
}

/// The ARN that a request names, of a resource that exists.
async fn existing(deed: &Deed<'_>, input: &Value) -> Result<String, Fault> {
    let text = stored::text(input, "ResourceArn")?;
    if resource::get_by_arn(&deed.app.store, text).await?.is_some() {
        return Ok(text.to_owned());
    }
    let arn: Arn = text
        .parse()
        .map_err(|_| Fault::invalid(format!("`{text}` is not an ARN")))?;
    match ResourceKind::from_arn_type(arn.resource_type()) {
        Some(kind) => Err(Fault::NotFound {
            kind,
            name: arn.resource_name().to_owned(),
        }),
        None => Err(Fault::invalid(format!(
            "Requested resource not found: `{text}`"
        ))),
    }
}

fn as_list(tags: &[(String, String)]) -> Value {
    let tags = tags
        .iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }));
    tags.collect()
}

fn as_object(tags: &[(String, String)]) -> Value {
    let tags = tags
        .iter()
        .map(|(key, value)| (key.clone(), Value::from(value.as_str())));
    Value::Object(tags.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_given_once() {
        let twice = json!({ "Tags": [{ "Key": "a", "Value": "1" }, { "Key": "a", "Value": "2" }] });
        assert!(of_request(&twice).is_err());
        let ours = json!({ "Tags": [{ "Key": "aws:a", "Value": "1" }] });
        assert!(of_request(&ours).is_err());
        let two = json!({ "Tags": [{ "Key": "b", "Value": "1" }, { "Key": "a", "Value": "" }] });
        let tags = of_request(&two).unwrap();
        assert_eq!(tags, [("b".into(), "1".into()), ("a".into(), "".into())]);
        assert!(of_request(&json!({})).unwrap().is_empty());
    }
}
