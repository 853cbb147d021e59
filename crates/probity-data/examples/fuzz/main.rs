//! The fuzzer of the readers: `cargo xtask fuzz TARGET` runs it.

mod command;
mod harness;

fn main() -> std::process::ExitCode {
    command::main()
}
