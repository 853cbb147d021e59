//! `cargo xtask dist`: the release archive, and a proof that it runs on a bare Debian 12.
//!
//! The archive holds the program, its licence and those of everything that is compiled into it,
//! completions, man pages, the files of `deploy/` and a list of checksums. The same commit gives
//! the same archive: files are sorted, belong to nobody, and have the commit's time.

mod debian;
mod licences;
mod symbols;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::Success;
use crate::process::{self, Echo};
use crate::project::Project;
use crate::test::in_root;

#[derive(Args, Debug)]
pub(crate) struct DistArguments {
    /// Profile that the program is built with: what was measured is packed, without lines of sources
    #[arg(long, default_value = "release")]
    profile: String,
    /// Also unpack and run the archive in a bare Debian 12 (root; installs debootstrap)
    #[arg(long)]
    debian: bool,
}

pub(crate) fn run(project: &Project, arguments: &DistArguments) -> Result<Success> {
    let program = build(project, &arguments.profile)?;
    symbols::check(&program)?;
    let target = host()?;
    let name = format!("probity-{}-{target}", version(project)?);
    let folder = project.scratch("dist");
    let content = folder.join(&name);
    if content.exists() {
        fs::remove_dir_all(&content)
            .with_context(|| format!("failed to empty `{}`", content.display()))?;
    }
    fill(project, &program, &content)?;
    licences::write(project, &target, &content.join("THIRD-PARTY-LICENSES.txt"))?;
    checksums(&content)?;
    let archive = pack(project, &folder, &name)?;
    println!("{}", archive.display());
    if arguments.debian {
        debian::try_archive(project, &archive, &name)?;
    }
    Ok(Success::Yes)
}

fn build(project: &Project, profile: &str) -> Result<PathBuf> {
    let mut build = in_root(project);
    build.args([
        "build",
        "--locked",
        "--bin",
        "probity",
        "--profile",
        profile,
    ]);
    if process::run(&mut build, Echo::Shown)?.success == Success::No {
        bail!("the program could not be built");
    }
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(project.target.join(folder).join("probity"))
}

fn fill(project: &Project, program: &Path, content: &Path) -> Result<()> {
    let copies = [
        ("LICENSE", "LICENSE"),
        ("README.md", "README.md"),
        ("CHANGELOG.md", "CHANGELOG.md"),
        ("deploy/probity.service", "deploy/probity.service"),
        ("deploy/Containerfile", "deploy/Containerfile"),
    ];
    let shipped = content.join("bin/probity");
    copy(program, &shipped)?;
    strip(&shipped)?;
    for (from, to) in copies {
        copy(&project.root.join(from), &content.join(to))?;
    }
    for (shell, file) in [
        ("bash", "completions/probity.bash"),
        ("zsh", "completions/_probity"),
        ("fish", "completions/probity.fish"),
        ("elvish", "completions/probity.elv"),
        ("powershell", "completions/probity.ps1"),
    ] {
        let text = output(Command::new(program).args(["completions", shell]))?;
        write(&content.join(file), text)?;
    }
    let pages = content.join("share/man/man1");
    output(Command::new(program).args(["reference", "man"]).arg(pages))?;
    Ok(())
}

/// Takes the lines of the sources off, two fifths of the program. Names of functions stay, so that a
/// report of a panic can be read. The tool is binutils', as GNU's linker is.
fn strip(program: &Path) -> Result<()> {
    output(Command::new("strip").arg("--strip-debug").arg(program))?;
    output(Command::new(program).arg("--version"))?;
    let bytes = fs::metadata(program)?.len();
    println!("{}: {} MiB", program.display(), bytes >> 20);
    Ok(())
}

/// `SHA256SUMS` in the archive, for `sha256sum --check`.
fn checksums(content: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(content, content, &mut files)?;
    files.sort();
    let sums = output(Command::new("sha256sum").args(&files).current_dir(content))?;
    write(&content.join("SHA256SUMS"), sums)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to list `{}`", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            files.push(path.strip_prefix(root)?.to_owned());
        }
    }
    Ok(())
}

/// The archive and its checksum beside it.
fn pack(project: &Project, folder: &Path, name: &str) -> Result<PathBuf> {
    let time = output(in_git(project).args(["log", "-1", "--format=%ct"]))?;
    let time = String::from_utf8(time)?;
    let archive = folder.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.args(["--create", "--sort=name", "--owner=0", "--group=0"])
        .args(["--numeric-owner", "--format=gnu", "--mode=u+w,go-w,a+rX"])
        .arg(format!("--mtime=@{}", time.trim()))
        .arg("--use-compress-program=gzip --no-name -9")
        .arg("--file")
        .arg(&archive)
        .arg(name)
        .current_dir(folder);
    output(&mut tar)?;
    let file = format!("{name}.tar.gz");
    let sum = output(Command::new("sha256sum").arg(&file).current_dir(folder))?;
    write(&folder.join(format!("{file}.sha256")), sum)?;
    Ok(archive)
}

fn in_git(project: &Project) -> Command {
    let mut git = Command::new("git");
    git.current_dir(&project.root);
    git
}

fn version(project: &Project) -> Result<String> {
    let packages = project.metadata.get("packages");
    let packages = packages.and_then(|packages| packages.as_array());
    let own = packages
        .into_iter()
        .flatten()
        .find(|package| package.get("name").is_some_and(|name| name == "probity"));
    let version = own.and_then(|own| own.get("version")?.as_str());
    Ok(version.context("cargo tells no version")?.to_owned())
}

/// As `x86_64-unknown-linux-gnu`.
fn host() -> Result<String> {
    let told = output(Command::new("rustc").arg("--version").arg("--verbose"))?;
    let told = String::from_utf8(told)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc tells no host")?.to_owned())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    make_folder_of(to)?;
    fs::copy(from, to).with_context(|| format!("failed to copy `{}`", from.display()))?;
    Ok(())
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    make_folder_of(path)?;
    fs::write(path, bytes).with_context(|| format!("failed to write `{}`", path.display()))
}

fn make_folder_of(path: &Path) -> Result<()> {
    let parent = path.parent().context("a file has a folder")?;
    fs::create_dir_all(parent).with_context(|| format!("failed to create `{}`", parent.display()))
}

/// Standard output of a program that has to succeed.
fn output(command: &mut Command) -> Result<Vec<u8>> {
    let name = process::describe(command);
    let ended = command
        .output()
        .with_context(|| format!("failed to start `{name}`"))?;
    if !ended.status.success() {
        let told = String::from_utf8_lossy(&ended.stderr);
        bail!("`{name}` failed: {}", told.trim_end());
    }
    Ok(ended.stdout)
}
