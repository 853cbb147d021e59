//! Shapley values: `probity shap` beside the libraries' own contributions, shap and FastTreeSHAP
//! on tree ensembles, and beside `shap.KernelExplainer` on a model that is asked. Models are
//! trained once by `bench/models.py`; `bench/check_shap.py` compares the values of all tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::measure::{Bench, Contestant, Cost, Run};
use super::shap_figures::{Call, Explained, kernel_table, trees_table};
use super::{ShapArguments, binary, figures, tables, typed, version};
use crate::Success;
use crate::install;
use crate::process::{self, Echo};
use crate::project::Project;

/// shap, XGBoost, LightGBM: also what trains the models.
const LIBRARIES: &str = "bench/shap-requirements.txt";
const FAST_TREE_SHAP: &str = "bench/fasttreeshap-requirements.txt";

/// Largest difference from the library's own contributions, in units of the largest value.
/// XGBoost sums float32: 500 trees round by 500 · 2⁻²⁴ = 3e-5 of it at most, and its
/// recursion over 12 levels adds to that; a wrong value is off by far more.
const TREE_TOLERANCE: &str = "1e-4";
/// Two samples of 2,048 coalitions of 2²⁰ differ by sampling error: this finds wrong
/// quantities, not wrong digits.
const KERNEL_TOLERANCE: &str = "0.1";

const KERNEL_SAMPLES: u64 = 2_048;
const BACKGROUND_ROWS: u64 = 100;
const PREDICTED_ROWS: f64 = 1e6;
const KERNEL_TREES: u64 = 100;

/// Trees, and how many rows they explain.
struct Shape {
    kind: &'static str,
    trees: u64,
    depth: u64,
    features: u64,
    rows: u64,
}

pub(crate) fn run(project: &Project, arguments: &ShapArguments) -> Result<()> {
    let tools = Tools::prepare(project, arguments)?;
    tools.print_head();
    let scaled = |count| scale(count, arguments.scale);
    for (trees, depth, rows) in [(500, 6, 10_000), (200, 12, 1_000)] {
        let shape = Shape {
            kind: "trees",
            trees: scaled(trees),
            depth,
            features: 50,
            rows: scaled(rows),
        };
        let folder = tools.models(&shape)?;
        for library in ["xgboost", "lightgbm"] {
            tools.explain_trees(&shape, library, &folder)?;
        }
    }
    let shape = Shape {
        kind: "kernel",
        trees: KERNEL_TREES,
        depth: 4,
        features: 20,
        rows: scaled(100),
    };
    let folder = tools.models(&shape)?;
    tools.explain_kernel(&shape, &folder)
}

/// A share of a count, at least two.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "counts of trees and rows are small and positive"
)]
fn scale(count: u64, share: f64) -> u64 {
    ((count as f64 * share).round() as u64).max(2)
}

struct Tools<'project> {
    bench: Bench<'project>,
    /// Absent when the rivals are measured alone.
    probity: Option<PathBuf>,
    libraries: PathBuf,
    /// Why it is not there, where it cannot be installed.
    fast_tree_shap: Result<PathBuf>,
}

/// A tool, and where its values are afterwards.
struct Entrant {
    contestant: Contestant,
    report: PathBuf,
    values: PathBuf,
}

impl<'project> Tools<'project> {
    fn prepare(project: &'project Project, arguments: &ShapArguments) -> Result<Tools<'project>> {
        let options = &arguments.options;
        let probity = match arguments.rivals_only {
            true => None,
            false => Some(binary(project, options)?),
        };
        Ok(Tools {
            probity,
            libraries: install::python_with(project, LIBRARIES)?,
            fast_tree_shap: install::python_with(project, FAST_TREE_SHAP),
            bench: Bench {
                project,
                repeat: options.repeat,
                timeout: options.timeout,
                scratch: project.scratch("bench"),
            },
        })
    }

    fn print_head(&self) {
        println!("\n{}\n", figures::machine());
        let repeat = self.bench.repeat;
        println!("`{}`; median of {repeat} runs in turn.\n", typed());
        let own = self.probity.as_ref();
        let own = own.map(|probity| version(Command::new(probity).arg("--version")));
        let mut lists = vec![tables::versions(&self.bench, LIBRARIES)];
        match &self.fast_tree_shap {
            Ok(_) => lists.push(tables::versions(&self.bench, FAST_TREE_SHAP)),
            Err(error) => lists.push(format!("FastTreeSHAP skipped: {error:#}")),
        }
        println!(
            "{}",
            own.into_iter().chain(lists).collect::<Vec<_>>().join("; ")
        );
    }

    /// The folder of a model and its rows, made when it is not there from an earlier run.
    fn models(&self, shape: &Shape) -> Result<PathBuf> {
        let Shape {
            kind,
            trees,
            depth,
            features,
            rows,
        } = shape;
        let name = format!("shap-{kind}-{trees}-{depth}-{features}-{rows}");
        let folder = self.bench.scratch.join(&name);
        let script = self.bench.project.root.join("bench/models.py");
        if tables::is_newer(&folder.join("complete.txt"), &script) {
            return Ok(folder);
        }
        println!("training {name}");
        let mut command = Command::new(&self.libraries);
        command.arg(script).arg(kind).arg("--output").arg(&folder);
        for (option, value) in [
            ("--trees", trees),
            ("--depth", depth),
            ("--features", features),
            ("--rows", rows),
        ] {
            command.args([option, &value.to_string()]);
        }
        let finished = process::run(&mut command, Echo::Shown)?;
        if finished.success == Success::No {
            bail!("`{}` failed", process::describe(&command));
        }
        Ok(folder)
    }

    fn explain_trees(&self, shape: &Shape, library: &str, folder: &Path) -> Result<()> {
        let (model, own, name) = match library {
            "xgboost" => ("xgboost.json", "XGBoost `pred_contribs`", "XGBoost"),
            _ => ("lightgbm.txt", "LightGBM `pred_contrib`", "LightGBM"),
        };
        let mut entrants = vec![self.rival(own, (&self.libraries, library), folder)];
        let shap = format!("shap-{library}");
        let title = "`shap.TreeExplainer`, its own code";
        entrants.push(self.rival(title, (&self.libraries, &shap), folder));
        if let Ok(python) = &self.fast_tree_shap {
            let tool = format!("fasttreeshap-{library}");
            entrants.push(self.rival("FastTreeSHAP v2", (python, &tool), folder));
        }
        if let Some(probity) = &self.probity {
            let command = [text(probity), "shap".to_owned(), text(&folder.join(model))];
            entrants.insert(0, probity_shap(folder, library, command.into()));
        }
        let runs = self.run(&entrants)?;
        let Shape {
            trees, depth, rows, ..
        } = shape;
        println!("\n### {name}: {trees} trees of depth {depth}, 50 features, {rows} rows\n");
        print!("{}", trees_table(&runs));
        self.check(&entrants, &runs, (own, TREE_TOLERANCE))
    }

    fn explain_kernel(&self, shape: &Shape, folder: &Path) -> Result<()> {
        let name = "`shap.KernelExplainer`";
        let mut entrants = vec![self.rival(name, (&self.libraries, "kernel"), folder)];
        if let Some(probity) = &self.probity {
            let options = ["--output", "probability", "--num-samples"].map(str::to_owned);
            let mut command = vec![text(probity), "shap".to_owned()];
            command.push(text(&folder.join("xgboost.json")));
            command.extend(options);
            command.push(KERNEL_SAMPLES.to_string());
            command.extend([
                "--baseline".to_owned(),
                text(&folder.join("background.csv")),
            ]);
            entrants.insert(0, probity_shap(folder, "kernel", command));
        }
        let mut runs = self.run(&entrants)?;
        let records = shape.rows * KERNEL_SAMPLES * BACKGROUND_ROWS;
        if let (Some(probity), Some(first)) = (&self.probity, runs.first_mut()) {
            first.model_cpu_seconds = self.model_alone(probity, folder, records)?;
        }
        let rows = shape.rows;
        println!(
            "\n### Kernel SHAP: {rows} rows, 20 features, background {BACKGROUND_ROWS}, \
             {KERNEL_SAMPLES} samples ({records} records asked)\n"
        );
        print!("{}", kernel_table(&runs));
        self.check(&entrants, &runs, (name, KERNEL_TOLERANCE))
    }

    /// CPU seconds that Probity's evaluation of the model takes for so many records, without
    /// reading and writing them: what all its trees take for a million rows beyond the first
    /// tree alone, scaled.
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2⁵³")]
    fn model_alone(&self, probity: &Path, folder: &Path, records: u64) -> Result<Option<f64>> {
        let predict = |model: &str| Contestant {
            name: format!("predict {model}"),
            command: vec![
                text(probity),
                "predict".to_owned(),
                text(&folder.join(model)),
                text(&folder.join("million.parquet")),
                "-o".to_owned(),
                text(&folder.join("scores.csv")),
                "--quiet".to_owned(),
            ],
            accepted: &[0],
        };
        let runs = self
            .bench
            .in_turn(&[predict("xgboost.json"), predict("one-tree.json")])?;
        let [Run::Finished(whole), Run::Finished(first)] = runs.as_slice() else {
            println!("`probity predict` did not finish: its model cannot be told apart");
            return Ok(None);
        };
        let trees = KERNEL_TREES as f64;
        let million = (whole.cpu_seconds - first.cpu_seconds) * trees / (trees - 1.0);
        Ok(Some(million.max(0.0) * records as f64 / PREDICTED_ROWS))
    }

    fn rival(&self, name: &str, (python, tool): (&Path, &str), folder: &Path) -> Entrant {
        let report = folder.join(format!("{tool}-report.jsonl"));
        let values = folder.join(format!("{tool}-values.npy"));
        let script = self.bench.project.root.join("bench/rivals_shap.py");
        let mut command = vec![text(python), text(&script), tool.to_owned(), text(folder)];
        command.extend(["--report".to_owned(), text(&report)]);
        command.extend(["--values".to_owned(), text(&values)]);
        Entrant {
            contestant: Contestant {
                name: name.to_owned(),
                command,
                accepted: &[0],
            },
            report,
            values,
        }
    }

    fn run(&self, entrants: &[Entrant]) -> Result<Vec<Explained>> {
        let mut contestants = Vec::new();
        for entrant in entrants {
            // What an earlier run left would be taken for this one's.
            for path in [&entrant.report, &entrant.values] {
                if path.exists() {
                    fs::remove_file(path)
                        .with_context(|| format!("failed to remove `{}`", path.display()))?;
                }
            }
            contestants.push(entrant.contestant.clone());
        }
        let runs = self.bench.in_turn(&contestants)?;
        let explained = entrants.iter().zip(runs).map(|(entrant, run)| {
            let call = match &run {
                Run::Finished(Cost { .. }) => Call::read(&entrant.report)?,
                Run::TimedOut | Run::Failed(_) => None,
            };
            Ok(Explained {
                name: entrant.contestant.name.clone(),
                model_cpu_seconds: call.as_ref().map(|call| call.model_cpu_seconds),
                run,
                call,
            })
        });
        explained.collect()
    }

    /// Compares the values with the reference's; beyond the tolerance, the bench fails.
    fn check(
        &self,
        entrants: &[Entrant],
        runs: &[Explained],
        (reference, tolerance): (&str, &str),
    ) -> Result<()> {
        let finished = |entrant: &&Entrant| {
            let name = &entrant.contestant.name;
            runs.iter()
                .any(|run| run.name == *name && matches!(run.run, Run::Finished(_)))
        };
        let (first, others): (Vec<_>, Vec<_>) = entrants
            .iter()
            .filter(finished)
            .partition(|entrant| entrant.contestant.name == reference);
        let Some(first) = first.first() else {
            println!("\nNo values to compare with: {reference} did not finish.");
            return Ok(());
        };
        println!(
            "\nLargest difference from {reference}, in units of its largest value (tolerance {tolerance}):\n"
        );
        let mut command = Command::new(&self.libraries);
        command
            .arg(self.bench.project.root.join("bench/check_shap.py"))
            .args(["--tolerance", tolerance])
            .arg(&first.values);
        for other in others {
            let (name, path) = (&other.contestant.name, text(&other.values));
            command.arg(format!("{name}={path}"));
        }
        if process::run(&mut command, Echo::Shown)?.success == Success::No {
            bail!("the values of the tools differ");
        }
        Ok(())
    }
}

fn probity_shap(folder: &Path, name: &str, mut command: Vec<String>) -> Entrant {
    let out = folder.join(format!("probity-{name}"));
    command.insert(3, text(&folder.join("rows.parquet")));
    command.extend(["--exclude", "label", "-o"].map(str::to_owned));
    command.extend([text(&out), "--quiet".to_owned()]);
    Entrant {
        contestant: Contestant {
            name: "Probity".to_owned(),
            command,
            accepted: &[0],
        },
        // The program says nothing of the call alone: there is no such file.
        report: out.join("report.jsonl"),
        values: out.join("explanations_shap/out.csv"),
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_scale_leaves_something_to_explain() {
        assert_eq!(scale(500, 1.0), 500);
        assert_eq!(scale(500, 0.02), 10);
        assert_eq!(scale(100, 0.0001), 2);
    }

    #[test]
    fn the_data_stand_behind_the_model() {
        let command = vec!["probity".to_owned(), "shap".to_owned(), "m.json".to_owned()];
        let entrant = probity_shap(Path::new("f"), "xgboost", command);
        let command = entrant.contestant.command.join(" ");
        assert_eq!(
            command,
            "probity shap m.json f/rows.parquet --exclude label -o f/probity-xgboost --quiet"
        );
    }
}
