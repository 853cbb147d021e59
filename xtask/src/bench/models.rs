//! Metrics of decisions: `probity clarify` beside smclarify and fairlearn, and `probity quality
//! baseline` beside scikit-learn, on generated labels and predictions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::measure::{Bench, Contestant};
use super::{ModelArguments, binary, figures, tables, typed, version};
use crate::install;
use crate::project::Project;

/// smclarify and what it works with.
const CLARIFY: &str = "bench/bias-requirements.txt";
/// fairlearn and scikit-learn.
const LIBRARIES: &str = "bench/quality-requirements.txt";

/// All metrics of predictions but the flip test, which is measured apart.
const POST_TRAINING: [&str; 12] = [
    "AD", "CDDPL", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "GE", "RD", "SD", "TE",
];

pub(crate) fn run_bias(project: &Project, arguments: &ModelArguments) -> Result<()> {
    let tools = Tools::prepare(project, arguments)?;
    let smclarify = install::python_with(project, CLARIFY)?;
    let libraries = install::python_with(project, LIBRARIES)?;
    tools.print_head(&[CLARIFY, LIBRARIES]);
    let script = "bench/rivals_bias.py";
    for rows in &arguments.rows {
        for format in ["parquet", "csv"] {
            let table = tools.generate("bias", *rows, format)?;
            let rates = json!({
                "pre_training_bias": {"methods": "all"},
                "post_training_bias": {"methods": POST_TRAINING},
            });
            let mut contestants = tools.clarify("bias", &rates, &table)?;
            contestants.push(tools.rival("smclarify", (&smclarify, script, "smclarify"), &table));
            contestants.push(tools.rival(
                "fairlearn MetricFrame, 100 replicates",
                (&libraries, script, "fairlearn"),
                &table,
            ));
            tools.compare(&format!("{rows} rows, one facet, {format}"), &contestants)?;
        }
        let table = tools.generate("bias", *rows, "parquet")?;
        let flip_test = json!({"post_training_bias": {"methods": ["FT"]}});
        let mut contestants = tools.clarify("flip-test", &flip_test, &table)?;
        contestants.push(tools.rival(
            "smclarify",
            (&smclarify, script, "smclarify-flip-test"),
            &table,
        ));
        tools.compare(&format!("{rows} rows, the flip test alone"), &contestants)?;
    }
    Ok(())
}

pub(crate) fn run_quality(project: &Project, arguments: &ModelArguments) -> Result<()> {
    let tools = Tools::prepare(project, arguments)?;
    let libraries = install::python_with(project, LIBRARIES)?;
    tools.print_head(&[LIBRARIES]);
    let script = "bench/rivals_quality.py";
    for rows in &arguments.rows {
        for format in ["parquet", "csv"] {
            let table = tools.generate("scored", *rows, format)?;
            let options = [
                "--problem-type",
                "binary",
                "--label",
                "label",
                "--probability",
                "probability",
            ];
            let path = text(&table);
            let command = [&["quality", "baseline", &path], &options[..]].concat();
            let mut contestants = tools.probity("quality", &command);
            let once = "scikit-learn, no intervals";
            contestants.push(tools.rival(once, (&libraries, script, "once"), &table));
            let bootstrap = "scikit-learn, 100 replicates";
            contestants.push(tools.rival(bootstrap, (&libraries, script, "bootstrap"), &table));
            tools.compare(&format!("{rows} predictions, {format}"), &contestants)?;
        }
    }
    Ok(())
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

struct Tools<'project> {
    bench: Bench<'project>,
    /// Absent when the rivals are measured alone.
    probity: Option<PathBuf>,
    generator: PathBuf,
}

impl<'project> Tools<'project> {
    fn prepare(project: &'project Project, arguments: &ModelArguments) -> Result<Tools<'project>> {
        let options = &arguments.options;
        let probity = match arguments.rivals_only {
            true => None,
            false => Some(binary(project, options)?),
        };
        Ok(Tools {
            generator: install::python_with(project, tables::REQUIREMENTS)?,
            probity,
            bench: Bench {
                project,
                repeat: options.repeat,
                timeout: options.timeout,
                scratch: project.scratch("bench"),
            },
        })
    }

    fn print_head(&self, lists: &[&str]) {
        println!("\n{}\n", figures::machine());
        println!(
            "`{}`; median of {} runs in turn.\n",
            typed(),
            self.bench.repeat
        );
        let own = self.probity.as_ref();
        let own = own.map(|probity| version(Command::new(probity).arg("--version")));
        let rivals = lists.iter().map(|list| tables::versions(&self.bench, list));
        println!(
            "{}",
            own.into_iter().chain(rivals).collect::<Vec<_>>().join("; ")
        );
    }

    fn generate(&self, kind: &str, rows: u64, format: &str) -> Result<PathBuf> {
        let name = format!("{kind}-{rows}.{format}");
        let arguments = [kind, "--rows", &rows.to_string()];
        tables::generate(&self.bench, &self.generator, &name, &arguments)
    }

    /// `probity clarify` with a configuration for the table, unless the rivals run alone.
    fn clarify(&self, name: &str, methods: &Value, table: &Path) -> Result<Vec<Contestant>> {
        let is_csv = table
            .extension()
            .is_some_and(|extension| extension == "csv");
        let config = json!({
            "dataset_type": match is_csv {
                true => "text/csv",
                false => "application/x-parquet",
            },
            "label": "label",
            "label_values_or_threshold": [1],
            "predicted_label": "predicted",
            "facet": [{"name_or_index": "sex", "value_or_threshold": ["F"]}],
            "group_variable": "district",
            "methods": methods,
        });
        let path = self.bench.scratch.join(format!("{name}-config.json"));
        fs::write(&path, config.to_string())
            .with_context(|| format!("failed to write `{}`", path.display()))?;
        Ok(self.probity(name, &["clarify", &text(&path), "--data", &text(table)]))
    }

    fn probity(&self, name: &str, arguments: &[&str]) -> Vec<Contestant> {
        let out = self.bench.scratch.join(format!("{name}-result"));
        let command = |probity: &PathBuf| Contestant {
            name: "Probity".to_owned(),
            command: [
                &[text(probity).as_str()],
                arguments,
                &["-o", &text(&out), "--quiet"],
            ]
            .concat()
            .into_iter()
            .map(str::to_owned)
            .collect(),
            accepted: &[0],
        };
        self.probity.iter().map(command).collect()
    }

    fn rival(
        &self,
        name: &str,
        (python, script, tool): (&Path, &str, &str),
        table: &Path,
    ) -> Contestant {
        let script = self.bench.project.root.join(script);
        Contestant {
            name: name.to_owned(),
            command: vec![text(python), text(&script), tool.to_owned(), text(table)],
            accepted: &[0],
        }
    }

    fn compare(&self, title: &str, contestants: &[Contestant]) -> Result<()> {
        let runs = self.bench.in_turn(contestants)?;
        print!("{}", figures::table(title, contestants, &runs));
        Ok(())
    }
}
