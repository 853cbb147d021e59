//! The two verdicts of a check side by side, and in words what their difference means.

use maud::{Markup, html};

use crate::number;

pub(crate) struct Tile {
    pub(crate) label: &'static str,
    /// Violations under this verdict.
    pub(crate) n: usize,
    pub(crate) note: String,
    /// Whether exit code, JUnit and Markdown follow it.
    pub(crate) decides: bool,
}

pub(crate) fn verdict_tiles(tiles: &[Tile], noun: &str, words: &Markup) -> Markup {
    html! {
        section.verdicts {
            h2.hidden { "Verdicts" }
            div.tiles {
                @for tile in tiles {
                    div.tile.hit[tile.n > 0] {
                        div.tile-label { (tile.label) }
                        div.tile-number { (number::count(tile.n as u64)) span { " " (noun) @if tile.n != 1 { "s" } } }
                        div.tile-note { (tile.note) }
                        @if tile.decides { div.tile-decides { "decides this check" } }
                    }
                }
            }
            div.words { (words) }
        }
    }
}
