//! The methods of Python strings and dictionaries that chat templates call.

use super::arguments::{Args, given};
use super::budget::{Budget, Run, STEP, Text, wrong};
use super::value::{ENTRY, SLOT, Value};
use std::rc::Rc;

/// Calls method `name` of `value`; nothing if there is no such method.
pub fn call(budget: &Budget, value: &Value, name: &str, args: &mut Args) -> Run<Option<Value>> {
    match value {
        Value::Str(s) => string(budget, s, name, args),
        Value::Map(_) => map(budget, value, name, args),
        _ => Ok(None),
    }
}

fn string(budget: &Budget, s: &Rc<str>, name: &str, args: &mut Args) -> Run<Option<Value>> {
    budget.take(s.len())?;
    Ok(Some(match name {
        "strip" | "lstrip" | "rstrip" => strip(budget, s, name, given(args.get(0, "chars")))?,
        "startswith" => Value::Bool(any_of(budget, &args.need(0, "prefix")?, |prefix| s.starts_with(prefix))?),
        "endswith" => Value::Bool(any_of(budget, &args.need(0, "suffix")?, |suffix| s.ends_with(suffix))?),
        "removeprefix" => Value::str(budget, s.strip_prefix(&**args.need(0, "prefix")?.text()?).unwrap_or(s))?,
        "removesuffix" => Value::str(budget, s.strip_suffix(&**args.need(0, "suffix")?.text()?).unwrap_or(s))?,
        "split" | "rsplit" => {
            let separator = given(args.get(0, "sep"));
            let limit = args.get(1, "maxsplit").map(|v| v.int()).transpose()?;
            let limit = limit.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
            split(budget, s, separator.as_ref(), limit, name == "rsplit")?
        }
        "splitlines" => collect(budget, s.lines())?,
        "replace" => {
            let (old, new) = (args.need(0, "old")?, args.need(1, "new")?);
            let count = args.get(2, "count").map(|v| v.int()).transpose()?;
            replace(budget, s, old.text()?, new.text()?, count)?
        }
        "join" => join(budget, s, &args.need(0, "items")?)?,
        "find" => {
            let part = args.need(0, "part")?;
            let at = s.find(&**part.text()?);
            Value::Int(at.map_or(-1, |at| s[..at].chars().count() as i64))
        }
        "count" => Value::Int(s.matches(&**args.need(0, "part")?.text()?).count() as i64),
        "upper" | "lower" | "title" | "capitalize" => cased(budget, s, name)?,
        "isdigit" => Value::Bool(!s.is_empty() && s.chars().all(char::is_numeric)),
        "isalpha" => Value::Bool(!s.is_empty() && s.chars().all(char::is_alphabetic)),
        "isspace" => Value::Bool(!s.is_empty() && s.chars().all(char::is_whitespace)),
        _ => return Ok(None),
    }))
}

/// The text in another case; `title` begins a word behind each character that is no letter.
pub fn cased(budget: &Budget, s: &str, name: &str) -> Run<Value> {
    let mut out = Text::new(budget, usize::MAX);
    let mut inside = false;
    for c in s.chars() {
        let upper = name == "upper" || (name != "lower" && !inside);
        for c in c.to_uppercase().filter(|_| upper).chain(c.to_lowercase().filter(|_| !upper)) {
            out.push_char(c)?;
        }
        inside = name == "capitalize" || c.is_alphabetic();
    }
    Value::str(budget, &out.finish())
}

/// The text without the characters `chars`, or white space, at its ends.
pub fn strip(budget: &Budget, s: &str, name: &str, chars: Option<Value>) -> Run<Value> {
    let mut set: Vec<char> = Vec::new();
    if let Some(chars) = &chars {
        let chars = chars.text()?;
        budget.take_many(chars.len(), 8)?;
        set.extend(chars.chars());
        set.sort_unstable();
    }
    let out = |c: char| if chars.is_some() { set.binary_search(&c).is_ok() } else { c.is_whitespace() };
    Value::str(
        budget,
        match name {
            "lstrip" => s.trim_start_matches(out),
            "rstrip" => s.trim_end_matches(out),
            _ => s.trim_matches(out),
        },
    )
}

/// Whether `test` holds for the one string, or any of the tuple, that is given.
fn any_of(budget: &Budget, what: &Value, test: impl Fn(&str) -> bool) -> Run<bool> {
    if let Value::Str(s) = what {
        return Ok(test(s));
    }
    let Value::List(list) = what else { return wrong("a string or a tuple of strings is needed") };
    for item in &list.items {
        let item = item.text()?;
        budget.take(STEP / 4 + item.len() / 4)?;
        if test(item) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn collect<'a>(budget: &Budget, parts: impl Iterator<Item = &'a str>) -> Run<Value> {
    let mut items = Vec::new();
    for part in parts {
        budget.take(SLOT)?;
        items.push(Value::str(budget, part)?);
    }
    Value::list(items)
}

fn split(budget: &Budget, s: &str, separator: Option<&Value>, limit: usize, from_end: bool) -> Run<Value> {
    let pieces = limit.saturating_add(1);
    let Some(separator) = separator else {
        if from_end && limit != usize::MAX {
            return wrong("rsplit needs a separator for a limit");
        }
        let mut rest = s.trim_start();
        let mut left = pieces;
        return collect(
            budget,
            std::iter::from_fn(|| {
                if rest.is_empty() {
                    return None;
                }
                let end = rest.find(char::is_whitespace).filter(|_| left > 1).unwrap_or(rest.len());
                let part = &rest[..end];
                rest = rest[end..].trim_start();
                left = left.saturating_sub(1);
                Some(part)
            }),
        );
    };
    let separator = &**separator.text()?;
    if separator.is_empty() {
        return wrong("split needs a separator that is not empty");
    }
    if from_end {
        let Value::List(list) = collect(budget, s.rsplitn(pieces, separator))? else { return wrong("no list") };
        budget.take_many(list.items.len(), SLOT)?;
        return Value::list(list.items.iter().rev().cloned().collect());
    }
    collect(budget, s.splitn(pieces, separator))
}

/// The text with `new` for the first `count` times that `old` is in it; for all of them without a count.
pub fn replace(budget: &Budget, s: &str, old: &str, new: &str, count: Option<i64>) -> Run<Value> {
    let count = count.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
    budget.take(s.len())?;
    let found = s.matches(old).take(count).count();
    budget.take(STEP + s.len())?;
    budget.take_many(found, new.len())?;
    Ok(Value::Str(s.replacen(old, new, count).into()))
}

/// The texts of `items` with `between` between them.
pub fn join(budget: &Budget, between: &str, items: &Value) -> Run<Value> {
    let mut out = Text::new(budget, usize::MAX);
    for (i, item) in items.iterate(budget)?.items.iter().enumerate() {
        budget.take(1)?;
        out.push(if i == 0 { "" } else { between })?;
        item.write(&mut out)?;
    }
    Value::str(budget, &out.finish())
}

fn map(budget: &Budget, value: &Value, name: &str, args: &mut Args) -> Run<Option<Value>> {
    Ok(Some(match (name, value) {
        ("items", _) => items(budget, value)?,
        ("keys", _) => Value::List(value.iterate(budget)?),
        ("values", Value::Map(map)) => {
            budget.take_many(map.entries.len(), SLOT)?;
            Value::list(map.entries.iter().map(|(_, value)| value.clone()).collect())?
        }
        ("get", _) => {
            let (key, default) = (args.need(0, "key")?, args.get(1, "default"));
            let found = value.lookup(budget, key.text()?)?;
            if matches!(found, Value::Undefined) { default.unwrap_or(Value::None) } else { found }
        }
        _ => return Ok(None),
    }))
}

/// The pairs of a map.
pub fn items(budget: &Budget, value: &Value) -> Run<Value> {
    match value {
        Value::Map(map) => {
            budget.take_many(map.entries.len(), SLOT + 2 * ENTRY)?;
            let pairs =
                map.entries.iter().map(|(key, value)| Value::tuple(vec![Value::Str(key.clone()), value.clone()]));
            Value::list(pairs.collect::<Run<_>>()?)
        }
        Value::Undefined => Value::list(Vec::new()),
        _ => wrong(format!("a {} has no items", value.kind())),
    }
}
