//! The text of one job, shown as it comes.

use crate::session::{Event, Events};
use assay_model::text::{TokenStream, Tokenizer};
use assay_verifier::cli::progress::Progress;
use std::io::Write;
use std::time::Instant;

/// Streams the text to standard output unless that is for JSON, and keeps it for the report.
pub struct Screen<'t> {
    prompt: Progress,
    tokenizer: &'t Tokenizer,
    stream: TokenStream<'t>,
    text: String,
    shown: bool,
    started: Instant,
    first_token: Option<f64>,
}

impl<'t> Screen<'t> {
    pub fn new(tokenizer: &'t Tokenizer, json: bool, started: Instant, prompt: usize) -> Self {
        Screen {
            prompt: Progress::new("reading the prompt", prompt as u64),
            tokenizer,
            stream: tokenizer.stream(),
            text: String::new(),
            shown: !json,
            started,
            first_token: None,
        }
    }

    fn token(&mut self, token: u32) {
        if self.first_token.is_none() {
            self.first_token = Some(self.started.elapsed().as_secs_f64());
            self.prompt.finish();
        }
        let piece = self.stream.push(token);
        self.show(&piece);
        self.text.push_str(&piece);
    }

    /// What was shown is not the text.
    fn again(&mut self) {
        self.stream = self.tokenizer.stream();
        self.text.clear();
        self.show("\n\nThe text so far was computed wrongly. It is:\n\n");
    }

    fn show(&self, piece: &str) {
        if self.shown {
            let mut out = std::io::stdout().lock();
            // A closed terminal must not end a job that will be paid.
            let _ = out.write_all(piece.as_bytes()).and_then(|()| out.flush());
        }
    }

    /// The whole text, and seconds from the start to its first token.
    pub fn finish(mut self) -> (String, f64) {
        let stream = std::mem::take(&mut self.text);
        let rest = self.stream.finish();
        let text = stream + &rest;
        if self.shown {
            let _ = writeln!(std::io::stdout(), "{rest}\n");
        }
        (text, self.first_token.unwrap_or(0.0))
    }
}

impl Events for Screen<'_> {
    fn event(&mut self, _: usize, event: Event) {
        match event {
            Event::Prompt(done) => self.prompt.at(done as u64),
            Event::Token(token) => self.token(token),
            Event::Wrong => self.again(),
        }
    }
}
