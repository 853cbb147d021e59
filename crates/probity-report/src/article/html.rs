//! Sections of an article as HTML.

use maud::{Markup, html};

use super::tongue::Tongue;
use super::{Block, Card, Column, ColumnKind, Figure, Inline, Look, Section, Table, Width, Words};

pub(crate) fn sections(sections: &[Section]) -> Markup {
    html! { @for part in sections { (section(part)) } }
}

fn section(section: &Section) -> Markup {
    let class = match section.look {
        Look::Plain => "article",
        Look::Notes => "notes",
        Look::Method => "method",
    };
    html! {
        section.(class) id=(section.id) {
            h2 { (words(&section.heading)) }
            @for part in &section.blocks { (block(part)) }
        }
    }
}

pub(crate) fn words(words: &Words) -> Markup {
    html! {
        @for inline in &words.0 {
            @match inline {
                Inline::Text(text) => (text),
                Inline::Strong(text) => b { (text) },
                Inline::Name(name) => code { bdi { (name) } },
                Inline::Data(value) => bdi { (value) },
                Inline::Small(text) => small { (text) },
                Inline::Badge(tone, text) => span.badge.(tone.name()) { (text) },
                Inline::Break => br;,
            }
        }
    }
}

fn block(block: &Block) -> Markup {
    match block {
        Block::Paragraph(text) => {
            let tongue = text.tongue();
            html! { p.said lang=[tongue.and_then(Tongue::language)] dir=[tongue.map(Tongue::direction)] { (words(text)) } }
        }
        Block::Fine(text) => html! { p.fine { (words(text)) } },
        Block::List(items) => html! { ul { @for item in items { li { (words(item)) } } } },
        Block::Sub(text) => html! { h3.sub { (words(text)) } },
        Block::Figure(part) => figure(part),
        Block::Table(part) => html! { div.scroll tabindex="0" { (table(part, "facts-table")) } },
        Block::Cards(cards) => html! { div.cards { @for part in cards { (card(part)) } } },
        Block::Fold { summary, blocks } => html! {
            details.more { summary { (summary) } @for part in blocks { (self::block(part)) } }
        },
        Block::Code(lines) => html! { pre.inner { code { (lines) } } },
        Block::Terms(terms) => html! {
            dl {
                @for (term, meaning) in terms {
                    @let tongue = meaning.tongue();
                    dt { (term) }
                    dd lang=[tongue.and_then(Tongue::language)] dir=[tongue.map(Tongue::direction)] { (words(meaning)) }
                }
            }
        },
    }
}

fn card(card: &Card) -> Markup {
    let is_wide = card.width != Width::Half;
    html! {
        article.feature.full[is_wide] id=[card.id.as_ref()] {
            header { h3 { (words(&card.title)) } span.type { (words(&card.kind)) } }
            div.columns[is_wide] {
                @if is_wide {
                    // Figures on the left, what explains them on the right.
                    div { @for part in card.blocks.iter().filter(|part| is_figure(part)) { (block(part)) } }
                    div { @for part in card.blocks.iter().filter(|part| !is_figure(part)) { (block(part)) } }
                } @else {
                    @for part in &card.blocks { (block(part)) }
                }
            }
        }
    }
}

fn is_figure(block: &Block) -> bool {
    matches!(block, Block::Figure(_))
}

fn figure(figure: &Figure) -> Markup {
    html! {
        figure {
            figcaption {
                span { b { (words(&figure.caption)) } }
                @if !figure.note.is_empty() { span.unit { (figure.note) } }
            }
            (figure.picture)
            @if let Some(numbers) = &figure.table {
                details {
                    summary { "Numbers" }
                    div.inner tabindex="0" { (table(numbers, "numbers")) }
                }
            }
        }
    }
}

pub(super) fn table(table: &Table, class: &str) -> Markup {
    html! {
        table.(class) {
            @if !table.caption.is_empty() { caption.hidden { (table.caption) } }
            thead { tr { @for column in &table.head { th.num[is_number(column)] scope="col" { (column.title) } } } }
            tbody {
                @for row in &table.rows {
                    tr {
                        @for (at, cell) in row.iter().enumerate() {
                            @if at == 0 { th scope="row" { (words(cell)) } }
                            @else {
                                @let tongue = cell.tongue();
                                td.num[table.head.get(at).is_some_and(is_number)] lang=[tongue.and_then(Tongue::language)]
                                    dir=[tongue.map(Tongue::direction)] { (words(cell)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn is_number(column: &Column) -> bool {
    column.kind == ColumnKind::Number
}
