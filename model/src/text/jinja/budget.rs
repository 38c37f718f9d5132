//! What a template may use: one budget of bytes, spent and never given back.

use std::cell::Cell;
use std::rc::Rc;

/// Cost of one operation, in bytes: more than the fixed part of any value that an operation makes.
pub const STEP: usize = 64;

/// Why a template stops.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The budget is spent.
    Fuel,
    /// The output is full.
    Output,
    /// The template refuses, in its own words.
    Refused(Rc<str>),
    /// The template is wrong.
    Wrong(String),
}

/// A result of the interpreter.
pub type Run<T> = Result<T, Fault>;

/// The error of a template that is wrong.
pub fn wrong<T>(what: impl Into<String>) -> Run<T> {
    Err(Fault::Wrong(what.into()))
}

/// Bytes that a template may still make or read.
pub struct Budget(Cell<usize>);

impl Budget {
    /// A budget of `fuel` operations.
    pub fn new(fuel: u64) -> Self {
        Self(Cell::new(usize::try_from(fuel).unwrap_or(usize::MAX).saturating_mul(STEP)))
    }

    /// Spends `bytes`, before they are made. A spent budget stays spent.
    pub fn take(&self, bytes: usize) -> Run<()> {
        match self.0.get().checked_sub(bytes) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => {
                self.0.set(0);
                Err(Fault::Fuel)
            }
        }
    }

    /// Spends `count` times `bytes`.
    pub fn take_many(&self, count: usize, bytes: usize) -> Run<()> {
        self.take(count.saturating_mul(bytes))
    }
}

/// A text that pays for each byte before it grows.
pub struct Text<'b> {
    budget: &'b Budget,
    text: String,
    most: usize,
}

impl<'b> Text<'b> {
    /// An empty text of at most `most` bytes.
    pub fn new(budget: &'b Budget, most: usize) -> Self {
        Self { budget, text: String::new(), most }
    }

    /// Appends `s`.
    pub fn push(&mut self, s: &str) -> Run<()> {
        if s.len() > self.most - self.text.len() {
            return Err(Fault::Output);
        }
        self.budget.take(s.len())?;
        self.text.push_str(s);
        Ok(())
    }

    /// Appends `c`.
    pub fn push_char(&mut self, c: char) -> Run<()> {
        self.push(c.encode_utf8(&mut [0; 4]))
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.text
    }
}
