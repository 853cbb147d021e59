//! From the markdown of `docs/` (CommonMark with tables and footnotes, as GitHub shows it) to what
//! a page of ours may hold: headings with anchors, tables and code that scroll by themselves, links
//! to the pages that this server has. Markup that stands in the text is shown as text, and nothing
//! has a `style`, which the policy of our pages forbids.

use std::collections::HashMap;

use pulldown_cmark::{
    Alignment, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html,
};

/// A page of the documentation, ready to be shown.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    /// The first heading.
    pub(super) title: String,
    pub(super) html: String,
    /// Those that are listed and found: up to [`DEEPEST`], without the first.
    pub(super) headings: Vec<Heading>,
    /// The text by heading, for the search.
    pub(super) sections: Vec<Section>,
    /// Where relative links and images lead, as they were written.
    pub(super) links: Vec<String>,
}

/// Headings below this level are part of the text that they stand in.
pub(super) const DEEPEST: u8 = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heading {
    /// 2 for those right below the title.
    pub(super) level: u8,
    pub(super) anchor: String,
    pub(super) text: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    /// Empty for what stands before the second heading.
    pub(super) anchor: String,
    pub(super) heading: String,
    pub(super) text: String,
}

/// Where a relative link leads, said by who knows all pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Address(String),
    Image {
        address: String,
        width: u32,
        height: u32,
    },
    /// A file of the repository that this server does not show.
    Nowhere,
}

pub(super) fn render(source: &str, target: &dyn Fn(&str) -> Target) -> Rendered {
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES;
    let events: Vec<Event<'_>> = Parser::new_ext(source, options).collect();
    let mut writer = Writer {
        target,
        // A page of several parts has a heading of the first level for each.
        shift: u8::from(headings(&events, HeadingLevel::H1) > 1),
        marks: match headings(&events, HeadingLevel::H2) <= MOST_MARKED {
            true => Marks::Shown,
            false => Marks::None,
        },
        shown_level: 0,
        anchors: HashMap::new(),
        columns: Vec::new(),
        column: 0,
        in_head: false,
        without_link: 0,
        done: Rendered::default(),
        out: Vec::new(),
    };
    writer.done.sections.push(Section::default());
    let mut at = 0;
    while let Some(event) = events.get(at) {
        at += match event {
            Event::Start(Tag::Heading { level, .. }) => writer.heading(*level, &events[at..]),
            Event::Start(Tag::Image { dest_url, .. }) => writer.image(dest_url, &events[at..]),
            // A heading that says nothing is no heading of its column.
            Event::Start(Tag::TableCell) if writer.in_head && is_empty(&events[at..]) => {
                writer.column += 1;
                writer.raw("<td></td>");
                2
            }
            other => {
                writer.write(other.clone());
                1
            }
        };
    }
    let mut done = writer.done;
    html::push_html(&mut done.html, writer.out.into_iter());
    done
}

/// Whether a cell ends where it begins.
fn is_empty(events: &[Event<'_>]) -> bool {
    matches!(events.get(1), Some(Event::End(TagEnd::TableCell)))
}

fn headings(events: &[Event<'_>], wanted: HeadingLevel) -> usize {
    let is_wanted = |event: &&Event<'_>| match event {
        Event::Start(Tag::Heading { level, .. }) => *level == wanted,
        _ => false,
    };
    events.iter().filter(is_wanted).count()
}

/// A page of more headings is a list, and large enough as it is.
const MOST_MARKED: usize = 60;

/// Whether a heading has a sign that leads to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marks {
    Shown,
    None,
}

struct Writer<'a> {
    target: &'a dyn Fn(&str) -> Target,
    shift: u8,
    marks: Marks,
    /// Of the last heading, as it was written.
    shown_level: u8,
    /// How often an anchor was wanted.
    anchors: HashMap<String, usize>,
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
    /// Links within links are not possible; this counts those that lead nowhere.
    without_link: usize,
    done: Rendered,
    out: Vec<Event<'a>>,
}

impl<'a> Writer<'a> {
    fn raw(&mut self, text: impl Into<CowStr<'a>>) {
        self.out.push(Event::Html(text.into()));
    }

    /// A heading with its end; says how many events that were.
    fn heading(&mut self, level: HeadingLevel, events: &[Event<'a>]) -> usize {
        let is_end = |event: &Event<'_>| matches!(event, Event::End(TagEnd::Heading(_)));
        let length = events.iter().position(is_end).unwrap_or(events.len() - 1);
        let inner = &events[1..length];
        let text = plain(inner);
        let anchor = self.anchor(&text);
        let is_title = self.done.title.is_empty();
        let level = match is_title {
            true => 1,
            false => (level as u8 + self.shift).clamp(2, 6),
        };
        // No level is passed over: screen readers go from one to the next.
        self.shown_level = level.min(self.shown_level + 1);
        let shown = self.shown_level;
        if level <= DEEPEST {
            self.raw(format!("<h{shown} id=\"{anchor}\">"));
        } else {
            self.raw(format!("<h{shown}>"));
        }
        for event in inner {
            self.write_unless_markup(event.clone());
        }
        if is_title {
            self.done.title = text;
        } else if level <= DEEPEST {
            if self.marks == Marks::Shown {
                self.raw(format!(
                    "<a class=\"anchor\" href=\"#{anchor}\" aria-hidden=\"true\" tabindex=\"-1\">#</a>"
                ));
            }
            self.done.headings.push(Heading {
                level,
                anchor: anchor.clone(),
                text: text.clone(),
            });
            self.done.sections.push(Section {
                anchor,
                heading: text,
                text: String::new(),
            });
        }
        self.raw(format!("</h{shown}>\n"));
        length + 1
    }

    /// As GitHub makes them, so that links mean the same in both places.
    fn anchor(&mut self, text: &str) -> String {
        let kept = text.trim().chars().filter_map(|sign| match sign {
            ' ' => Some('-'),
            '-' | '_' => Some(sign),
            sign if sign.is_alphanumeric() => Some(sign),
            _ => None,
        });
        let wanted: String = kept.flat_map(char::to_lowercase).collect();
        let before = self.anchors.entry(wanted.clone()).or_insert(0);
        *before += 1;
        match *before {
            1 => wanted,
            times => format!("{wanted}-{}", times - 1),
        }
    }

    fn image(&mut self, place: &str, events: &[Event<'a>]) -> usize {
        let is_end = |event: &Event<'_>| matches!(event, Event::End(TagEnd::Image));
        let length = events.iter().position(is_end).unwrap_or(events.len() - 1);
        let text = escaped(&plain(&events[1..length]));
        self.done.links.push(place.to_owned());
        match (self.target)(place) {
            Target::Image {
                address,
                width,
                height,
            } => self.raw(format!(
                "<img src=\"{}\" alt=\"{text}\" width=\"{width}\" height=\"{height}\" loading=\"lazy\">",
                escaped(&address)
            )),
            Target::Address(_) | Target::Nowhere => self.raw(text),
        }
        length + 1
    }

    fn write(&mut self, event: Event<'a>) {
        self.keep_text(&event);
        match event {
            Event::Start(Tag::Table(columns)) => {
                self.columns = columns;
                self.raw("<div class=\"scroll\" tabindex=\"0\"><table>");
            }
            Event::End(TagEnd::Table) => self.raw("</tbody></table></div>\n"),
            Event::Start(Tag::TableHead) => {
                (self.in_head, self.column) = (true, 0);
                self.raw("<thead><tr>");
            }
            Event::End(TagEnd::TableHead) => {
                self.in_head = false;
                self.raw("</tr></thead><tbody>\n");
            }
            Event::Start(Tag::TableRow) => {
                self.column = 0;
                self.raw("<tr>");
            }
            Event::End(TagEnd::TableRow) => self.raw("</tr>\n"),
            Event::Start(Tag::TableCell) => self.raw(self.cell()),
            Event::End(TagEnd::TableCell) => {
                self.column += 1;
                self.raw(if self.in_head { "</th>" } else { "</td>" });
            }
            Event::Start(Tag::CodeBlock(_)) => {
                self.raw("<div class=\"code\"><pre tabindex=\"0\"><code>");
            }
            Event::End(TagEnd::CodeBlock) => self.raw("</code></pre></div>\n"),
            other => self.write_unless_markup(other),
        }
    }

    /// Numbers stand on the right.
    fn cell(&self) -> &'static str {
        match (self.columns.get(self.column), self.in_head) {
            (Some(Alignment::Right), true) => "<th scope=\"col\" class=\"num\">",
            (Some(Alignment::Right), false) => "<td class=\"num\">",
            (_, true) => "<th scope=\"col\">",
            (_, false) => "<td>",
        }
    }

    fn write_unless_markup(&mut self, event: Event<'a>) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => self.out.push(Event::Text(text)),
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                title,
                id,
            }) => self.link((link_type, title, id), &dest_url),
            Event::End(TagEnd::Link) if self.without_link > 0 => self.without_link -= 1,
            other => self.out.push(other),
        }
    }

    fn link(&mut self, (link_type, title, id): (LinkType, CowStr<'a>, CowStr<'a>), place: &str) {
        let is_elsewhere = place.starts_with("https://") || place.starts_with("http://");
        let dest_url = if is_elsewhere {
            place.to_owned()
        } else {
            self.done.links.push(place.to_owned());
            match (self.target)(place) {
                Target::Address(address) | Target::Image { address, .. } => address,
                Target::Nowhere => {
                    self.without_link += 1;
                    return;
                }
            }
        };
        self.out.push(Event::Start(Tag::Link {
            link_type,
            dest_url: dest_url.into(),
            title,
            id,
        }));
    }

    /// What the search looks into.
    fn keep_text(&mut self, event: &Event<'_>) {
        let Some(section) = self.done.sections.last_mut() else {
            return;
        };
        match event {
            Event::Text(text) | Event::Code(text) => section.text.push_str(text),
            Event::SoftBreak | Event::HardBreak | Event::End(_) if is_apart(event) => {
                section.text.push(' ');
            }
            _ => {}
        }
    }
}

/// Whether words before and after it are not one.
fn is_apart(event: &Event<'_>) -> bool {
    !matches!(
        event,
        Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Link)
    )
}

fn plain(events: &[Event<'_>]) -> String {
    let texts = events.iter().filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.as_ref()),
        Event::SoftBreak => Some(" "),
        _ => None,
    });
    texts.collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Rendered {
        render(source, &|place| match place.strip_suffix(".md") {
            Some(name) => Target::Address(format!("/docs/{name}")),
            None => Target::Nowhere,
        })
    }

    #[test]
    fn markup_in_the_text_is_shown_as_text() {
        let page = shown("# A\n\n<script>x</script>\n\nand <b>bold</b> `<i>`\n");
        assert!(!page.html.contains("<script"), "{}", page.html);
        assert!(!page.html.contains("<b>"), "{}", page.html);
        assert!(page.html.contains("&lt;script&gt;"), "{}", page.html);
        assert!(
            page.html.contains("<code>&lt;i&gt;</code>"),
            "{}",
            page.html
        );
    }

    #[test]
    fn headings_have_anchors_as_github_makes_them() {
        let page = shown("# One\n\n## Where `x` lies, and why?\n\n## Same\n\n### Same\n");
        let anchors: Vec<(u8, &str)> = page
            .headings
            .iter()
            .map(|heading| (heading.level, heading.anchor.as_str()))
            .collect();
        assert_eq!(
            anchors,
            [(2, "where-x-lies-and-why"), (2, "same"), (3, "same-1")]
        );
        assert_eq!(page.title, "One");
    }

    #[test]
    fn no_level_is_passed_over_and_deep_headings_are_text() {
        let page = shown("# A\n\n## B\n\n###### Options\n\ntext\n\n## C\n");
        assert!(page.html.contains("<h3>Options</h3>"), "{}", page.html);
        let texts: Vec<&str> = page
            .headings
            .iter()
            .map(|heading| heading.text.as_str())
            .collect();
        assert_eq!(texts, ["B", "C"]);
        assert!(page.sections[1].text.contains("text"));
    }

    #[test]
    fn parts_of_a_page_stand_below_its_title() {
        let page = shown("# One\n\n# Two\n\n## Three\n");
        let levels: Vec<u8> = page.headings.iter().map(|heading| heading.level).collect();
        assert_eq!(levels, [2, 3]);
        assert_eq!(page.html.matches("<h1").count(), 1);
    }

    #[test]
    fn columns_of_numbers_need_no_style() {
        let page = shown("# A\n\n| a | b |\n|---|--:|\n| x | 1 |\n");
        assert!(
            page.html.contains("<td class=\"num\">1</td>"),
            "{}",
            page.html
        );
        assert!(!page.html.contains("style"), "{}", page.html);
    }

    #[test]
    fn a_column_without_a_heading_has_none() {
        let page = shown("# A\n\n| | b |\n|---|---|\n| x | y |\n");
        assert!(
            page.html.contains("<td></td><th scope=\"col\">b</th>"),
            "{}",
            page.html
        );
    }

    #[test]
    fn links_lead_to_pages_or_are_no_links() {
        let page = shown("# A\n\n[b](b.md) [c](../c.rs) [d](https://example.org)\n");
        assert!(
            page.html.contains("<a href=\"/docs/b\">b</a>"),
            "{}",
            page.html
        );
        assert!(
            page.html.contains(" c <a href=\"https://example.org\""),
            "{}",
            page.html
        );
        assert_eq!(page.links, ["b.md", "../c.rs"]);
    }

    #[test]
    fn text_is_kept_by_heading() {
        let page = shown("# A\n\nfirst\nline\n\n## B\n\n| x | y |\n|---|---|\n| 1 | 2 |\n");
        assert_eq!(page.sections[0].text.trim(), "first line");
        assert_eq!(page.sections[1].heading, "B");
        assert!(
            page.sections[1].text.contains("1 2"),
            "{:?}",
            page.sections[1]
        );
    }
}
