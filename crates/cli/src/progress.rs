//! Progress of a run on a terminal: a bar with rate and time left, and a line for each file that did not go well.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pinakes_api::Job;
use pinakes_ingest::Observer;
use pinakes_types::{FileState, Reason};

use crate::args::Global;
use crate::output::is_watched;

/// Shows a run. Without a terminal only the problems are printed, and with `--quiet` nothing is.
pub(crate) struct Shown {
    bar: ProgressBar,
    problems: bool,
}

/// A bar over a known number of `things`; hidden where nobody watches.
pub(crate) fn count(global: &Global, number: u64, things: &str) -> ProgressBar {
    let target = if is_watched() && !global.quiet { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let template = format!("{{bar:30}} {{pos}}/{{len}} {things}  {{eta}} left");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(number), target).with_style(style)
}

impl Shown {
    pub(crate) fn new(global: &Global) -> Self {
        let shown = is_watched() && !global.quiet;
        let bar = ProgressBar::with_draw_target(Some(0), if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} files  {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        if shown {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar, problems: !global.quiet }
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Shown {
    fn moved(&self, job: &Job) {
        self.bar.set_length(job.files_total);
        self.bar.set_position(job.files_done);
        let rate = job.files_per_second.map_or(String::new(), |rate| format!("{rate:.1}/s  "));
        let left = job.eta_seconds.map_or(String::new(), |seconds| format!("{} left  ", minutes(seconds)));
        let file = job.current_file.as_deref().unwrap_or_default();
        self.bar.set_message(format!("{} passages  {rate}{left}{}", job.chunks, crate::output::excerpt(file, 40)));
    }

    fn problem(&self, path: &str, state: FileState, reason: &Reason) {
        if self.problems {
            self.bar.suspend(|| eprintln!("{state}: {path}: {}", reason.message));
        }
    }
}

fn minutes(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
