//! Silences: for a while, alerts of a subject change and nobody is told. Who, and why, is kept.

use probity_store::Cursor;
use probity_store::alert_silence::{self as rows, ListSilences, Silence};
use probity_store::monitoring_alert::{self, ListAlerts};
use probity_store::resource;
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::endpoint::ENDPOINT;
use crate::event;
use crate::fault::Fault;
use crate::listing::{page_limit, token};
use crate::monitoring_schedule::MONITORING_SCHEDULE;
use crate::page_token::Question;
use crate::stored::text;
use crate::timestamp;

/// `{"Subject", "Until", "Reason"}`: without a subject, every alert of the region.
pub async fn create(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:SilenceAlert")?;
    let why = text(&input, "Reason")?;
    let deed = deed.because(Some(why));
    let until_ms = timestamp::read("Until", input.get("Until").unwrap_or(&Value::Null))?;
    if until_ms <= deed.now_ms {
        return Err(Fault::invalid("Until is over already"));
    }
    let subject = input.get("Subject").and_then(Value::as_str);
    let silence = Silence {
        id: app.ids.uuid(),
        region: deed.region.to_owned(),
        subject: subject.unwrap_or_default().to_owned(),
        from_ms: deed.now_ms,
        until_ms,
        actor: deed.actor.to_owned(),
        why: why.to_owned(),
        created_ms: deed.now_ms,
    };
    if !silence.subject.is_empty() && !may_alert(&deed, &silence.subject).await? {
        return Err(Fault::missing(format!(
            "there is no alert of `{}`: name a schedule, or `endpoint/NAME`",
            silence.subject
        )));
    }
    let mut unit = app.store.begin().await?;
    rows::insert(&mut unit, &silence).await?;
    let change = json!({ "created": shown(&silence) });
    event::record(&mut unit, &deed, &arn(&deed, &silence.id), change).await?;
    unit.commit().await?;
    Ok(json!({ "SilenceId": silence.id }))
}

/// Those that last or begin later; `{"MaxResults", "NextToken"}`.
pub async fn list(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ListSilences")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let after = match token(&input) {
        Some(token) => Some(question.after::<Cursor>(token)?),
        None => None,
    };
    let wanted = ListSilences {
        region: deed.region.to_owned(),
        ends_after_ms: deed.now_ms,
        after,
        limit: page_limit(&input),
    };
    let page = rows::list(&app.store, &wanted).await?;
    let items: Vec<Value> = page.items.iter().map(shown).collect();
    let mut answer = Map::new();
    answer.insert("Silences".to_owned(), items.into());
    if let Some(next) = &page.next {
        answer.insert("NextToken".to_owned(), question.token(next)?.into());
    }
    Ok(Value::Object(answer))
}

/// `{"SilenceId", "Reason"}`: ends one before its time.
pub async fn lift(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:LiftSilence")?;
    let deed = deed.because(input.get("Reason").and_then(Value::as_str));
    let id = text(&input, "SilenceId")?;
    let mut unit = app.store.begin().await?;
    let Some(lifted) = rows::lift(&mut unit, (deed.region, id), deed.now_ms).await? else {
        return Err(Fault::missing(format!(
            "there is no silence `{id}`, or it is over"
        )));
    };
    let change = json!({ "lifted": shown(&lifted) });
    event::record(&mut unit, &deed, &arn(&deed, id), change).await?;
    unit.commit().await?;
    Ok(json!({}))
}

/// Whether the subject has an alert, or is something that may have one later: the alerts of an
/// endpoint are there only from the first time that they are raised.
async fn may_alert(deed: &Deed<'_>, subject: &str) -> Result<bool, Fault> {
    let wanted = ListAlerts {
        region: deed.region.to_owned(),
        subject: Some(subject.to_owned()),
        status: None,
        after: None,
        limit: 1,
    };
    let store = &deed.app.store;
    if !monitoring_alert::list(store, &wanted)
        .await?
        .items
        .is_empty()
    {
        return Ok(true);
    }
    let watched = [&MONITORING_SCHEDULE, &ENDPOINT].into_iter();
    let mut watched = watched.filter_map(|stored| {
        let of_kind = subject.strip_prefix(stored.kind.as_str())?;
        Some(stored.key(deed, of_kind.strip_prefix('/')?))
    });
    match watched.next() {
        Some(key) => Ok(resource::get(store, key).await?.is_some()),
        None => Ok(false),
    }
}

fn arn(deed: &Deed<'_>, id: &str) -> String {
    deed.arn(format!("probity-alert-silence/{id}")).to_string()
}

fn shown(silence: &Silence) -> Value {
    let mut members = Map::new();
    let mut show = |name: &str, value: Value| members.insert(name.to_owned(), value);
    show("SilenceId", silence.id.as_str().into());
    if !silence.subject.is_empty() {
        show("Subject", silence.subject.as_str().into());
    }
    show("From", timestamp::seconds(silence.from_ms));
    show("Until", timestamp::seconds(silence.until_ms));
    show("CreatedBy", silence.actor.as_str().into());
    show("Reason", silence.why.as_str().into());
    Value::Object(members)
}
