//! Progress of long work, on standard error, when a person is there to see it.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use probity_analysis::explain::Step;

use crate::arguments::PrintArguments;

/// A counter of bytes, hidden when nobody watches or everything is quiet.
pub(crate) fn bar(print: PrintArguments) -> ProgressBar {
    let hidden = print.quiet || !std::io::stderr().is_terminal();
    let target = if hidden {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(None, target);
    style(&bar, "{spinner} {bytes}  {bytes_per_sec}");
    if !hidden {
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    bar
}

/// A spinner beside what is waited for.
pub(crate) fn waiting(print: PrintArguments) -> ProgressBar {
    let bar = bar(print);
    style(&bar, "{spinner} {msg}  {elapsed}");
    bar
}

/// A counter of explained rows, with their rate and the time left.
pub(crate) fn row_bar(print: PrintArguments) -> ProgressBar {
    let bar = bar(print);
    style(&bar, "{spinner} asking the model");
    bar
}

/// Shows how far an explanation is.
pub(crate) fn show_step(bar: &ProgressBar, step: Step) {
    let (done, total, template) = match step {
        Step::Rows { done, total } => (
            done,
            total,
            "{bar:32} {percent:>3}%  {human_pos} of {human_len} rows explained  {per_sec}  {eta} left",
        ),
        Step::Dependence { done, total } => (
            done,
            total,
            "{bar:32} {percent:>3}%  partial dependence of {human_pos} of {human_len} features",
        ),
    };
    // Nothing is done yet: there is no rate, and no time left to tell.
    if done == 0 {
        return;
    }
    if bar.length() != Some(total) || bar.position() > done {
        bar.reset();
        bar.set_length(total);
        style(bar, template);
    }
    bar.set_position(done);
}

/// The size of the input is known: show how much is left.
pub(crate) fn set_total(bar: &ProgressBar, total_bytes: u64) {
    bar.set_length(total_bytes);
    style(
        bar,
        "{bar:32} {percent:>3}%  {bytes} of {total_bytes}  {bytes_per_sec}  {eta} left",
    );
}

fn style(bar: &ProgressBar, template: &str) {
    // A template that does not parse would leave the plain bar.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}
