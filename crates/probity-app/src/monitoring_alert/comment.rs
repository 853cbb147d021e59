//! What people say of an alert: who, when, and in which words. A thread outlives its alert, as the
//! alert's history does, and nothing in it is changed.

use probity_store::alert_comment::{self, Comment, ListComments};
use probity_store::monitoring_alert::{self as rows, AlertKey};
use serde_json::{Map, Value, json};

use super::{DEFAULT, after, arn, limit, next};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::event;
use crate::fault::Fault;
use crate::page_token::Question;
use crate::stored::text;
use crate::timestamp;

/// `{"Subject", "AlertName", "Text"}`: also on an alert that is settled, for what was learnt.
pub async fn comment(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:CommentAlert")?;
    let subject = text(&input, "Subject")?;
    let said = text(&input, "Text")?;
    if said.trim().is_empty() {
        return Err(Fault::invalid("Text says nothing"));
    }
    let name = input.get("AlertName").and_then(Value::as_str);
    let key = AlertKey {
        region: deed.region,
        subject,
        name: name.unwrap_or(DEFAULT),
    };
    let mut unit = app.store.begin().await?;
    if rows::lock(&mut unit, key).await?.is_none() {
        return Err(Fault::missing(format!(
            "there is no alert `{}` of `{subject}`",
            key.name
        )));
    }
    let comment = Comment {
        id: app.ids.uuid(),
        region: deed.region.to_owned(),
        subject: subject.to_owned(),
        name: key.name.to_owned(),
        at_ms: deed.now_ms,
        actor: deed.actor.to_owned(),
        text: said.to_owned(),
    };
    alert_comment::insert(&mut unit, &comment).await?;
    // The words stay out of the log of events, which is never cleaned.
    let change = json!({ "commented": { "CommentId": comment.id } });
    event::record(&mut unit, &deed, &arn(&deed, key), change).await?;
    unit.commit().await?;
    Ok(json!({ "CommentId": comment.id }))
}

/// `{"Subject", "AlertName", "MaxResults", "NextToken"}`: the newest first.
pub async fn list_comments(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ListAlertComments")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let name = input.get("AlertName").and_then(Value::as_str);
    let wanted = ListComments {
        region: deed.region.to_owned(),
        subject: text(&input, "Subject")?.to_owned(),
        name: name.map(str::to_owned),
        after: after(&question, &input)?,
        limit: limit(&input),
    };
    let page = alert_comment::list(&app.store, &wanted).await?;
    let comments: Vec<Value> = page.items.iter().map(shown).collect();
    let mut answer = Map::new();
    answer.insert("Comments".to_owned(), comments.into());
    next(&mut answer, &question, page.next.as_ref())?;
    Ok(Value::Object(answer))
}

fn shown(comment: &Comment) -> Value {
    json!({
        "CommentId": comment.id,
        "Subject": comment.subject,
        "AlertName": comment.name,
        "CreationTime": timestamp::seconds(comment.at_ms),
        "CreatedBy": comment.actor,
        "Text": comment.text,
    })
}
