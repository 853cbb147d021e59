//! Coming in and going out: the page that asks for a key, links that sign in once, and the theme
//! that a browser keeps.

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use maud::{Markup, html};
use probity_app::session::{self, Token};
use probity_app::{Caller, Fault};

use super::cookies::{self, Channel, Lifetime};
use super::fields::{Fields, own_address};
use super::visit::{Asked, Theme, Visit};
use super::{Desk, Refusal, failure, reply, shell, words};
use crate::answer::Answer;
use crate::report::Chain;

/// Why the form is shown again.
#[derive(Clone, Debug)]
enum Complaint {
    None,
    /// Which of the two is wrong is not told.
    WrongKey,
    TooOften {
        wait: std::time::Duration,
    },
    /// The page was too old, or came from elsewhere.
    StaleForm,
    UsedLink,
}

pub(super) fn login_page(visit: &Visit, status: StatusCode) -> Answer {
    form_page(visit, (status, &Complaint::None))
}

pub(super) fn stale_form(visit: &Visit) -> Answer {
    form_page(visit, (StatusCode::FORBIDDEN, &Complaint::StaleForm))
}

fn form_page(visit: &Visit, (status, complaint): (StatusCode, &Complaint)) -> Answer {
    let body = html! {
        div.door {
            h1 { "Sign in" }
            p.soft { "With the access key of a user of this server." }
            (told(complaint))
            form.stack method="post" action="/login" {
                (shell::form_key(visit))
                input type="hidden" name="next" value=(own_address(visit.fields.get("next")));
                label { span { "Access key id" }
                    input name="access_key_id" autocomplete="username" autocapitalize="off"
                        spellcheck="false" required autofocus;
                }
                label { span { "Secret access key" }
                    input name="secret_access_key" type="password"
                        autocomplete="current-password" required;
                }
                button.primary type="submit" { "Sign in" }
            }
            details.help {
                summary { "Where do I find a key?" }
                p { "The first start of " code { "probity serve" } " prints the administrator's, once." }
                p { "An administrator makes more: " code { "probity admin user create NAME" } " and "
                    code { "probity admin key create --user NAME" } "." }
                p { a href="/docs/dashboard" { "More about signing in" } }
            }
        }
    };
    reply::html(status, shell::outside(visit, "Sign in", &body))
}

fn told(complaint: &Complaint) -> Markup {
    let text = match complaint {
        Complaint::None => return html! {},
        Complaint::WrongKey => "There is no such key with this secret.".to_owned(),
        Complaint::TooOften { wait } => {
            let ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
            format!("Too many tries. Try again in {}.", words::span(ms))
        }
        Complaint::StaleForm => "This page was open for too long. Please try again.".to_owned(),
        Complaint::UsedLink => {
            "This link was used already, or is too old. Sign in with a key.".to_owned()
        }
    };
    html! { p.complaint role="alert" { (text) } }
}

pub(super) async fn log_in(desk: Desk<'_>, asked: &Asked, visit: &Visit) -> Answer {
    let field = |name: &str| asked.form.get(name).unwrap_or_default().trim();
    let (key, secret) = (field("access_key_id"), field("secret_access_key"));
    let place = desk.peer.ip();
    let next = Fields::default().with("next", own_address(asked.form.get("next")));
    let again = visit.with_fields(next);
    if let Err(wait) = desk.pages.guard.attempt(place, key) {
        metrics::counter!("probity_refused_sign_ins_total", "reason" => "too often").increment(1);
        let mut answer = form_page(
            &again,
            (StatusCode::TOO_MANY_REQUESTS, &Complaint::TooOften { wait }),
        );
        let seconds = HeaderValue::from(wait.as_secs().max(1));
        answer.headers_mut().insert(RETRY_AFTER, seconds);
        return answer;
    }
    match signed_in(desk, visit, (key, secret)).await {
        Ok(Some(token)) => {
            desk.pages.guard.succeeded(place, key);
            enter(&token, own_address(asked.form.get("next")), asked.channel)
        }
        Ok(None) => {
            metrics::counter!("probity_refused_sign_ins_total", "reason" => "wrong key")
                .increment(1);
            tracing::warn!(
                request_id = desk.request_id,
                "refused to sign in from `{place}`: the key or its secret is wrong"
            );
            form_page(&again, (StatusCode::FORBIDDEN, &Complaint::WrongKey))
        }
        Err(fault) => {
            desk.pages.guard.not_tried(place, key);
            failure::page(&again, &Refusal::Fault(fault))
        }
    }
}

async fn signed_in(
    desk: Desk<'_>,
    visit: &Visit,
    (key, secret): (&str, &str),
) -> Result<Option<Token>, Fault> {
    let Some(keys) = &desk.pages.keys else {
        return Ok(None);
    };
    let Some(owner) = keys.find(key).await? else {
        return Ok(None);
    };
    let digest = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    // Digests of equal length are compared, so that time tells nothing of the secret.
    if digest(secret).as_ref() != digest(&owner.secret).as_ref() {
        return Ok(None);
    }
    let caller = Caller {
        user: owner.user,
        access: owner.access,
        ..visit.caller.clone()
    };
    let now_ms = desk.pages.wall_clock.now_ms();
    let token = session::begin(desk.app, &caller, key, now_ms).await?;
    tracing::info!(user = %caller.user, "`{}` signed in", caller.user);
    Ok(Some(token))
}

fn enter(token: &Token, next: &str, channel: Channel) -> Answer {
    let mut answer = reply::see_other(next);
    let lifetime = Lifetime::Seconds(session::LASTS_MS / 1000);
    let cookie = cookies::write((cookies::SESSION, token.as_str()), lifetime, channel);
    reply::set_cookie(&mut answer, &cookie);
    answer
}

/// `/sign-in?token=…`.
pub(super) async fn redeem(desk: Desk<'_>, asked: &Asked, visit: &Visit) -> Answer {
    let token = Token::of(visit.fields.get("token").unwrap_or_default());
    let now_ms = desk.pages.wall_clock.now_ms();
    match session::redeem_link(desk.app, &visit.caller, &token, now_ms).await {
        Ok(Some(session)) => enter(&session, "/dashboard", asked.channel),
        // Who is in already need not care.
        Ok(None) if visit.is_signed_in() => reply::see_other("/dashboard"),
        Ok(None) => form_page(
            &visit.with_fields(Fields::default()),
            (StatusCode::FORBIDDEN, &Complaint::UsedLink),
        ),
        Err(fault) => {
            tracing::error!("failed to sign in with a link: {}", Chain(&fault));
            failure::page(visit, &Refusal::Fault(fault))
        }
    }
}

pub(super) async fn log_out(
    desk: Desk<'_>,
    asked: &Asked,
    visit: &Visit,
) -> Result<Answer, Refusal> {
    if let Some(token) = &asked.session {
        session::end(desk.app, &visit.caller, token).await?;
    }
    let mut answer = reply::see_other("/login");
    let gone = cookies::write((cookies::SESSION, ""), Lifetime::Over, asked.channel);
    reply::set_cookie(&mut answer, &gone);
    Ok(answer)
}

const YEAR_SECONDS: i64 = 365 * 24 * 60 * 60;

/// `light`, `dark`, or as the system is.
pub(super) fn set_theme(asked: &Asked) -> Answer {
    let theme = asked.form.get("theme").and_then(Theme::parse);
    let mut answer = reply::see_other(own_address(asked.form.get("next")));
    let cookie = match theme {
        Some(theme) => cookies::write(
            (cookies::THEME, theme.as_str()),
            Lifetime::Seconds(YEAR_SECONDS),
            asked.channel,
        ),
        None => cookies::write((cookies::THEME, ""), Lifetime::Over, asked.channel),
    };
    reply::set_cookie(&mut answer, &cookie);
    answer
}

/// To sign in, and then to where they wanted.
pub(super) fn to_login(visit: &Visit) -> Answer {
    let wanted = visit.here();
    let next = match wanted.as_str() {
        "/" | "/dashboard" => Fields::default(),
        other => Fields::default().with("next", other),
    };
    reply::see_other(&next.address("/login"))
}

/// A link on another site: the browser keeps our cookie to itself then, and sends it when a page
/// of ours leads to the same place.
pub(super) fn once_more(visit: &Visit) -> Answer {
    let here = visit.here();
    let body = html! {
        div.door { p { a href=(here) { "Go on to Probity" } } }
    };
    reply::html(StatusCode::OK, shell::again(visit, &here, &body))
}
