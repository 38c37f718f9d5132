//! `tojson`, as the Hugging Face libraries define it: Python's `json.dumps` without escapes for HTML.

use super::arguments::{Args, given};
use super::budget::{Budget, Run, Text, wrong};
use super::value::{Value, float};
use std::rc::Rc;

/// Most spaces by which `tojson` and `indent` indent.
pub const MAX_INDENT: i64 = 64;

struct Style {
    indent: Option<usize>,
    ascii: bool,
    sorted: bool,
    item: Rc<str>,
    key: Rc<str>,
}

/// The JSON text of `value`.
pub fn tojson(budget: &Budget, value: &Value, args: &mut Args) -> Run<Value> {
    // In the Hugging Face libraries the first argument without a name is `ensure_ascii`; Jinja's own is `indent`.
    let indent = given(args.get(0, "indent")).map(|v| width(&v)).transpose()?;
    let mut style = Style {
        indent,
        ascii: args.named("ensure_ascii").is_some_and(|v| v.truth()),
        sorted: args.named("sort_keys").is_some_and(|v| v.truth()),
        item: if indent.is_some() { "," } else { ", " }.into(),
        key: ": ".into(),
    };
    if let Some(separators) = given(args.named("separators")) {
        let pair = separators.iterate(budget)?;
        let [item, key] = &pair.items[..] else { return wrong("tojson needs two separators") };
        (style.item, style.key) = (item.text()?.clone(), key.text()?.clone());
    }
    let mut out = Text::new(budget, usize::MAX);
    write(&style, value, 0, &mut out)?;
    Value::str(budget, &out.finish())
}

/// A number of spaces.
pub fn width(value: &Value) -> Run<usize> {
    match value.int()? {
        n if n > MAX_INDENT => wrong("an indentation is too wide"),
        n => Ok(usize::try_from(n).unwrap_or(0)),
    }
}

fn line(style: &Style, depth: usize, out: &mut Text) -> Run<()> {
    let Some(indent) = style.indent else { return Ok(()) };
    out.push("\n")?;
    for _ in 0..depth {
        out.push(&" ".repeat(indent))?;
    }
    Ok(())
}

fn write(style: &Style, value: &Value, depth: usize, out: &mut Text) -> Run<()> {
    match value {
        Value::None => out.push("null"),
        Value::Bool(b) => out.push(if *b { "true" } else { "false" }),
        Value::Int(i) => out.push(&i.to_string()),
        Value::Float(f) if f.is_finite() => out.push(&float(*f)),
        Value::Str(s) => string(style, s, out),
        Value::List(list) => {
            out.push("[")?;
            for (i, item) in list.items.iter().enumerate() {
                out.push(if i == 0 { "" } else { &style.item })?;
                line(style, depth + 1, out)?;
                write(style, item, depth + 1, out)?;
            }
            if !list.items.is_empty() {
                line(style, depth, out)?;
            }
            out.push("]")
        }
        Value::Map(map) => {
            out.push("{")?;
            let mut order: Vec<usize> = (0..map.entries.len()).collect();
            if style.sorted {
                order.sort_by(|a, b| map.entries[*a].0.cmp(&map.entries[*b].0));
            }
            for (i, at) in order.iter().enumerate() {
                let (key, item) = &map.entries[*at];
                out.push(if i == 0 { "" } else { &style.item })?;
                line(style, depth + 1, out)?;
                string(style, key, out)?;
                out.push(&style.key)?;
                write(style, item, depth + 1, out)?;
            }
            if !map.entries.is_empty() {
                line(style, depth, out)?;
            }
            out.push("}")
        }
        _ => wrong(format!("a {} has no JSON", value.kind())),
    }
}

fn string(style: &Style, s: &str, out: &mut Text) -> Run<()> {
    out.push("\"")?;
    for c in s.chars() {
        match c {
            '"' => out.push("\\\"")?,
            '\\' => out.push("\\\\")?,
            '\n' => out.push("\\n")?,
            '\r' => out.push("\\r")?,
            '\t' => out.push("\\t")?,
            '\u{8}' => out.push("\\b")?,
            '\u{c}' => out.push("\\f")?,
            _ if c < ' ' || (style.ascii && c > '~') => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push(&format!("\\u{unit:04x}"))?;
                }
            }
            _ => out.push_char(c)?,
        }
    }
    out.push("\"")
}
