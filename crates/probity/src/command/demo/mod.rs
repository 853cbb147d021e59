//! `probity demo`: a server with thirty days of three models on it, or, with `--files`, reports on files
//! without any server.
//!
//! * [`serving`]: the server, the folder, what is printed, and the end;
//! * [`stage`]: the server as those see it who work on it: clients, its clock, and when it is idle;
//! * [`subject`]: a model with its population, and the stories that happen to it;
//! * [`setup`]: models, endpoints, baselines and monitors, by the calls that anybody would make;
//! * [`month`]: calls, labels and slots of thirty days;
//! * [`governance`]: people, versions, approvals, cards and what they did about alerts;
//! * [`files`]: the demo without a server.

mod baseline;
mod credit;
mod demand;
mod files;
mod fraud;
mod governance;
mod monitors;
mod month;
mod serving;
mod setup;
mod stage;
mod subject;

use anyhow::Result;

use crate::arguments::DemoArguments;
use crate::exit::Exit;

pub(crate) async fn run(arguments: DemoArguments) -> Result<Exit> {
    match &arguments.files {
        Some(folder) => files::run(folder, arguments.print).await,
        None => serving::run(&arguments).await,
    }
}
