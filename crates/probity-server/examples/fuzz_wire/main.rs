//! The fuzzer of the protocol layer: `cargo xtask fuzz wire` runs it.

#[path = "../../../probity-data/examples/fuzz/command.rs"]
mod command;
mod harness;

fn main() -> std::process::ExitCode {
    command::main()
}
