//! The lines of LightGBM's text form: a header of `name=value`, a section per tree, and what was
//! set in training.

use std::collections::HashMap;
use std::str::FromStr;

use crate::model::error::ReadModel;

/// `name=value` of the header or of one tree.
#[derive(Debug, Default)]
pub(crate) struct Section<'a> {
    values: HashMap<&'a str, &'a str>,
}

impl<'a> Section<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.values.get(name).copied()
    }

    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Result<T, ReadModel> {
        let Some(text) = self.get(name) else {
            return Err(ReadModel::malformed(format!("`{name}`"), "is not there"));
        };
        text.parse()
            .map_err(|_| ReadModel::malformed(format!("`{name}`"), "is no number of its kind"))
    }

    /// The words of a value; none where it is not there.
    pub(crate) fn list(&self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.get(name).unwrap_or_default().split_ascii_whitespace()
    }

    pub(crate) fn numbers<T: FromStr>(&self, name: &str) -> Result<Vec<T>, String> {
        self.list(name)
            .map(|word| word.parse())
            .collect::<Result<_, _>>()
            .map_err(|_| format!("holds what is no number in `{name}`"))
    }

    fn add(&mut self, line: &'a str) {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        self.values.insert(name, value);
    }
}

#[derive(Debug, Default)]
pub(crate) struct TextModel<'a> {
    pub(crate) header: Section<'a>,
    pub(crate) trees: Vec<Section<'a>>,
    parameters: HashMap<&'a str, &'a str>,
    /// JSON: a list of categories per categorical column of pandas.
    pub(crate) pandas_categorical: Option<&'a str>,
}

impl<'a> TextModel<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<TextModel<'a>, ReadModel> {
        let mut model = TextModel::default();
        let mut lines = text.lines().map(str::trim_end);
        let mut ended = false;
        for line in lines.by_ref().filter(|line| !line.is_empty()) {
            if line == "end of trees" {
                ended = true;
                break;
            }
            if line.starts_with("Tree=") {
                model.trees.push(Section::default());
                continue;
            }
            let section = model.trees.last_mut().unwrap_or(&mut model.header);
            section.add(line);
        }
        if !ended {
            return Err(ReadModel::malformed(
                "the file",
                "ends before the line `end of trees`; it is truncated",
            ));
        }
        for line in lines {
            if let Some(categories) = line.strip_prefix("pandas_categorical:") {
                model.pandas_categorical = Some(categories);
            }
            let parameter = line
                .strip_prefix('[')
                .and_then(|line| line.strip_suffix(']'));
            if let Some((name, value)) = parameter.and_then(|line| line.split_once(": ")) {
                model.parameters.insert(name, value);
            }
        }
        Ok(model)
    }

    /// What was set in training.
    pub(crate) fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.get(name).copied()
    }
}
