//! The template language of chat templates: the part of Jinja that they use, as the Hugging Face libraries run it.
//!
//! A template is a stranger's program. An engine for pages trusts the author of the page: it shares values and writes them
//! without asking how long they become, it lets a namespace hold itself, it recurses as deep as a template nests. Here
//! everything is bounded by construction:
//!
//! - memory: each byte of a value or text is paid from one [`Budget`](budget::Budget) before it is made, and nothing is
//!   ever given back;
//! - time: each operation pays, and so does each byte or item that one walks over;
//! - the stack: trees, values and calls have a greatest depth, and no value can hold a namespace, so none holds itself.
//!
//! Not here, and refused by name: inheritance, `include` and `import`, `call` blocks, recursive loops, `do`, autoescaping,
//! integers beyond 64 bits, maps whose keys are not strings, filters that no known chat template uses.

mod arguments;
mod ast;
pub mod budget;
mod calls;
mod expressions;
mod filters;
mod json;
mod lex;
mod methods;
mod ops;
mod parse;
mod run;
pub mod value;

use budget::{Budget, Fault};
use value::Value;

/// What `source` writes with these variables, at most `most` bytes; an error comes with its line.
pub fn render(
    source: &str,
    variables: Vec<(&'static str, Value)>,
    budget: &Budget,
    most: usize,
) -> Result<String, (u32, Fault)> {
    let normal = if source.contains('\r') { source.replace("\r\n", "\n").replace('\r', "\n") } else { String::new() };
    let source = if normal.is_empty() { source } else { &normal };
    let template = parse::parse(source).map_err(|(line, what)| (line, Fault::Wrong(what)))?;
    run::run(&template, variables, budget, most)
}
