//! Cookies: who is signed in, whose forms they are, and how the pages look.

use http::HeaderMap;
use http::header::COOKIE;

/// The session of somebody who is signed in.
pub(crate) const SESSION: &str = "probity_session";
/// Binds forms to this browser where there is no session.
pub(crate) const FORM: &str = "probity_form";
/// `light`, `dark` or nothing.
pub(crate) const THEME: &str = "probity_theme";

/// Whether the browser speaks to us over TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    Plain,
    Encrypted,
}

/// How long a browser keeps a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifetime {
    Seconds(i64),
    /// Until the browser is closed.
    Browser,
    /// It is taken away.
    Over,
}

pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, value)| *known == name && !value.is_empty())
        .map(|(_, value)| value)
}

/// Never readable by scripts, never sent by other sites.
pub(crate) fn write((name, value): (&str, &str), lifetime: Lifetime, channel: Channel) -> String {
    let secure = match channel {
        Channel::Encrypted => "; Secure",
        Channel::Plain => "",
    };
    let age = match lifetime {
        Lifetime::Seconds(seconds) => format!("; Max-Age={seconds}"),
        Lifetime::Browser => String::new(),
        Lifetime::Over => "; Max-Age=0".to_owned(),
    };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{age}{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; probity_session=x=y".parse().unwrap());
        headers.append(COOKIE, "probity_theme=dark".parse().unwrap());
        assert_eq!(read(&headers, SESSION), Some("x=y"));
        assert_eq!(read(&headers, THEME), Some("dark"));
        assert_eq!(read(&headers, FORM), None);
    }

    #[test]
    fn a_cookie_is_secure_over_tls_only() {
        let cookie = write((SESSION, "x"), Lifetime::Seconds(5), Channel::Encrypted);
        assert_eq!(
            cookie,
            "probity_session=x; Path=/; HttpOnly; SameSite=Strict; Max-Age=5; Secure"
        );
        let cookie = write((SESSION, ""), Lifetime::Over, Channel::Plain);
        assert!(cookie.ends_with("SameSite=Strict; Max-Age=0"));
    }
}
