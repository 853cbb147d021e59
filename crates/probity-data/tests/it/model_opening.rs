//! Models in files, folders and archives, as they are found and as an attacker would pack them.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use probity_data::model::{ModelKind, OpenModel, open_model};
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

use crate::golden_models::golden_folder;

fn model_bytes(file: &str) -> Vec<u8> {
    std::fs::read(golden_folder().join(file)).unwrap()
}

fn add(builder: &mut Builder<Vec<u8>>, name: &str, content: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    // Written by hand: the builder refuses names that leave the folder.
    let place = &mut header.as_old_mut().name;
    place[..name.len()].copy_from_slice(name.as_bytes());
    header.set_cksum();
    builder.append(&header, content).unwrap();
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in files {
        add(&mut builder, name, content);
    }
    gzip(&builder.into_inner().unwrap())
}

fn written(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("model.tar.gz");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[track_caller]
fn check_refused(bytes: &[u8], named: &str) {
    let (_folder, path) = written(bytes);
    let error = chain(&open_model(&path).unwrap_err());
    assert!(error.contains(named), "{error}");
}

#[test]
fn the_model_of_an_archive_is_found_by_its_content() {
    let model = model_bytes("xgboost/binary.ubj");
    let files: &[(&str, &[u8])] = &[
        ("./code/inference.py", b"import os"),
        ("./xgboost-model", &model),
        ("./metrics.json", b"{\"auc\": 0.9}"),
    ];
    let (_folder, path) = written(&archive(files));
    let opened = open_model(&path).unwrap();
    assert_eq!(opened.kind, ModelKind::XgboostUbjson);
    assert_eq!(opened.file_name, "xgboost-model");
    let file = open_model(&golden_folder().join("xgboost/binary.ubj")).unwrap();
    assert_eq!((opened.body, opened.sha256), (file.body, file.sha256));
    assert!(opened.notes.is_empty());
}

#[test]
fn of_several_models_the_one_called_so_is_taken_and_said() {
    let (ubj, json) = (
        model_bytes("xgboost/binary.ubj"),
        model_bytes("xgboost/binary.json"),
    );
    let (_folder, path) = written(&archive(&[
        ("old/model.json", &json),
        ("b.json", &json),
        ("model.ubj", &ubj),
    ]));
    let opened = open_model(&path).unwrap();
    assert_eq!(opened.file_name, "model.ubj");
    assert_eq!(opened.notes, ["`model.ubj` was taken from 3 models"]);
    let two: &[(&str, &[u8])] = &[("a.json", &json), ("b.json", &json)];
    check_refused(&archive(two), "more than one model: `a.json`, `b.json`");
}

#[test]
fn long_names_are_read() {
    let model = model_bytes("lightgbm/binary.txt");
    let name = format!("{}/model.txt", "f".repeat(180));
    let mut header = Header::new_gnu();
    header.set_size(model.len() as u64);
    let mut builder = Builder::new(Vec::new());
    builder
        .append_data(&mut header, &name, model.as_slice())
        .unwrap();
    let (_folder, path) = written(&gzip(&builder.into_inner().unwrap()));
    assert_eq!(open_model(&path).unwrap().file_name, name);
}

#[test]
fn folders_plain_archives_and_compressed_files_are_opened() {
    let model = model_bytes("lightgbm/binary.txt");
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "nothing").unwrap();
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    let inner = folder.path().join("inner/model.tar.gz");
    std::fs::write(&inner, archive(&[("m.txt", &model)])).unwrap();
    assert_eq!(open_model(folder.path()).unwrap().file_name, "m.txt");
    std::fs::write(folder.path().join("inner/x"), &model).unwrap();
    let opened = open_model(folder.path()).unwrap();
    assert_eq!(Path::new(&opened.file_name), folder.path().join("inner/x"));
    let (_folder, path) = written(&gzip(&model));
    assert_eq!(open_model(&path).unwrap().kind, ModelKind::LightgbmText);
    let mut builder = Builder::new(Vec::new());
    add(&mut builder, "m.txt", &model);
    let (_folder, path) = written(&builder.into_inner().unwrap());
    assert_eq!(open_model(&path).unwrap().kind, ModelKind::LightgbmText);
}

#[test]
fn what_is_not_there_or_no_model_is_said() {
    let missing = open_model(Path::new("no/such/model"));
    assert!(matches!(missing, Err(OpenModel::Missing { .. })));
    let nothing: &[(&str, &[u8])] = &[("a.txt", b"text"), ("b.json", b"{}")];
    check_refused(&archive(nothing), "it holds `a.txt`, `b.json`");
    let pickle: &[(&str, &[u8])] = &[("xgboost-model", b"\x80\x04\x95\0")];
    check_refused(&archive(pickle), "a Python pickle, which runs code");
    check_refused(b"", "holds no model");
}

#[test]
fn paths_out_of_the_folder_are_refused() {
    let model = model_bytes("lightgbm/binary.txt");
    for name in ["../model.txt", "/etc/model.txt", "a/../../b", "a\\..\\b"] {
        check_refused(&archive(&[(name, &model)]), "points out of its folder");
    }
}

#[test]
fn links_are_not_followed_and_devices_are_refused() {
    let model = model_bytes("lightgbm/binary.txt");
    let mut builder = Builder::new(Vec::new());
    let special = |kind: EntryType, builder: &mut Builder<Vec<u8>>| {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_path("xgboost-model").unwrap();
        if kind == EntryType::Symlink {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, std::io::empty()).unwrap();
    };
    special(EntryType::Symlink, &mut builder);
    add(&mut builder, "model.txt", &model);
    let (_folder, path) = written(&gzip(builder.get_ref()));
    let opened = open_model(&path).unwrap();
    assert_eq!(opened.file_name, "model.txt");
    assert_eq!(opened.notes, ["1 links of the archive were not followed"]);
    special(EntryType::Char, &mut builder);
    check_refused(
        &gzip(&builder.into_inner().unwrap()),
        "neither a file, a folder nor a link",
    );
}

#[test]
fn truncated_and_damaged_archives_are_refused() {
    let model = model_bytes("xgboost/multiclass.json");
    let whole = archive(&[("model.json", &model), ("z", b"zzz")]);
    for length in (1..whole.len()).step_by(53) {
        let (_folder, path) = written(&whole[..length]);
        assert!(
            open_model(&path).is_err(),
            "cut to {length} of {} bytes",
            whole.len()
        );
    }
    let mut wrong_sum = whole.clone();
    let at = wrong_sum.len() - 6;
    wrong_sum[at] ^= 1;
    check_refused(&wrong_sum, "damaged");
    // A file that is shorter than its header says, at the end of an archive that is not packed.
    let mut builder = Builder::new(Vec::new());
    add(&mut builder, "model.json", &model);
    let plain = builder.into_inner().unwrap();
    check_refused(&plain[..512 + model.len() / 2], "truncated");
}

/// A name of 64 MiB of zeros is a few kilobytes when it is packed.
#[test]
fn names_without_end_are_refused() {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::GNULongName);
    header.set_size(64 << 20);
    header.set_cksum();
    let mut builder = Builder::new(Vec::new());
    builder
        .append(
            &header,
            std::io::Read::take(std::io::repeat(b'a'), 64 << 20),
        )
        .unwrap();
    check_refused(&gzip(&builder.into_inner().unwrap()), "a name of more than");
}

/// The header alone says it: nothing is read for it.
#[test]
fn a_model_beyond_the_limit_is_refused_before_it_is_read() {
    let mut header = Header::new_gnu();
    header.set_path("model.txt").unwrap();
    header.set_size(3 << 30);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend(b"tree\nversion=v4\n");
    check_refused(&gzip(&bytes), "truncated");
}

/// 64 MiB of zeros, of which the beginning tells: the broken end is never reached.
#[test]
fn what_is_no_model_is_not_unpacked_to_its_end() {
    let mut bomb = gzip(&vec![0; 64 << 20]);
    let at = bomb.len() - 6;
    bomb[at] ^= 1;
    check_refused(&bomb, "holds no model that is known");
    let mut model = gzip(&model_bytes("xgboost/binary.json"));
    let at = model.len() - 6;
    model[at] ^= 1;
    check_refused(&model, "damaged");
}
