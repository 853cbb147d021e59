//! Opens a model: a file, a folder or an archive. Says what it found and which file it took.
//!
//! Where several files are models, the one nearest to the top is taken, and there the one that is
//! called `model.*` or `xgboost-model`; if that leaves more than one, none is.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;
use walkdir::WalkDir;

use super::archive::{Member, PackedModels, Packing, ReadArchive, packing_of, read_head};
use super::catboost;
use super::error::ReadModel;
use super::kind::{HEAD_BYTES, ModelKind, Recognised, Refusal, recognise};
use super::library_model::{Form, Iterations, LibraryFacts, LibraryModel};
use super::lightgbm;
use super::onnx::OnnxModel;
use super::opened::{ModelBody, OpenedModel, opened_onnx};
use super::xgboost;

/// Bytes of one model file: 2 GiB.
const MAX_MODEL_BYTES: u64 = 2 << 30;

/// Files of a folder that are looked at.
const MAX_FILES: usize = 10_000;

/// Names that an error lists.
const MAX_NAMED: usize = 8;

#[derive(Debug, Error)]
pub enum OpenModel {
    #[error("no file or folder at `{path}`")]
    Missing { path: String },
    #[error("failed to read `{path}`")]
    Unreadable {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("failed to open the archive `{path}`")]
    Archive {
        path: String,
        #[source]
        source: ReadArchive,
    },
    #[error(
        "`{path}` holds no model that is known (XGBoost JSON or UBJSON, LightGBM text, CatBoost JSON, ONNX){}",
        held(names)
    )]
    NoModel { path: String, names: Vec<String> },
    #[error("`{file}` is {what}; {advice}")]
    Refused {
        file: String,
        what: &'static str,
        advice: &'static str,
    },
    #[error("`{path}` holds more than one model: {}; give the file itself", names.join(", "))]
    Several { path: String, names: Vec<String> },
    #[error("`{path}` holds more than {MAX_FILES} files; give the model's own file")]
    TooManyFiles { path: String },
    #[error(
        "`{file}` has {size_bytes} bytes, more than the limit of {MAX_MODEL_BYTES} for a model"
    )]
    TooLarge { file: String, size_bytes: u64 },
    #[error("failed to read the {} model `{file}`", kind.name())]
    Read {
        file: String,
        kind: ModelKind,
        #[source]
        source: ReadModel,
    },
}

fn held(names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!("; it holds {}", names.join(", ")),
    }
}

/// What may be chosen when a model is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions<'a> {
    pub iterations: Iterations,
    /// The library of an ONNX Runtime, for graphs with operators that are not evaluated here.
    pub onnx_runtime: Option<&'a Path>,
}

pub fn open_model(path: &Path) -> Result<OpenedModel, OpenModel> {
    open_model_with(path, OpenOptions::default())
}

pub fn open_model_with(path: &Path, options: OpenOptions<'_>) -> Result<OpenedModel, OpenModel> {
    let shown = path.display().to_string();
    if path.is_dir() {
        return open_folder(path, options);
    }
    if !path.exists() {
        return Err(OpenModel::Missing { path: shown });
    }
    let packing = packing_of(path).map_err(|source| OpenModel::Unreadable {
        path: shown.clone(),
        source,
    })?;
    match packing {
        Packing::Tar | Packing::TarGz => open_archive(PackedModels { path, packing }, options),
        Packing::Gz | Packing::None => open_file(PackedModels { path, packing }, options),
    }
}

/// A model from memory; `file_name` helps only where the content does not tell.
pub fn read_model(
    file_name: &str,
    bytes: &[u8],
    options: OpenOptions<'_>,
) -> Result<OpenedModel, OpenModel> {
    let file = file_name.to_owned();
    let kind = kind_of(file_name, &bytes[..bytes.len().min(HEAD_BYTES)])?;
    let (body, library) = read_body(kind, bytes, options).map_err(|source| OpenModel::Read {
        file: file.clone(),
        kind,
        source,
    })?;
    Ok(OpenedModel {
        kind,
        file_name: file,
        sha256: hex(&Sha256::digest(bytes)),
        size_bytes: bytes.len() as u64,
        library,
        body,
        notes: Vec::new(),
    })
}

fn kind_of(file_name: &str, head: &[u8]) -> Result<ModelKind, OpenModel> {
    let file = file_name.to_owned();
    match recognise(file_name, head) {
        Recognised::Model(kind) => Ok(kind),
        Recognised::Refused(Refusal { what, advice }) => {
            Err(OpenModel::Refused { file, what, advice })
        }
        Recognised::Unknown => Err(OpenModel::NoModel {
            path: file,
            names: Vec::new(),
        }),
    }
}

fn read_body(
    kind: ModelKind,
    bytes: &[u8],
    options: OpenOptions<'_>,
) -> Result<(ModelBody, LibraryFacts), ReadModel> {
    let LibraryModel { form, facts } = match kind {
        ModelKind::XgboostJson => xgboost::read_json(bytes, options.iterations)?,
        ModelKind::XgboostUbjson => xgboost::read_ubjson(bytes, options.iterations)?,
        ModelKind::LightgbmText => lightgbm::read(bytes)?,
        ModelKind::CatboostJson => catboost::read(bytes)?,
        ModelKind::Onnx => {
            let model = OnnxModel::read_with(bytes, options.onnx_runtime)?;
            let (body, facts) = opened_onnx(model);
            return Ok((ModelBody::Onnx(Box::new(body)), facts));
        }
    };
    let body = match form {
        Form::Trees(trees) => ModelBody::Trees(trees),
        Form::Linear(linear) => ModelBody::Linear(linear),
    };
    Ok((body, facts))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn open_file(packed: PackedModels<'_>, options: OpenOptions<'_>) -> Result<OpenedModel, OpenModel> {
    let shown = packed.path.display().to_string();
    let failed = |source| match source {
        ReadArchive::Damaged(source) if packed.packing == Packing::None => OpenModel::Unreadable {
            path: shown.clone(),
            source,
        },
        source => OpenModel::Archive {
            path: shown.clone(),
            source,
        },
    };
    // What is no model is refused before it is unfolded: a megabyte can hold gigabytes of zeros.
    let head = packed.read_single(HEAD_BYTES as u64).map_err(failed)?;
    kind_of(&shown, &head)?;
    let content = packed.read_single(MAX_MODEL_BYTES + 1).map_err(failed)?;
    check_size(shown.clone(), content.len() as u64)?;
    read_model(&shown, &content, options)
}

fn check_size(file: String, size_bytes: u64) -> Result<(), OpenModel> {
    match size_bytes <= MAX_MODEL_BYTES {
        true => Ok(()),
        false => Err(OpenModel::TooLarge { file, size_bytes }),
    }
}

fn open_archive(
    packed: PackedModels<'_>,
    options: OpenOptions<'_>,
) -> Result<OpenedModel, OpenModel> {
    let shown = packed.path.display().to_string();
    let failed = |source| OpenModel::Archive {
        path: shown.clone(),
        source,
    };
    let mut candidates = Candidates::default();
    let n_links = packed.list(|member, head| {
        let recognised = recognise(&member.name, head);
        candidates.add(member.name.clone(), (recognised, member));
    });
    let n_links = n_links.map_err(failed)?;
    let (chosen, mut notes) = candidates.choose(&shown)?;
    if n_links > 0 {
        notes.push(format!("{n_links} links of the archive were not followed"));
    }
    let member: Member = chosen;
    check_size(member.name.clone(), member.size_bytes)?;
    let content = packed.read(&member).map_err(failed)?;
    let mut opened = read_model(&member.name, &content, options)?;
    opened.notes.extend(notes);
    Ok(opened)
}

fn open_folder(path: &Path, options: OpenOptions<'_>) -> Result<OpenedModel, OpenModel> {
    let shown = path.display().to_string();
    let mut candidates = Candidates::default();
    let mut archives = Vec::new();
    let files = WalkDir::new(path).sort_by_file_name().into_iter();
    for (n_files, entry) in files.enumerate() {
        if n_files > MAX_FILES {
            return Err(OpenModel::TooManyFiles { path: shown });
        }
        let entry = entry.map_err(|error| OpenModel::Unreadable {
            path: shown.clone(),
            source: error.into(),
        })?;
        if !entry.file_type().is_file() {
            continue;
        }
        let file = entry.path();
        let name = file.strip_prefix(path).unwrap_or(file);
        let name = name.to_string_lossy().replace('\\', "/");
        let unreadable = |source| OpenModel::Unreadable {
            path: file.display().to_string(),
            source,
        };
        let head = File::open(file).and_then(|file| read_head(file, HEAD_BYTES));
        let recognised = recognise(&name, &head.map_err(unreadable)?);
        // A file that only looks compressed is no archive.
        if let Ok(Packing::Tar | Packing::TarGz) = packing_of(file) {
            archives.push(file.to_owned());
        }
        candidates.add(name, (recognised, file.to_owned()));
    }
    if candidates.found.is_empty() && archives.len() == 1 {
        return open_model_with(&archives[0], options);
    }
    let (chosen, notes): (PathBuf, Vec<String>) = candidates.choose(&shown)?;
    let packing = Packing::None;
    let mut opened = open_file(
        PackedModels {
            path: &chosen,
            packing,
        },
        options,
    )?;
    opened.notes.extend(notes);
    Ok(opened)
}

/// The files of a folder or archive, sorted by whether they are models.
struct Candidates<T> {
    found: Vec<(String, T)>,
    refused: Option<(String, Refusal)>,
    others: Vec<String>,
}

impl<T> Default for Candidates<T> {
    fn default() -> Self {
        Candidates {
            found: Vec::new(),
            refused: None,
            others: Vec::new(),
        }
    }
}

impl<T> Candidates<T> {
    fn add(&mut self, name: String, (recognised, file): (Recognised, T)) {
        match recognised {
            Recognised::Model(_) => self.found.push((name, file)),
            Recognised::Refused(refusal) => {
                self.refused.get_or_insert((name, refusal));
            }
            Recognised::Unknown if self.others.len() < MAX_NAMED => {
                self.others.push(format!("`{name}`"));
            }
            Recognised::Unknown => {}
        }
    }

    /// One file, and what is to be said of the choice.
    fn choose(self, path: &str) -> Result<(T, Vec<String>), OpenModel> {
        let n_found = self.found.len();
        let best = self.found.iter().map(|(name, _)| rank(name)).min();
        let Some(best) = best else {
            return Err(match self.refused {
                Some((file, Refusal { what, advice })) => OpenModel::Refused { file, what, advice },
                None => OpenModel::NoModel {
                    path: path.to_owned(),
                    names: self.others,
                },
            });
        };
        let mut first = self.found;
        first.retain(|(name, _)| rank(name) == best);
        if first.len() > 1 {
            let names = first.iter().take(MAX_NAMED);
            return Err(OpenModel::Several {
                path: path.to_owned(),
                names: names.map(|(name, _)| format!("`{name}`")).collect(),
            });
        }
        let (name, file) = first.remove(0);
        let notes = match n_found {
            1 => Vec::new(),
            _ => vec![format!("`{name}` was taken from {n_found} models")],
        };
        Ok((file, notes))
    }
}

/// Smaller is taken: depth, then whether the file is called as a model.
fn rank(name: &str) -> (usize, bool) {
    let depth = name.matches('/').count();
    let last = name.rsplit('/').next().unwrap_or(name);
    let stem = last.split('.').next().unwrap_or(last);
    (depth, !(stem == "model" || stem == "xgboost-model"))
}
