//! A bare Debian 12 in a folder, in which the archive is unpacked and run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::install;
use crate::process::{self, Echo};
use crate::project::Project;
use crate::{Success, dist};

/// What is run inside: nothing but what the archive brings and Debian's smallest system has.
const STEPS: [&str; 6] = [
    "cd $HOME/$NAME && sha256sum --check --quiet SHA256SUMS",
    "$HOME/$NAME/bin/probity --version",
    "printf 'age,income\\n31,10\\n45,12\\n28,9\\n' > $HOME/t.csv && $HOME/$NAME/bin/probity profile $HOME/t.csv",
    "$HOME/$NAME/bin/probity baseline $HOME/t.csv -o $HOME/baseline && ls $HOME/baseline",
    "bash -n $HOME/$NAME/completions/probity.bash",
    // Populated, it tells its address on the first line and stays.
    "cd $HOME && touch demo.json && (timeout 300 $HOME/$NAME/bin/probity demo --output json --listen 127.0.0.1:0 > demo.json & P=$!; \
     for i in $(seq 280); do grep -q sign_in_url demo.json && break; sleep 1; done; \
     kill $P; wait $P; grep -o '\"address\":\"[^\"]*\"' demo.json)",
];

pub(super) fn try_archive(project: &Project, archive: &Path, name: &str) -> Result<()> {
    let root = system(project)?;
    let home = root.join("home");
    for old in ["t.csv", "demo.json"] {
        drop(fs::remove_file(home.join(old)));
    }
    for old in [name, "baseline"] {
        drop(fs::remove_dir_all(home.join(old)));
    }
    dist::output(
        Command::new("tar")
            .arg("--extract")
            .arg("--file")
            .arg(archive)
            .arg("--directory")
            .arg(&home),
    )?;
    for step in STEPS {
        println!("debian 12: {step}");
        // With processes of its own, seen by `/proc` as on a machine that has booted.
        let mut inside = Command::new("unshare");
        inside
            .args(["--pid", "--fork"])
            .arg(format!("--mount-proc={}", root.join("proc").display()))
            .arg("chroot")
            .arg(&root)
            .args(["/usr/bin/env", "-i", "HOME=/home", "PATH=/usr/bin:/bin"])
            .arg(format!("NAME={name}"))
            .args(["bash", "-c", step]);
        if process::run(&mut inside, Echo::Shown)?.success == Success::No {
            bail!("the archive does not run on a bare Debian 12");
        }
    }
    Ok(())
}

/// The smallest Debian 12 that debootstrap makes; made once.
fn system(project: &Project) -> Result<PathBuf> {
    install::program("debootstrap", "--version")?;
    let root = project.scratch("dist").join("debian-12");
    if root.join("ready").is_file() {
        return Ok(root);
    }
    if root.exists() {
        fs::remove_dir_all(&root)
            .with_context(|| format!("failed to empty `{}`", root.display()))?;
    }
    println!("making a bare Debian 12 in {}", root.display());
    let mut make = Command::new("debootstrap");
    make.args(["--variant=minbase", "bookworm"]).arg(&root);
    if process::run(&mut make, Echo::Kept)?.success == Success::No {
        bail!("debootstrap failed; it needs root and Debian's archive");
    }
    fs::write(root.join("ready"), "")?;
    Ok(root)
}
