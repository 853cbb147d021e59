//! The search over the documentation: all words of the query, anywhere in a section, the beginning
//! of a word being enough. Headings count more than text, titles of pages most.

use super::Shown;

/// A section that has all the words.
#[derive(Debug, PartialEq)]
pub(super) struct Hit<'a> {
    pub(super) page: &'a Shown,
    pub(super) anchor: &'a str,
    pub(super) heading: &'a str,
    /// The text around the first of the words, in parts of which every second one is a word found.
    pub(super) excerpt: Vec<String>,
    score: u32,
}

/// So many are shown.
pub(super) const MOST: usize = 30;
/// Words beyond these are not looked for.
const MOST_WORDS: usize = 8;

pub(super) fn find<'a>(pages: &'a [Shown], query: &str) -> Vec<Hit<'a>> {
    let words: Vec<String> = words_of(query).take(MOST_WORDS).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut hits: Vec<Hit<'a>> = pages
        .iter()
        .flat_map(|page| of_page(page, &words))
        .collect();
    // Stable: pages and sections of one score stay in their order.
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.score));
    hits.truncate(MOST);
    hits
}

fn of_page<'a>(page: &'a Shown, words: &[String]) -> Vec<Hit<'a>> {
    let title = page.rendered.title.to_lowercase();
    let of_section = |section: &'a super::markdown::Section| {
        let heading = section.heading.to_lowercase();
        let text = section.text.to_lowercase();
        let mut score = 0;
        for word in words {
            let of_word = 12 * u32::from(count(&title, word) > 0)
                + 8 * u32::from(count(&heading, word) > 0)
                + count(&text, word).min(5);
            if of_word == 0 {
                return None;
            }
            score += of_word;
        }
        // What stands under the title is what the page is about.
        score += u32::from(section.heading.is_empty());
        Some(Hit {
            page,
            anchor: &section.anchor,
            heading: &section.heading,
            excerpt: excerpt(&section.text, words),
            score,
        })
    };
    page.rendered
        .sections
        .iter()
        .filter_map(of_section)
        .collect()
}

fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|sign: char| !sign.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// How many words of the text begin so.
fn count(text: &str, word: &str) -> u32 {
    let found = text
        .match_indices(word)
        .filter(|(at, _)| begins_word(text, *at))
        .count();
    u32::try_from(found).unwrap_or(u32::MAX)
}

fn begins_word(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    !before.is_some_and(char::is_alphanumeric)
}

const BEFORE: usize = 60;
const LENGTH: usize = 220;

/// Around the first word that is found, with every word of the query apart.
fn excerpt(text: &str, words: &[String]) -> Vec<String> {
    let signs: Vec<char> = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .collect();
    // Of a sign whose lower case is several, the first stands for it, so that places agree.
    let lower: Vec<char> = signs
        .iter()
        .map(|sign| sign.to_lowercase().next().unwrap_or(*sign))
        .collect();
    let places = found(&lower, words);
    let first = places.first().map_or(0, |(at, _)| *at);
    let mut from = first.saturating_sub(BEFORE);
    while from > 0 && signs[from - 1] != ' ' {
        from -= 1;
    }
    let to = (from + LENGTH).min(signs.len());
    let mut parts = vec![String::new()];
    if from > 0 {
        parts[0].push_str("… ");
    }
    let mut at = from;
    for (start, end) in places
        .into_iter()
        .filter(|(start, end)| *start >= from && *end <= to)
    {
        let plain: String = signs[at..start].iter().collect();
        let word: String = signs[start..end].iter().collect();
        if let Some(last) = parts.last_mut() {
            last.push_str(&plain);
        }
        parts.extend([word, String::new()]);
        at = end;
    }
    if let Some(last) = parts.last_mut() {
        last.extend(&signs[at..to]);
        if to < signs.len() {
            last.push_str(" …");
        }
    }
    parts
}

/// Where the words stand, one after the other.
fn found(lower: &[char], words: &[String]) -> Vec<(usize, usize)> {
    let words: Vec<Vec<char>> = words.iter().map(|word| word.chars().collect()).collect();
    let mut places = Vec::new();
    let mut at = 0;
    while at < lower.len() {
        let begins = at == 0 || !lower[at - 1].is_alphanumeric();
        let word = words
            .iter()
            .find(|word| begins && lower[at..].starts_with(word));
        match word {
            Some(word) => {
                places.push((at, at + word.len()));
                at += word.len();
            }
            None => at += 1,
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::super::markdown::{Rendered, Section};
    use super::super::{Shown, list};
    use super::*;

    fn page(title: &str, sections: &[(&str, &str)]) -> Shown {
        let sections = sections.iter().map(|(heading, text)| Section {
            anchor: heading.to_lowercase(),
            heading: (*heading).to_owned(),
            text: (*text).to_owned(),
        });
        Shown {
            page: &list::PAGES[0],
            rendered: Rendered {
                title: title.to_owned(),
                sections: sections.collect(),
                ..Rendered::default()
            },
        }
    }

    #[test]
    fn headings_come_before_text_and_all_words_count() {
        let pages = [
            page("One", &[("", "silence in a text, an alert")]),
            page("Two", &[("Silence", "an alert")]),
            page("Three", &[("Silence", "nothing else")]),
        ];
        let hits = find(&pages, "SILENCE alert");
        let titles: Vec<&str> = hits
            .iter()
            .map(|hit| hit.page.rendered.title.as_str())
            .collect();
        assert_eq!(titles, ["Two", "One"]);
    }

    #[test]
    fn the_beginning_of_a_word_is_enough_and_its_middle_is_not() {
        let pages = [page("One", &[("", "schedules of monitors")])];
        assert_eq!(find(&pages, "sched").len(), 1);
        assert_eq!(find(&pages, "dules").len(), 0);
        assert_eq!(find(&pages, " ,; ").len(), 0);
    }

    #[test]
    fn an_excerpt_marks_what_was_found() {
        let pages = [page("One", &[("", "Is `PSI` large? A psi of 0.3 is.")])];
        let hits = find(&pages, "psi");
        assert_eq!(
            hits[0].excerpt,
            ["Is `", "PSI", "` large? A ", "psi", " of 0.3 is."]
        );
    }

    #[test]
    fn signs_of_several_bytes_are_no_trouble() {
        let text = format!("{} größer als İ ß", "ü".repeat(300));
        let pages = [page("One", &[("", &text)])];
        assert_eq!(find(&pages, "größer").len(), 1);
    }
}
