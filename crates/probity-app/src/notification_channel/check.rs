//! What can be known of a channel's settings before anything is sent, and what may be shown.

use probity_domain::document::channel_settings::{
    ChannelSettings, CommandSettings, EmailSettings, PagerDutySettings,
};
use serde_json::Value;
use url::Url;

use super::{is_link_local, literal_address};
use crate::app::LocalProcesses;
use crate::fault::Fault;

const LONGEST_DIGEST_S: u64 = 7 * 86_400;
const LONGEST_COMMAND_S: u64 = 300;

/// As names of the API's resources.
pub(super) fn name(name: &str) -> Result<(), Fault> {
    let allowed = name.len() <= 63
        && name
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || sign == '-')
        && name.starts_with(|sign: char| sign.is_ascii_alphanumeric());
    if allowed {
        return Ok(());
    }
    Err(Fault::invalid(format!(
        "a channel's name has 1 to 63 letters, digits and hyphens: `{name}`"
    )))
}

/// 0: each event by itself.
pub(super) fn digest_ms(input: &Value, settings: &ChannelSettings) -> Result<i64, Fault> {
    let seconds = match input.get("DigestInSeconds") {
        None | Some(Value::Null) => 0,
        Some(value) => value
            .as_u64()
            .ok_or_else(|| Fault::invalid("DigestInSeconds is a whole number"))?,
    };
    if seconds > LONGEST_DIGEST_S {
        return Err(Fault::invalid(format!(
            "DigestInSeconds is at most {LONGEST_DIGEST_S}, a week"
        )));
    }
    match settings {
        ChannelSettings::PagerDuty(_) if seconds > 0 => Err(Fault::invalid(
            "PagerDuty opens and closes one incident for each alert: it takes no digest",
        )),
        ChannelSettings::PagerDuty(_)
        | ChannelSettings::Webhook(_)
        | ChannelSettings::Slack(_)
        | ChannelSettings::Email(_)
        | ChannelSettings::Command(_) => i64::try_from(seconds * 1000)
            .map_err(|_| Fault::invalid("DigestInSeconds is too large")),
    }
}

pub(super) fn settings(
    settings: &ChannelSettings,
    local_processes: LocalProcesses,
) -> Result<(), Fault> {
    match settings {
        ChannelSettings::Webhook(webhook) => {
            http_url("Webhook.Url", &webhook.url)?;
            if webhook
                .signing_secret
                .as_ref()
                .is_some_and(|key| key.len() < 16)
            {
                return Err(Fault::invalid(
                    "Webhook.SigningSecret has at least 16 characters",
                ));
            }
            Ok(())
        }
        ChannelSettings::Slack(slack) => http_url("Slack.Url", &slack.url).map(drop),
        ChannelSettings::Email(email) => check_email(email),
        ChannelSettings::PagerDuty(pager) => check_pager(pager),
        ChannelSettings::Command(command) => check_command(command, local_processes),
    }
}

fn http_url(member: &str, text: &str) -> Result<Url, Fault> {
    // What is wrong is said without the text, which may be a password.
    let url = Url::parse(text).map_err(|error| Fault::invalid(format!("{member}: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(Fault::invalid(format!(
            "{member} begins with https:// or http:// and names a host"
        )));
    }
    let address = literal_address(url.host_str().unwrap_or_default());
    if address.is_some_and(is_link_local) {
        return Err(Fault::invalid(format!(
            "{member} names an address of the server's own network link (169.254.0.0/16, \
             fe80::/10), where clouds serve credentials: it is told nothing"
        )));
    }
    Ok(url)
}

fn check_email(email: &EmailSettings) -> Result<(), Fault> {
    let url = Url::parse(&email.smtp_url)
        .map_err(|error| Fault::invalid(format!("Email.SmtpUrl: {error}")))?;
    if !matches!(url.scheme(), "smtp" | "smtps") || url.host_str().is_none() {
        return Err(Fault::invalid(
            "Email.SmtpUrl is as smtps://user:password@host, smtp://host:587?tls=required or \
             smtp://host:25",
        ));
    }
    let tls = url.query_pairs().find(|(name, _)| name == "tls");
    if tls.is_some_and(|(_, value)| !matches!(&*value, "required" | "opportunistic")) {
        return Err(Fault::invalid(
            "Email.SmtpUrl: tls is `required` or `opportunistic`",
        ));
    }
    if email.to.is_empty() || email.to.len() > 50 {
        return Err(Fault::invalid("Email.To names 1 to 50 addresses"));
    }
    for address in email.to.iter().chain([&email.from]) {
        if !is_address(address) {
            return Err(Fault::invalid(format!(
                "`{address}` is not an e-mail address"
            )));
        }
    }
    Ok(())
}

/// `name@host`, and nothing that could become a header of its own. The mail library is stricter.
fn is_address(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part.chars().all(|sign| {
                !sign.is_whitespace() && !sign.is_control() && !"<>,;\"@".contains(sign)
            })
    };
    text.len() <= 254
        && text
            .split_once('@')
            .is_some_and(|(name, host)| plain(name) && plain(host))
}

fn check_pager(pager: &PagerDutySettings) -> Result<(), Fault> {
    let key = &pager.routing_key;
    if key.is_empty() || key.len() > 64 || !key.chars().all(|sign| sign.is_ascii_alphanumeric()) {
        return Err(Fault::invalid(
            "PagerDuty.RoutingKey is the integration key of the service: letters and digits",
        ));
    }
    match &pager.events_url {
        None => Ok(()),
        Some(url) => http_url("PagerDuty.EventsUrl", url).map(drop),
    }
}

fn check_command(command: &CommandSettings, local_processes: LocalProcesses) -> Result<(), Fault> {
    match local_processes {
        LocalProcesses::Isolated | LocalProcesses::AllowUnisolated => {}
        LocalProcesses::Refused => {
            return Err(Fault::invalid(
                "commands run only on a server that was started with --allow-local-processes",
            ));
        }
    }
    if command
        .arguments
        .first()
        .is_none_or(|program| !program.starts_with('/'))
    {
        return Err(Fault::invalid(
            "Command.Arguments begins with the path of a program, from the root on",
        ));
    }
    if command
        .arguments
        .iter()
        .any(|argument| argument.contains('\0'))
    {
        return Err(Fault::invalid("Command.Arguments holds a zero byte"));
    }
    let limit = command.time_limit_in_seconds.unwrap_or(1);
    if limit == 0 || limit > LONGEST_COMMAND_S {
        return Err(Fault::invalid(format!(
            "Command.TimeLimitInSeconds is from 1 to {LONGEST_COMMAND_S}"
        )));
    }
    Ok(())
}

/// Where a channel leads, for lists: no user, no password, no query; of Slack the host only, since
/// the path is the password.
pub(super) fn shown(settings: &ChannelSettings) -> String {
    match settings {
        ChannelSettings::Webhook(webhook) => {
            let signed = webhook
                .signing_secret
                .as_ref()
                .map_or("unsigned", |_| "signed");
            format!("{} ({signed})", place(&webhook.url))
        }
        ChannelSettings::Slack(slack) => host(&slack.url),
        ChannelSettings::Email(email) => {
            format!(
                "{} from {} by {}",
                email.to.join(", "),
                email.from,
                host(&email.smtp_url)
            )
        }
        ChannelSettings::PagerDuty(pager) => pager
            .events_url
            .as_deref()
            .map_or_else(|| "events.pagerduty.com".to_owned(), host),
        // Further arguments may be passwords.
        ChannelSettings::Command(command) => command.arguments.first().cloned().unwrap_or_default(),
    }
}

fn place(text: &str) -> String {
    Url::parse(text).map_or_else(
        |_| String::new(),
        |url| format!("{}{}", host(text), url.path()),
    )
}

fn host(text: &str) -> String {
    let Ok(url) = Url::parse(text) else {
        return String::new();
    };
    let port = url.port().map(|port| format!(":{port}"));
    format!(
        "{}://{}{}",
        url.scheme(),
        url.host_str().unwrap_or_default(),
        port.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> ChannelSettings {
        serde_json::from_value(value).unwrap()
    }

    #[track_caller]
    fn refused(value: Value, text: &str) {
        match settings(&read(value), LocalProcesses::Refused) {
            Err(Fault::Invalid { message }) => assert!(message.contains(text), "{message}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_cannot_be_reached_is_refused() {
        refused(json!({"Webhook": {"Url": "ftp://x/"}}), "https://");
        refused(json!({"Webhook": {"Url": "nothing"}}), "relative URL");
        for link in [
            "http://169.254.169.254/latest/meta-data",
            "http://[fe80::1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[fd00:ec2::254]/",
            "http://0xa9fea9fe/",
        ] {
            refused(json!({"Webhook": {"Url": link}}), "network link");
            refused(json!({"Slack": {"Url": link}}), "network link");
        }
        refused(
            json!({"Webhook": {"Url": "https://x/", "SigningSecret": "short"}}),
            "at least 16",
        );
        refused(json!({"Slack": {"Url": "file:///etc/passwd"}}), "https://");
        let email =
            |url: &str, to: &str| json!({"Email": {"SmtpUrl": url, "From": "a@b", "To": [to]}});
        refused(email("http://h", "c@d"), "smtps://");
        refused(email("smtp://h?tls=maybe", "c@d"), "opportunistic");
        refused(
            email("smtp://h", "c@d\r\nBcc: e@f"),
            "not an e-mail address",
        );
        refused(
            json!({"PagerDuty": {"RoutingKey": "a b"}}),
            "integration key",
        );
        refused(
            json!({"Command": {"Arguments": ["/bin/true"]}}),
            "--allow-local-processes",
        );
    }

    #[test]
    fn a_command_has_a_path_and_a_limit() {
        let check = |value| settings(&read(value), LocalProcesses::Isolated).is_ok();
        assert!(check(json!({"Command": {"Arguments": ["/bin/true"]}})));
        assert!(!check(json!({"Command": {"Arguments": ["true"]}})));
        assert!(!check(json!({"Command": {"Arguments": []}})));
        let long = json!({"Command": {"Arguments": ["/x"], "TimeLimitInSeconds": 301}});
        assert!(!check(long));
    }

    #[test]
    fn a_pager_takes_no_digest() {
        let pager = read(json!({"PagerDuty": {"RoutingKey": "k"}}));
        assert!(digest_ms(&json!({"DigestInSeconds": 60}), &pager).is_err());
        assert_eq!(digest_ms(&json!({}), &pager).unwrap(), 0);
        let slack = read(json!({"Slack": {"Url": "https://x/"}}));
        let asked = json!({"DigestInSeconds": 60});
        assert_eq!(digest_ms(&asked, &slack).unwrap(), 60_000);
    }

    #[test]
    fn what_is_shown_holds_no_secret() {
        for (settings, expected) in [
            (
                json!({"Webhook": {"Url": "https://u:hush@h:9/p?token=hush",
                                   "SigningSecret": "hush-hush-hush-hush"}}),
                "https://h:9/p (signed)",
            ),
            (
                json!({"Slack": {"Url": "https://hooks.slack.com/services/hush"}}),
                "https://hooks.slack.com",
            ),
            (
                json!({"Email": {"SmtpUrl": "smtps://u:hush@h", "From": "a@b", "To": ["c@d", "e@f"]}}),
                "c@d, e@f from a@b by smtps://h",
            ),
            (
                json!({"PagerDuty": {"RoutingKey": "hush"}}),
                "events.pagerduty.com",
            ),
            (
                json!({"Command": {"Arguments": ["/bin/x", "hush"]}}),
                "/bin/x",
            ),
        ] {
            assert_eq!(shown(&read(settings)), expected);
        }
    }
}
