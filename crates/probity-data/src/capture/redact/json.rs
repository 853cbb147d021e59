//! Redacting JSON and JSON Lines: what no rule names stays byte for byte.
//!
//! A name finds a member at any depth, and everything in it. A position finds an element of a
//! row: an innermost list that stands in a list, alone, or under a member that holds rows
//! (`features`, `inputs`, …). Two forms say themselves what their columns are: MLflow's
//! `{"columns": […], "data": [[…]]}`, and tensors of the Open Inference Protocol,
//! `{"name": …, "shape": […, columns], "data": […]}`.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::Applied;

/// Members that hold one row, or rows.
const ROWS: [&str; 8] = [
    "data",
    "dense_tensor",
    "features",
    "inputs",
    "ndarray",
    "row",
    "rows",
    "values",
];

/// Members that hold a list of records: numbers in it are records of one value, or one record of
/// several; nobody can tell.
const RECORDS: [&str; 3] = ["instances", "outputs", "predictions"];

/// Brackets that may be open at once, as in serde_json.
const MAX_DEPTH: usize = 128;

/// `None` when the text is no JSON, or a rule's field cannot be told from the others.
pub(super) fn redact(text: &str, rules: &[Applied<'_>]) -> Option<Vec<u8>> {
    let mut walk = Walk {
        text,
        at: 0,
        copied: 0,
        out: Vec::with_capacity(text.len()),
        path: String::new(),
        depth: 0,
        rules,
        hit: vec![false; rules.len()],
        has_rows: false,
    };
    if is_document(text) {
        walk.at = blanks(text, 0);
        walk.value(&Context::rows(), None)?;
    } else {
        for line in text.split_inclusive('\n') {
            let end = walk.at + line.len();
            if !line.trim_ascii().is_empty() {
                if !is_document(line) {
                    return None;
                }
                walk.at = blanks(text, walk.at);
                walk.value(&Context::rows(), None)?;
            }
            walk.at = end;
        }
    }
    walk.finish()
}

fn is_document(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

fn blanks(text: &str, at: usize) -> usize {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    at + text.as_bytes()[at..]
        .iter()
        .take_while(|byte| blank(byte))
        .count()
}

/// What an innermost list is where it stands.
#[derive(Clone, Debug)]
struct Context<'c> {
    list: List,
    /// The columns of rows, where the text says them.
    columns: Option<&'c [String]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Row,
    /// So many columns one after the other.
    Flat(usize),
    Ambiguous,
    /// A value of a record that is a list.
    Value,
}

impl Context<'_> {
    fn rows() -> Context<'static> {
        Context {
            list: List::Row,
            columns: None,
        }
    }
}

struct Walk<'a, 'r> {
    text: &'a str,
    at: usize,
    /// Up to here the text is in `out`.
    copied: usize,
    out: Vec<u8>,
    /// Members on the way, with dots between them.
    path: String,
    depth: usize,
    rules: &'a [Applied<'r>],
    /// Which rules found something.
    hit: Vec<bool>,
    has_rows: bool,
}

struct Member<'a> {
    name: Cow<'a, str>,
    start: usize,
}

impl<'a> Walk<'a, '_> {
    /// Each `None` is a field that cannot be told.
    fn value(&mut self, context: &Context<'_>, rule: Option<usize>) -> Option<()> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let walked = match self.text.as_bytes().get(self.at)? {
            b'{' => self.object(rule),
            b'[' => self.array(context, rule),
            _ => self.scalar(rule),
        };
        self.depth -= 1;
        walked
    }

    fn object(&mut self, rule: Option<usize>) -> Option<()> {
        let (members, end) = self.members()?;
        let columns = self.columns(&members);
        let tensor = self.tensor(&members);
        let above = self.path.len();
        for member in &members {
            if above > 0 {
                self.path.push('.');
            }
            self.path.push_str(&member.name);
            let mut rule = rule.or_else(|| self.named(&self.path));
            let mut context = Context {
                list: list_under(&member.name),
                columns: columns.as_deref(),
            };
            if let (Some(tensor), "data") = (&tensor, member.name.as_ref()) {
                rule = rule.or_else(|| self.named(&tensor.name));
                context.list = tensor.list;
            }
            if let Some(rule) = rule {
                self.hit[rule] = true;
            }
            self.at = member.start;
            self.value(&context, rule)?;
            self.path.truncate(above);
        }
        self.at = end;
        Some(())
    }

    fn array(&mut self, context: &Context<'_>, rule: Option<usize>) -> Option<()> {
        let (elements, end) = self.elements()?;
        let starts_container = |start: &usize| matches!(self.text.as_bytes()[*start], b'{' | b'[');
        let containers = elements
            .iter()
            .filter(|start| starts_container(start))
            .count();
        if rule.is_none() && containers == 0 && !elements.is_empty() {
            self.row(context, &elements)?;
        } else {
            if rule.is_none()
                && containers > 0
                && containers < elements.len()
                && self.has_positions()
            {
                return None;
            }
            let context = Context {
                list: match context.list {
                    List::Value => List::Value,
                    List::Row | List::Flat(_) | List::Ambiguous => List::Row,
                },
                columns: context.columns,
            };
            for start in elements {
                self.at = start;
                self.value(&context, rule)?;
            }
        }
        self.at = end;
        Some(())
    }

    fn row(&mut self, context: &Context<'_>, elements: &[usize]) -> Option<()> {
        let width = match context.list {
            List::Value => return Some(()),
            List::Ambiguous if self.has_positions() => return None,
            List::Ambiguous | List::Row => elements.len(),
            List::Flat(width) => width,
        };
        self.has_rows = true;
        let positions: Vec<Option<usize>> = self
            .rules
            .iter()
            .map(|rule| position(rule, context.columns))
            .collect();
        for (rule, position) in positions.iter().enumerate() {
            match position {
                Some(position) if *position >= width => return None,
                Some(_) => self.hit[rule] = true,
                None => {}
            }
        }
        for (index, start) in elements.iter().enumerate() {
            let column = index % width.max(1);
            let rule = positions
                .iter()
                .position(|position| *position == Some(column));
            if rule.is_some() {
                self.at = *start;
                self.scalar(rule)?;
            }
        }
        Some(())
    }

    fn scalar(&mut self, rule: Option<usize>) -> Option<()> {
        let start = self.at;
        self.at = end_of_value(self.text, start)?;
        let raw = &self.text[start..self.at];
        let Some(rule) = rule.map(|rule| &self.rules[rule]) else {
            return Some(());
        };
        if raw == "null" {
            return Some(());
        }
        let value: Cow<'_, str> = match raw.starts_with('"') {
            true => serde_json::from_str(raw).map(Cow::Owned).ok()?,
            false => Cow::Borrowed(raw),
        };
        self.out
            .extend_from_slice(&self.text.as_bytes()[self.copied..start]);
        self.copied = self.at;
        let mut kept = Vec::new();
        rule.keep_of(&value, &mut kept);
        if rule.keeps_nothing() {
            self.out.extend_from_slice(b"null");
            return Some(());
        }
        let kept = String::from_utf8(kept).ok()?;
        serde_json::to_writer(&mut self.out, &kept).ok()
    }

    /// Every rule found its field, or there was none of it.
    fn finish(mut self) -> Option<Vec<u8>> {
        for (rule, hit) in self.rules.iter().zip(&self.hit) {
            let may_be_absent = rule.name.is_some() && !self.has_rows;
            if !hit && rule.is_required && !may_be_absent {
                return None;
            }
        }
        self.out
            .extend_from_slice(&self.text.as_bytes()[self.copied..]);
        Some(self.out)
    }

    /// The rule whose name is this path, or its end.
    fn named(&self, path: &str) -> Option<usize> {
        self.rules.iter().position(|rule| {
            rule.name.is_some_and(|name| {
                path.strip_suffix(name)
                    .is_some_and(|above| above.is_empty() || above.ends_with('.'))
            })
        })
    }

    fn has_positions(&self) -> bool {
        self.rules.iter().any(|rule| rule.position.is_some())
    }

    /// The members of the object at `self.at`, and its end.
    fn members(&self) -> Option<(Vec<Member<'a>>, usize)> {
        let mut members = Vec::new();
        let mut at = blanks(self.text, self.at + 1);
        while self.text.as_bytes().get(at)? != &b'}' {
            let end = end_of_value(self.text, at)?;
            let raw = &self.text[at..end];
            let name = match raw.contains('\\') {
                true => Cow::Owned(serde_json::from_str(raw).ok()?),
                false => Cow::Borrowed(raw.get(1..raw.len() - 1)?),
            };
            let colon = blanks(self.text, end);
            let start = blanks(self.text, colon + 1);
            members.push(Member { name, start });
            at = self.after_value(start)?;
        }
        Some((members, at + 1))
    }

    /// Where the elements of the array at `self.at` begin, and its end.
    fn elements(&self) -> Option<(Vec<usize>, usize)> {
        let mut elements = Vec::new();
        let mut at = blanks(self.text, self.at + 1);
        while self.text.as_bytes().get(at)? != &b']' {
            elements.push(at);
            at = self.after_value(at)?;
        }
        Some((elements, at + 1))
    }

    /// The next value, or the bracket that closes.
    fn after_value(&self, start: usize) -> Option<usize> {
        let at = blanks(self.text, end_of_value(self.text, start)?);
        match self.text.as_bytes().get(at)? {
            b',' => Some(blanks(self.text, at + 1)),
            _ => Some(at),
        }
    }

    fn read<Value: serde::de::DeserializeOwned>(
        &self,
        members: &[Member<'_>],
        name: &str,
    ) -> Option<Value> {
        let start = members.iter().find(|member| member.name == name)?.start;
        let end = end_of_value(self.text, start)?;
        serde_json::from_str(&self.text[start..end]).ok()
    }

    fn columns(&self, members: &[Member<'_>]) -> Option<Vec<String>> {
        members.iter().find(|member| member.name == "data")?;
        self.read(members, "columns")
    }

    fn tensor(&self, members: &[Member<'_>]) -> Option<Tensor> {
        members.iter().find(|member| member.name == "data")?;
        let name = self.read(members, "name")?;
        let shape: Vec<usize> = self.read(members, "shape")?;
        let list = match shape.as_slice() {
            [_, .., columns] if *columns > 1 => List::Flat(*columns),
            // One column, which has the tensor's name.
            _ => List::Value,
        };
        Some(Tensor { name, list })
    }
}

struct Tensor {
    name: String,
    list: List,
}

fn list_under(member: &str) -> List {
    if ROWS.contains(&member) {
        List::Row
    } else if RECORDS.contains(&member) {
        List::Ambiguous
    } else {
        List::Value
    }
}

fn position(rule: &Applied<'_>, columns: Option<&[String]>) -> Option<usize> {
    match (columns, rule.name) {
        (Some(columns), Some(name)) => columns.iter().position(|column| column == name),
        _ => rule.position,
    }
}

/// The end of the value, of well-formed text, that begins at `start`.
fn end_of_value(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start;
    let mut depth = 0_usize;
    loop {
        match bytes.get(at)? {
            b'"' => at = end_of_string(bytes, at)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                at += 1;
            }
            _ if depth > 0 => at += 1,
            _ => {
                let rest = bytes.get(at..)?;
                let ends =
                    |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
                return Some(at + rest.iter().position(ends).unwrap_or(rest.len()));
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}
