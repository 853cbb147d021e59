//! The command: arguments, configuration, wiring and exit codes. No rule of the business
//! lives here.

mod arguments;
mod client;
mod command;
mod exit;
mod moment;
mod progress;
mod screen;
mod table;

use std::process::ExitCode;

use clap::Parser;
use probity_worker::isolation;

use crate::arguments::{Arguments, Command, ConstraintsCommand, ModelCommand, QualityCommand};
use crate::exit::Exit;

fn main() -> ExitCode {
    // A script of a processing job begins as this program, which makes walls around itself before
    // it has a second thread.
    let mut raw = std::env::args().skip(1);
    if raw.next().as_deref() == Some(isolation::SUBCOMMAND) {
        return isolation::enter(&raw.next().unwrap_or_default());
    }
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(exit) => exit.code(),
        Err(error) => exit::report(&error),
    }
}

/// Runs one command on a runtime with as many workers as it may use.
fn run(command: Command) -> Result<Exit, anyhow::Error> {
    let threads = command.threads().get();
    // Trees, neighbours and coalitions are computed on this pool; it is made before its first use.
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match command {
            Command::Profile(arguments) => command::profile::run(arguments).await,
            Command::Baseline(arguments) => command::baseline::run(arguments).await,
            Command::Check(arguments) => command::check::run(arguments).await,
            Command::Why(arguments) => command::why::run(arguments).await,
            Command::Merge(arguments) => command::merge::run(arguments).await,
            Command::Diff(arguments) => command::diff::run(arguments).await,
            Command::Constraints(ConstraintsCommand::Set(arguments)) => {
                command::constraints::set(arguments).await
            }
            Command::Clarify(arguments) => command::clarify::run(arguments).await,
            Command::Bias(arguments) => command::bias::bias(arguments).await,
            Command::Quality(QualityCommand::Baseline(arguments)) => {
                command::quality::baseline(arguments).await
            }
            Command::Quality(QualityCommand::Check(arguments)) => {
                command::quality::check(arguments).await
            }
            Command::Shap(arguments) => command::shap::run(arguments).await,
            Command::Predict(arguments) => command::predict::run(arguments).await,
            Command::Model(ModelCommand::Inspect(arguments)) => command::inspect::run(&arguments),
            Command::Serve(arguments) => command::serve::run(*arguments).await,
            Command::Monitor(arguments) => command::monitor::run(*arguments).await,
            Command::Card(arguments) => command::card::run(*arguments).await,
            Command::Import(arguments) => command::import::run(*arguments).await,
            Command::Labels(arguments) => command::labels::run(*arguments).await,
            Command::Alert(arguments) => command::alert::run(*arguments).await,
            Command::Gateway(arguments) => command::gateway::run(*arguments).await,
            Command::Env(arguments) => command::env::run(arguments).await,
            Command::Admin(command) => command::admin::run(command).await,
            Command::Doctor(arguments) => command::doctor::run(arguments).await,
            Command::Demo(arguments) => command::demo::run(arguments).await,
            Command::Completions(arguments) => command::reference::completions(arguments),
            Command::Reference(command) => command::reference::run(command),
        }
    })
}
