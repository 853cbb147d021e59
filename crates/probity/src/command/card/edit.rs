//! `probity card edit`: a card in the editor of $VISUAL or $EDITOR. What comes back is validated;
//! where it is wrong the editor opens again with the faults above. No text is ever thrown away.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::card_file::{CardFile, FileFault};
use super::remote::{self, RemoteCard};
use super::{folder, yaml};
use crate::arguments::{CardEditArguments, ServerArguments};
use crate::client::{CallError, Client};
use crate::command::outputs::write_file;
use crate::command::wiring::variable;
use crate::exit::{Exit, Failed, Usage};
use crate::screen;

/// Lines that are told above the text; they go when it is read.
const TOLD: &str = "#! ";

pub(super) async fn run(server: &ServerArguments, arguments: &CardEditArguments) -> Result<Exit> {
    if !arguments.files.cards.is_empty() {
        return in_file(arguments);
    }
    let client = Client::new(server)?;
    let before = remote::describe(&client, &arguments.name, None).await?;
    let desk = Desk::new(&arguments.name, "yaml")?;
    let text = document(&before)?;
    let Some(card) = desk.edited(&text)? else {
        screen::line("nothing was changed")?;
        return Ok(Exit::NoViolation);
    };
    if card.content.value() == &before.content {
        screen::line("nothing was changed")?;
        return Ok(Exit::NoViolation);
    }
    let mut input = json!({
        "ModelCardName": before.name,
        "Content": card.content.text(),
        "ExpectedVersion": before.version,
    });
    if let Some(reason) = &arguments.message {
        input["Reason"] = Value::from(reason.as_str());
    }
    match client.call("Probity.EditModelCard", input).await {
        Ok(answer) => {
            screen::line(&format!(
                "card `{}` has version {} now",
                before.name, answer["ModelCardVersion"]
            ))?;
            Ok(Exit::NoViolation)
        }
        Err(error) => {
            let kept = desk.keep()?;
            let advice = match &error {
                CallError::Refused { code, .. } if code == "ConflictException" => {
                    format!(
                        "; `probity card diff {}` tells what others changed",
                        before.name
                    )
                }
                _ => String::new(),
            };
            // The cause says who must act, and hence how the command exits.
            let told = format!(
                "nothing was changed, your text is kept in {}{advice}",
                kept.display()
            );
            Err(anyhow::Error::new(error).context(told))
        }
    }
}

fn document(card: &RemoteCard) -> Result<String> {
    Ok(format!(
        "# Model card `{}`, version {}, {}. What you save becomes the next version; quit without a\n\
         # change and nothing happens. A key without a value says nothing.\n{}",
        card.name,
        card.version,
        card.status.as_str(),
        yaml::text(&card.content)?
    ))
}

fn in_file(arguments: &CardEditArguments) -> Result<Exit> {
    let [path] = arguments.files.cards.as_slice() else {
        bail!(Usage("name one file or folder with -f".to_owned()));
    };
    // A file with faults can be edited, too: that is how they are mended.
    let path = match path.is_dir() {
        false => path.clone(),
        true => folder::one(std::slice::from_ref(path), Some(&arguments.name))?.path,
    };
    let text = fs::read_to_string(&path)
        .map_err(|error| Usage(format!("failed to read `{}`: {error}", path.display())))?;
    let ending = path.extension().and_then(|ending| ending.to_str());
    let desk = Desk::new(&arguments.name, ending.unwrap_or("yaml"))?;
    match desk.edited(&text)? {
        None => screen::line("nothing was changed")?,
        Some(card) => {
            write_file(&path, &card.text)?;
            screen::line(&format!("written to {}", path.display()))?;
        }
    }
    Ok(Exit::NoViolation)
}

/// A file of its own for the editor, which goes with its folder unless it is kept.
#[derive(Debug)]
struct Desk {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Desk {
    fn new(name: &str, ending: &str) -> Result<Desk> {
        let folder = tempfile::Builder::new()
            .prefix("probity-card-")
            .tempdir()
            .context("failed to make a folder for the editor")?;
        let path = folder.path().join(format!("{name}.{ending}"));
        Ok(Desk { folder, path })
    }

    /// What came back and is valid; `None` where nothing was changed.
    fn edited(&self, text: &str) -> Result<Option<CardFile>> {
        let editor = editor()?;
        let mut shown = text.to_owned();
        loop {
            fs::write(&self.path, &shown).context("failed to write the text for the editor")?;
            self.open(&editor)?;
            let saved = fs::read_to_string(&self.path).context("failed to read the text back")?;
            let new = without_told(&saved);
            if new.trim_end() == without_told(text).trim_end() {
                return Ok(None);
            }
            match CardFile::parse(new.clone(), &self.path) {
                Ok(card) => return Ok(Some(card)),
                // Closed again with nothing changed: whoever edits has given up.
                Err(faults) if saved == shown => {
                    let kept = self.keep()?;
                    let told = folder::told(&faults, 1);
                    bail!(Usage(format!(
                        "{told}\nYour text is kept in {}",
                        kept.display()
                    )));
                }
                Err(faults) => shown = with_told(&new, &faults),
            }
        }
    }

    /// The editor's command may have arguments, as `code --wait`.
    fn open(&self, editor: &str) -> Result<()> {
        let status = Command::new("sh")
            .arg("-c")
            .arg(format!("{editor} \"$1\""))
            .arg("sh")
            .arg(&self.path)
            .status()
            .with_context(|| format!("failed to start the editor `{editor}`"))?;
        if !status.success() {
            let kept = self.keep()?;
            bail!(Failed(format!(
                "the editor `{editor}` ended with {status}; nothing was changed. The text is kept in {}",
                kept.display()
            )));
        }
        Ok(())
    }

    /// A copy that stays.
    fn keep(&self) -> Result<PathBuf> {
        let name = self.path.file_name().unwrap_or_default();
        let folder = tempfile::Builder::new()
            .prefix("probity-card-kept-")
            .tempdir()
            .context("failed to make a folder for the text")?
            .keep();
        let kept = folder.join(name);
        fs::copy(&self.path, &kept).with_context(|| {
            format!(
                "failed to keep the text of {}",
                self.folder.path().display()
            )
        })?;
        Ok(kept)
    }
}

fn editor() -> Result<String> {
    variable("VISUAL")
        .or_else(|| variable("EDITOR"))
        .ok_or_else(|| {
            Usage("set EDITOR (or VISUAL) to the editor to use, e.g. EDITOR=vi".to_owned()).into()
        })
}

/// Line numbers are those of the text without what is told above it.
fn with_told(text: &str, faults: &[FileFault]) -> String {
    let mut told = format!(
        "{TOLD}This is no valid card yet. Mend it, or close it as it is to give up. Lines are counted below:\n"
    );
    for fault in faults {
        let line = fault
            .line
            .map_or_else(String::new, |line| format!("line {line}: "));
        let at = match fault.at.as_str() {
            "" => String::new(),
            at => format!("{at}: "),
        };
        told.push_str(&format!(
            "{TOLD}  {line}{at}{}\n",
            fault.problem.replace('\n', " ")
        ));
    }
    told + text
}

fn without_told(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.starts_with(TOLD.trim_end()));
    lines.map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_above_goes_when_it_is_read() {
        let fault = FileFault {
            path: PathBuf::from("a.yaml"),
            line: Some(2),
            at: "$.intended_uses".to_owned(),
            problem: "found a list".to_owned(),
        };
        let told = with_told("# mine\nintended_uses: []\n", &[fault]);
        assert!(
            told.contains("#!   line 2: $.intended_uses: found a list\n"),
            "{told}"
        );
        assert_eq!(without_told(&told), "# mine\nintended_uses: []\n");
    }
}
