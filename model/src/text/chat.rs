//! Chat templates: messages to the prompt a model was trained on.
//!
//! A template is a Jinja program out of a model file, so it runs on limited fuel, recursion and output. It sees what
//! the Hugging Face libraries show it, with `trim_blocks` and `lstrip_blocks` set. It does not see the date:
//! `strftime_now` is undefined, so that the same messages give the same prompt everywhere; templates that ask for it
//! test whether it is there and carry a fixed date.
//!
//! Fuel also limits most memory: the engine charges it for every operation and for every 64 bytes that one makes, and asks
//! before it makes them, so that `s ~ s` cannot double without end. What is not limited is the text of a list, which is
//! charged when it is there: a list of lists can be longer than memory. Only render a template of a model you chose to run.

use super::python;
use super::vocabulary::MAX_TEMPLATE;
use crate::shown::Shown;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, context};
use std::error::Error as _;
use std::io;
use thiserror::Error;

/// Operations a template may take; 64 bytes that it makes count as one.
pub const FUEL: u64 = 1_000_000;
/// Nested calls and blocks.
const RECURSION: usize = 100;
/// Most bytes of a prompt.
pub const MAX_PROMPT: usize = 4 << 20;

/// Filters of the engine that no known template uses and that allocate whatever a number in the template says, in one
/// operation: a template of 36 bytes would end the process.
const UNBOUNDED: [&str; 4] = ["batch", "format", "indent", "slice"];
/// Most spaces by which `tojson` indents.
const MAX_INDENT: usize = 64;

/// Why a template gives no prompt.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChatError {
    /// The template is too long.
    #[error("the chat template has {0} bytes, more than the {max} allowed", max = MAX_TEMPLATE)]
    TooLong(usize),
    /// The template refuses these messages, in its own words.
    #[error("the chat template refuses these messages (line {line}): {reason}", reason = Shown(.reason))]
    Refused {
        /// Line of the template.
        line: usize,
        /// Its reason.
        reason: String,
    },
    /// The template takes too many operations.
    #[error("the chat template takes too many operations (stopped at line {0})")]
    Fuel(usize),
    /// The prompt is too long.
    #[error("the chat template writes more than {MAX_PROMPT} bytes")]
    Output,
    /// The template is wrong, or uses what is not there.
    #[error("the chat template fails at line {line}: {reason}", reason = Shown(.reason))]
    Template {
        /// Line of the template; 0 if the engine does not know.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

/// The prompt for `messages`, each a role and its content.
pub fn render(
    template: &str,
    messages: &[(&str, &str)],
    bos: &str,
    eos: &str,
    add_generation_prompt: bool,
) -> Result<String, ChatError> {
    render_within(FUEL, template, messages, bos, eos, add_generation_prompt)
}

/// As [`render`], with operations of the caller's choice: fewer than [`FUEL`], for tests that render millions of times.
pub fn render_within(
    fuel: u64,
    template: &str,
    messages: &[(&str, &str)],
    bos: &str,
    eos: &str,
    add_generation_prompt: bool,
) -> Result<String, ChatError> {
    if template.len() > MAX_TEMPLATE {
        return Err(ChatError::TooLong(template.len()));
    }
    let environment = environment(fuel);
    let compiled = environment.template_from_str(template).map_err(|e| failure(&e))?;
    let messages: Vec<Value> = messages.iter().map(|&(role, content)| context! { role, content }).collect();
    let mut out = Limited(Vec::new());
    let variables = context! { messages, bos_token => bos, eos_token => eos, add_generation_prompt };
    compiled.render_captured_to(variables, &mut out).map_err(|e| failure(&e))?;
    String::from_utf8(out.0).map_err(|e| ChatError::Template { line: 0, reason: e.to_string() })
}

fn environment(fuel: u64) -> Environment<'static> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true);
    if let Ok(syntax) = syntax.build() {
        environment.set_syntax(syntax);
    }
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(fuel));
    environment.set_recursion_limit(RECURSION);
    environment.set_unknown_method_callback(python::call);
    for name in UNBOUNDED {
        environment.remove_filter(name);
    }
    environment.add_filter("tojson", tojson);
    environment.add_function("raise_exception", |reason: String| -> Result<String, minijinja::Error> {
        Err(minijinja::Error::new(ErrorKind::InvalidOperation, "refused").with_source(Refusal(reason)))
    });
    environment
}

/// `tojson`, with no more indentation than a person reads.
fn tojson(value: &Value, indent: Option<Value>, args: Kwargs) -> Result<Value, minijinja::Error> {
    let asked = match &indent {
        Some(indent) => Some(indent.clone()),
        None => args.peek::<Option<Value>>("indent")?,
    };
    // A switch is as good as a number to the engine.
    let wide = |v: Value| bool::try_from(v.clone()).is_err() && usize::try_from(v).is_ok_and(|n| n > MAX_INDENT);
    if asked.is_some_and(wide) {
        return Err(minijinja::Error::new(ErrorKind::InvalidOperation, "tojson indents by too much"));
    }
    minijinja::filters::tojson(value, indent, args)
}

/// What a template passed to `raise_exception`.
#[derive(Debug, Error)]
#[error("{0}")]
struct Refusal(String);

/// A prompt that cannot grow without end.
struct Limited(Vec<u8>);

/// Marks a write beyond the limit.
#[derive(Debug, Error)]
#[error("too long")]
struct Full;

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_PROMPT {
            return Err(io::Error::other(Full));
        }
        self.0.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failure(error: &minijinja::Error) -> ChatError {
    let line = error.line().unwrap_or(0);
    if error.kind() == ErrorKind::OutOfFuel {
        return ChatError::Fuel(line);
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(Refusal(reason)) = inner.downcast_ref() {
            return ChatError::Refused { line, reason: reason.clone() };
        }
        if inner.downcast_ref::<io::Error>().is_some_and(|e| e.get_ref().is_some_and(|e| e.is::<Full>())) {
            return ChatError::Output;
        }
        if let Some(inner) = inner.downcast_ref::<minijinja::Error>()
            && inner.kind() == ErrorKind::OutOfFuel
        {
            return ChatError::Fuel(line);
        }
        cause = inner.source();
    }
    ChatError::Template { line, reason: error.detail().map_or_else(|| error.kind().to_string(), str::to_owned) }
}

#[cfg(test)]
#[path = "chat_tests.rs"]
mod tests;
