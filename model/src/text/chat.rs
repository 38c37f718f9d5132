//! Chat templates: messages to the prompt a model was trained on.
//!
//! A template is a Jinja program out of a model file, so a stranger wrote it: an interpreter of our own runs it within a
//! budget. It sees what the Hugging Face libraries show it, with `trim_blocks` and `lstrip_blocks` set. It does not see
//! the date: `strftime_now` is undefined, so that the same messages give the same prompt everywhere; templates that ask
//! for it test whether it is there and carry a fixed date.
//!
//! Rendering holds at most [`PER_FUEL`] · fuel + [`PER_BYTE`] · (bytes of the template and the messages) + [`FREE`] bytes.

use super::jinja::budget::{Budget, Fault, STEP};
use super::jinja::render as run;
use super::jinja::value::Value;
use super::vocabulary::MAX_TEMPLATE;
use crate::shown::Shown;
use thiserror::Error;

/// Operations a template may take; 64 bytes that it makes or reads count as one.
pub const FUEL: u64 = 1_000_000;
/// Most bytes that one operation of fuel pays for: those that it counts, and as many again three times while a text grows.
pub const PER_FUEL: usize = 4 * STEP;
/// Most bytes held for one byte of the template or of a message.
pub const PER_BYTE: usize = 256;
/// Bytes held whatever the template is.
pub const FREE: usize = 1 << 20;
/// Most bytes of a prompt.
pub const MAX_PROMPT: usize = 4 << 20;

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
    /// The template takes too many operations, or too much memory.
    #[error("the chat template takes too many operations or too much memory (stopped at line {0})")]
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
    let messages = messages.iter().map(|&(role, content)| message(role, content)).collect::<Result<_, _>>();
    let variables = messages.and_then(|messages| {
        Ok(vec![
            ("messages", Value::list(messages)?),
            ("bos_token", Value::Str(bos.into())),
            ("eos_token", Value::Str(eos.into())),
            ("add_generation_prompt", Value::Bool(add_generation_prompt)),
        ])
    });
    let variables = variables.map_err(|fault| failure(0, fault))?;
    run(template, variables, &Budget::new(fuel), MAX_PROMPT).map_err(|(line, fault)| failure(line as usize, fault))
}

/// A message as templates see it. The caller gave it, so the template does not pay for it.
fn message(role: &str, content: &str) -> Result<Value, Fault> {
    let entry = |key: &str, text: &str| (key.into(), Value::Str(text.into()));
    Value::map(&Budget::new(FUEL), vec![entry("role", role), entry("content", content)])
}

fn failure(line: usize, fault: Fault) -> ChatError {
    match fault {
        Fault::Fuel => ChatError::Fuel(line),
        Fault::Output => ChatError::Output,
        Fault::Refused(reason) => ChatError::Refused { line, reason: reason.to_string() },
        Fault::Wrong(reason) => ChatError::Template { line, reason },
    }
}

#[cfg(test)]
#[path = "chat_tests.rs"]
mod tests;
