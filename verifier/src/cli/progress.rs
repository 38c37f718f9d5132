//! Progress of long work: a bar on a terminal, JSON lines on standard error otherwise.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Time between two JSON lines.
const INTERVAL: Duration = Duration::from_secs(2);

/// Progress of one piece of work.
pub struct Progress {
    bar: ProgressBar,
    what: &'static str,
    total: u64,
    /// When the last line was printed; `None` on a terminal.
    lines: Option<Instant>,
}

impl Progress {
    /// Progress over `total` units of `what`.
    pub fn new(what: &'static str, total: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        Progress { bar, what, total, lines: (!terminal).then(Instant::now) }
    }

    /// `done` units are done.
    pub fn at(&mut self, done: u64) {
        self.bar.set_position(done);
        if let Some(last) = &mut self.lines
            && last.elapsed() >= INTERVAL
        {
            *last = Instant::now();
            eprintln!("{}", serde_json::json!({ "progress": self.what, "done": done, "total": self.total }));
        }
    }

    /// Takes the bar off the screen; dropping does so too.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}
