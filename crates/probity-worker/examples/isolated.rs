//! Stands in for the command's hidden subcommand in the tests of this crate: a process with one
//! thread that enters the walls. `probity __isolated` does the same.

use std::process::ExitCode;

fn main() -> ExitCode {
    match std::env::args().nth(2) {
        Some(asked) => probity_worker::isolation::enter(&asked),
        None => ExitCode::from(125),
    }
}
