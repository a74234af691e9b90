// SPDX-License-Identifier: Apache-2.0

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// What kind of thing a line tells; decides its color.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Tone {
    /// A heading of the story.
    Chapter,
    /// Something happened on the way.
    Step,
    /// Something arrived at its goal.
    Done,
    /// Something went wrong.
    Wrong,
}

/// Prints what happens with the time since the start: colored with a spinner on a terminal, plain lines when piped.
pub(crate) struct Timeline {
    start: Instant,
    quiet: bool,
    spinner: Option<ProgressBar>,
}

impl Timeline {
    pub(crate) fn new() -> Self {
        let spinner = std::io::stdout().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("           {spinner:.cyan} {msg:.dim}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(80));
            bar
        });
        Self { start: Instant::now(), quiet: false, spinner }
    }

    /// A timeline that prints nothing.
    pub(crate) fn quiet() -> Self {
        Self { start: Instant::now(), quiet: true, spinner: None }
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Shows on a terminal what is being waited for.
    pub(crate) fn waiting(&self, what: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(what.to_owned());
        }
    }

    /// Prints one line: subject in a column of its own, then what happened to it.
    pub(crate) fn say(&self, tone: Tone, subject: &str, text: &str) {
        if self.quiet {
            return;
        }
        let time = format!("{:>8.3}s", self.elapsed().as_secs_f64());
        match &self.spinner {
            Some(spinner) => {
                let color = match tone {
                    Tone::Chapter => "1",
                    Tone::Step => "0",
                    Tone::Done => "32",
                    Tone::Wrong => "31",
                };
                spinner.suspend(|| {
                    line(&format!(
                        "\x1b[2m{time}\x1b[0m  \x1b[36m{subject:<28}\x1b[0m \x1b[{color}m{text}\x1b[0m"
                    ))
                });
            }
            None => line(&format!("{time}  {subject:<28} {text}")),
        }
    }

    /// Prints text as it is, between the lines.
    pub(crate) fn note(&self, text: &str) {
        match &self.spinner {
            Some(spinner) => spinner.suspend(|| line(text)),
            None => line(text),
        }
    }

    /// Ends the spinner.
    pub(crate) fn finish(&self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}

/// A reader that went away is no reason to fail.
fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
