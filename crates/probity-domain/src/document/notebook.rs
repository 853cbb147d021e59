//! `report.ipynb`: a Jupyter notebook of texts and of cells that have run, with their
//! pictures and tables. Only written: nothing reads a report back.
//!
//! Source: nbformat, "The Notebook file format", version 4.5 and its JSON schema. Layout as
//! Jupyter saves it (one blank per level, members in alphabetical order, texts as lists of
//! lines), so that opening and saving a report changes nothing.

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::ser::{PrettyFormatter, Serializer as JsonSerializer};

/// The format's version, written as `nbformat` and `nbformat_minor`.
pub const VERSION: (u32, u32) = (4, 5);

/// The whole document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notebook {
    /// Shown as the title of an exported page; absent where it is empty.
    pub title: String,
    pub cells: Vec<NotebookCell>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum NotebookCell {
    /// Text in Markdown.
    Markdown(String),
    Code(CodeCell),
}

/// A cell that looks as if it had run: code, and what it displayed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CodeCell {
    /// Python. May be empty.
    pub source: String,
    pub outputs: Vec<DisplayedData>,
}

/// One thing in several forms; a viewer shows the richest that it knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DisplayedData {
    /// `text/html`
    pub html: Option<String>,
    /// `image/svg+xml`
    pub svg: Option<String>,
    /// `text/plain`, for viewers that know no other.
    pub plain: String,
}

impl Notebook {
    /// Writes the file as Jupyter does.
    pub fn write_json<W: Write>(&self, mut writer: W) -> io::Result<()> {
        let formatter = PrettyFormatter::with_indent(b" ");
        let mut serializer = JsonSerializer::with_formatter(&mut writer, formatter);
        self.serialize(&mut serializer).map_err(io::Error::from)?;
        writer.write_all(b"\n")
    }
}

impl Serialize for Notebook {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells: Vec<WrittenCell<'_>> = self
            .cells
            .iter()
            .enumerate()
            .map(|(place, cell)| written_cell(place, cell))
            .collect();
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("cells", &cells)?;
        map.serialize_entry("metadata", &NotebookMetadata::titled(&self.title))?;
        map.serialize_entry("nbformat", &VERSION.0)?;
        map.serialize_entry("nbformat_minor", &VERSION.1)?;
        map.end()
    }
}

#[derive(Serialize)]
struct NotebookMetadata<'a> {
    kernelspec: KernelSpec,
    language_info: LanguageInfo,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
}

impl NotebookMetadata<'_> {
    fn titled(title: &str) -> NotebookMetadata<'_> {
        NotebookMetadata {
            kernelspec: KernelSpec {
                display_name: "Python 3",
                language: "python",
                name: "python3",
            },
            language_info: LanguageInfo { name: "python" },
            title,
        }
    }
}

#[derive(Serialize)]
struct KernelSpec {
    display_name: &'static str,
    language: &'static str,
    name: &'static str,
}

#[derive(Serialize)]
struct LanguageInfo {
    name: &'static str,
}

/// Members in alphabetical order.
#[derive(Serialize)]
#[serde(untagged)]
enum WrittenCell<'a> {
    Markdown {
        cell_type: &'static str,
        id: String,
        metadata: Empty,
        source: Vec<&'a str>,
    },
    Code {
        cell_type: &'static str,
        /// Of a cell that has not run in a kernel.
        execution_count: Option<u64>,
        id: String,
        metadata: Empty,
        outputs: Vec<WrittenOutput<'a>>,
        source: Vec<&'a str>,
    },
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct WrittenOutput<'a> {
    data: MimeBundle<'a>,
    metadata: Empty,
    output_type: &'static str,
}

#[derive(Serialize)]
struct MimeBundle<'a> {
    #[serde(rename = "image/svg+xml", skip_serializing_if = "Option::is_none")]
    svg: Option<Vec<&'a str>>,
    #[serde(rename = "text/html", skip_serializing_if = "Option::is_none")]
    html: Option<Vec<&'a str>>,
    #[serde(rename = "text/plain")]
    plain: Vec<&'a str>,
}

fn written_cell(place: usize, cell: &NotebookCell) -> WrittenCell<'_> {
    // Unique within the notebook, and the same for the same report.
    let id = format!("cell-{place}");
    match cell {
        NotebookCell::Markdown(source) => WrittenCell::Markdown {
            cell_type: "markdown",
            id,
            metadata: Empty {},
            source: lines(source),
        },
        NotebookCell::Code(cell) => WrittenCell::Code {
            cell_type: "code",
            execution_count: None,
            id,
            metadata: Empty {},
            outputs: cell.outputs.iter().map(written_output).collect(),
            source: lines(&cell.source),
        },
    }
}

fn written_output(data: &DisplayedData) -> WrittenOutput<'_> {
    WrittenOutput {
        data: MimeBundle {
            svg: data.svg.as_deref().map(lines),
            html: data.html.as_deref().map(lines),
            plain: lines(&data.plain),
        },
        metadata: Empty {},
        output_type: "display_data",
    }
}

/// Lines with their ends, as Jupyter cuts a text.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}
