//! One visit of a browser: who it is, what it asked for, and how its pages are to look.

use bytes::Bytes;
use http::{HeaderMap, Method};
use probity_app::session::{self, Token};
use probity_app::{Access, Caller, Fault};

use super::cookies::{self, Channel, Lifetime};
use super::fields::Fields;
use super::{Desk, Refusal, reply};
use crate::answer::Answer;
use crate::server::DEFAULT_REGION;

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Fields,
    pub(crate) form: Fields,
    pub(crate) channel: Channel,
    pub(crate) session: Option<Token>,
    form_token: Option<Token>,
    theme: Option<Theme>,
    /// What the browser says of who made it ask, where it says so: to hosts without TLS it does not.
    site: Option<String>,
    /// Of whose page it is, and whom it asks.
    origin: Option<String>,
    host: Option<String>,
    /// Of a stream that broke off, the last event that came.
    pub(crate) last_event: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

impl Theme {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Theme> {
        match text {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }
}

impl Asked {
    pub(crate) fn of(request: &http::Request<Bytes>) -> Asked {
        let headers = request.headers();
        let cookie = |name: &str| cookies::read(headers, name);
        let channel = request.extensions().get::<Channel>().copied();
        Asked {
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            query: Fields::parse(request.uri().query().unwrap_or_default().as_bytes()),
            form: super::form(request.body()),
            channel: channel.unwrap_or(Channel::Plain),
            session: cookie(cookies::SESSION).map(Token::of),
            form_token: cookie(cookies::FORM).map(Token::of),
            theme: cookie(cookies::THEME).and_then(Theme::parse),
            site: text(headers, "sec-fetch-site"),
            origin: text(headers, "origin"),
            host: text(headers, "host")
                .or_else(|| request.uri().authority().map(ToString::to_string)),
            last_event: text(headers, "last-event-id"),
        }
    }

    /// What a form says before what its address says: it was made for one region, whatever came
    /// since.
    pub(crate) fn region(&self) -> Option<&str> {
        let named = self.form.get("region").or_else(|| self.query.get("region"));
        named.filter(|text| is_region(text))
    }

    /// A form is obeyed where it carries the key of this browser's session, and the browser does
    /// not say that another site sent it; and where there is no doubt about its region.
    pub(crate) fn check_form(&self, visit: &Visit) -> Result<(), Refusal> {
        let digest = |text: &str| ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
        let shown = self.form.get("form_key").unwrap_or_default();
        let is_own = digest(shown).as_ref() == digest(&visit.form_key).as_ref();
        if !is_own || self.comes_from_elsewhere() {
            return Err(Refusal::ForgedForm);
        }
        if self.region().is_none() && visit.regions.len() > 1 {
            return Err(Refusal::Fault(Fault::invalid(
                "The form names no region, and there are several. Open the page again.",
            )));
        }
        Ok(())
    }

    /// The browser says that a page of ours sent it.
    pub(crate) fn comes_from_here(&self) -> bool {
        match (&self.site, &self.origin, &self.host) {
            (Some(site), _, _) => site == "same-origin",
            (None, Some(origin), Some(host)) => {
                let authority = origin.split_once("://").map(|(_, authority)| authority);
                authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
            }
            (None, _, _) => false,
        }
    }

    /// Followed from a page of another site: our cookies were not sent along.
    pub(crate) fn comes_from_elsewhere(&self) -> bool {
        let site = self.site.as_deref();
        matches!(site, Some("cross-site" | "same-site"))
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

/// How this browser is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    SignedIn,
    /// The server asks nobody who they are.
    Everybody,
    Unknown,
}

#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) caller: Caller,
    pub(crate) who: Who,
    /// What every form of the page carries.
    pub(crate) form_key: String,
    /// A cookie that the form key follows from, where the browser has none yet.
    new_form_token: Option<Token>,
    pub(crate) theme: Option<Theme>,
    pub(crate) path: String,
    /// Of the address.
    pub(crate) fields: Fields,
    /// Regions with anything to show, the oldest first; empty where nobody is known.
    pub(crate) regions: Vec<String>,
    /// By the server's clock.
    pub(crate) now_ms: i64,
    /// Simulated seconds per second, where the server's time is simulated.
    pub(crate) time_rate: Option<f64>,
    /// Nothing that the page shows is older than this event; `None` where nobody is known.
    pub(crate) mark: Option<i64>,
}

/// Nobody whom we know.
#[derive(Debug)]
pub(crate) enum NotIn {
    Unknown(Box<Visit>),
    Fault(Fault),
}

impl From<Fault> for NotIn {
    fn from(fault: Fault) -> NotIn {
        NotIn::Fault(fault)
    }
}

pub(crate) async fn begin(desk: Desk<'_>, asked: &Asked) -> Result<Visit, NotIn> {
    let mut visit = Visit::of(desk, asked);
    match (&desk.pages.keys, &asked.session) {
        (None, _) => visit.who = Who::Everybody,
        (Some(_), None) => return Err(NotIn::Unknown(Box::new(visit))),
        (Some(_), Some(token)) => {
            let now_ms = desk.pages.wall_clock.now_ms();
            let Some(known) = session::find(desk.app, token, now_ms).await? else {
                return Err(NotIn::Unknown(Box::new(visit)));
            };
            visit.who = Who::SignedIn;
            visit.caller.user = known.user;
            visit.caller.access = known.access;
            visit.form_key = token.form_key();
            visit.new_form_token = None;
        }
    }
    visit.mark = Some(probity_app::dashboard::live::mark(desk.app, &visit.caller).await?);
    visit.regions = probity_app::dashboard::fleet::regions(desk.app, &visit.caller).await?;
    if asked.region().is_none() {
        visit.caller.region = visit.home_region().to_owned();
    }
    Ok(visit)
}

fn is_region(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

impl Visit {
    /// Of somebody who is not known yet.
    pub(crate) fn of(desk: Desk<'_>, asked: &Asked) -> Visit {
        let new_form_token = match asked.form_token {
            Some(_) => None,
            None => Some(Token::new(desk.app)),
        };
        let form_token = asked.form_token.as_ref().or(new_form_token.as_ref());
        let region = asked.region().unwrap_or(DEFAULT_REGION);
        Visit {
            caller: Caller {
                user: "anonymous".to_owned(),
                access: Access::Administrator,
                account: desk.app.settings.account_id.clone(),
                region: region.to_owned(),
                request_id: desk.request_id.to_owned(),
            },
            who: Who::Unknown,
            form_key: form_token.map(Token::form_key).unwrap_or_default(),
            new_form_token,
            theme: asked.theme,
            path: asked.path.clone(),
            fields: asked.query.clone(),
            regions: Vec::new(),
            now_ms: desk.app.clock.now_ms(),
            time_rate: desk.app.clock.rate(),
            mark: None,
        }
    }

    /// Whether a form for this IAM action would be answered, and not refused.
    pub(crate) fn may(&self, action: &str) -> bool {
        self.caller.access.allows(action)
    }

    /// As if the address had said this.
    pub(crate) fn with_fields(&self, fields: Fields) -> Visit {
        Visit {
            fields,
            ..self.clone()
        }
    }

    /// For a page that is not to follow what happens.
    pub(crate) fn without_mark(&self) -> Visit {
        Visit {
            mark: None,
            ..self.clone()
        }
    }

    pub(crate) fn is_signed_in(&self) -> bool {
        self.who == Who::SignedIn
    }

    /// What an address means that names no region.
    fn home_region(&self) -> &str {
        self.regions.first().map_or(DEFAULT_REGION, String::as_str)
    }

    /// Links carry the region where there is a choice, so that they mean the same to everybody.
    pub(crate) fn href(&self, path: &str) -> String {
        self.link(path, &Fields::default())
    }

    pub(crate) fn link(&self, path: &str, fields: &Fields) -> String {
        let is_only = self.regions.len() < 2 && self.home_region() == self.caller.region;
        match is_only {
            true => fields.without("region").address(path),
            false => fields.with("region", &self.caller.region).address(path),
        }
    }

    /// This page again.
    pub(crate) fn here(&self) -> String {
        self.link(&self.path, &self.fields)
    }

    pub(crate) fn keep_form_key(&self, answer: &mut Answer, channel: Channel) {
        if let Some(token) = &self.new_form_token {
            let cookie = (cookies::FORM, token.as_str());
            reply::set_cookie(answer, &cookies::write(cookie, Lifetime::Browser, channel));
        }
    }
}
