//! Fields of addresses and forms.

use url::form_urlencoded;

/// Names and values in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Without the sign NUL, which PostgreSQL keeps in no text: nothing can have it.
    pub(crate) fn parse(text: &[u8]) -> Fields {
        let without = |text: std::borrow::Cow<'_, str>| text.replace('\0', "");
        let pairs = form_urlencoded::parse(text);
        let pairs = pairs.map(|(name, value)| (without(name), without(value)));
        Fields(pairs.collect())
    }

    /// The first of a name; an empty one is none.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// With this one instead of what had its name; without it where the value is empty.
    pub(crate) fn with(&self, name: &str, value: &str) -> Fields {
        let mut fields = self.without(name);
        if !value.is_empty() {
            fields.0.push((name.to_owned(), value.to_owned()));
        }
        fields
    }

    /// The same where an empty value says something.
    #[cfg(test)]
    pub(crate) fn with_even_empty(&self, name: &str, value: &str) -> Fields {
        let kept = self.0.iter().filter(|(known, _)| known != name);
        let mut fields = Fields(kept.cloned().collect());
        fields.0.push((name.to_owned(), value.to_owned()));
        fields
    }

    pub(crate) fn without(&self, name: &str) -> Fields {
        let kept = self
            .0
            .iter()
            .filter(|(known, value)| known != name && !value.is_empty());
        Fields(kept.cloned().collect())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// `a=b&c=d`.
    pub(crate) fn query(&self) -> String {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(self.iter());
        text.finish()
    }

    pub(crate) fn address(&self, path: &str) -> String {
        match self.0.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", self.query()),
        }
    }
}

/// An address of our own to go to; anything else would lead people elsewhere.
pub(crate) fn own_address(text: Option<&str>) -> &str {
    let is_own = |text: &&str| {
        text.starts_with('/')
            && !text.starts_with("//")
            && !text.contains('\\')
            && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    text.filter(is_own).unwrap_or("/dashboard")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_changed_and_written() {
        let fields = Fields::parse(b"q=a%26b&sort=&page=2");
        assert_eq!(fields.get("q"), Some("a&b"));
        assert_eq!(fields.get("sort"), None);
        assert_eq!(fields.with("page", "").query(), "q=a%26b");
        assert_eq!(Fields::parse(b"who=a%00b").get("who"), Some("ab"));
        assert_eq!(fields.with("page", "3").address("/x"), "/x?q=a%26b&page=3");
    }

    #[test]
    fn only_own_addresses_are_gone_to() {
        assert_eq!(own_address(Some("/models/a?x=1")), "/models/a?x=1");
        for text in [
            "//evil.example/",
            "https://evil.example",
            "/\\evil",
            "/a\nb",
            "",
        ] {
            assert_eq!(own_address(Some(text)), "/dashboard", "{text}");
        }
    }
}
