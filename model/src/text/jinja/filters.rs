//! The filters and tests that chat templates use.

use super::arguments::{Args, given};
use super::budget::{Budget, Run, STEP, Text, wrong};
use super::json::{tojson, width};
use super::methods;
use super::ops::{as_float, contains, item, order, same, slice};
use super::value::{SLOT, Value};
use std::cmp::Ordering;
use std::rc::Rc;

/// Filters that apply other filters or tests.
const HIGHER: [&str; 5] = ["map", "select", "reject", "selectattr", "rejectattr"];

/// Applies filter `name` to `value`.
pub fn apply(budget: &Budget, name: &str, value: &Value, args: &mut Args) -> Run<Value> {
    let result = match name {
        "default" | "d" => {
            let default = args.get(0, "default_value");
            let falsy = args.get(1, "boolean").is_some_and(|v| v.truth());
            let missing = matches!(value, Value::Undefined) || (falsy && !value.truth());
            if missing { default.map_or_else(|| Value::str(budget, ""), Ok)? } else { value.clone() }
        }
        "length" | "count" => Value::Int(length(budget, value)? as i64),
        "list" => Value::List(value.iterate(budget)?),
        "items" => methods::items(budget, value)?,
        "first" | "last" => {
            let at = Value::Int(if name == "first" { 0 } else { -1 });
            match value {
                Value::Map(_) => item(budget, &Value::List(value.iterate(budget)?), &at)?,
                Value::Undefined => Value::Undefined,
                Value::Str(_) | Value::List(_) => item(budget, value, &at)?,
                _ => return wrong(format!("a {} has no {name} item", value.kind())),
            }
        }
        "reverse" => match value {
            Value::Str(_) => slice(budget, value, [None, None, Some(-1)])?,
            _ => slice(budget, &Value::List(value.iterate(budget)?), [None, None, Some(-1)])?,
        },
        "join" => {
            let between = args.get(0, "d").map(|v| v.to_text(budget)).transpose()?;
            let items = match args.named("attribute") {
                Some(path) => attributes(budget, value, &path)?,
                None => value.clone(),
            };
            methods::join(budget, between.as_deref().unwrap_or(""), &items)?
        }
        "int" | "float" | "abs" | "round" => number(name, value, args)?,
        "sum" | "min" | "max" => fold(budget, name, value)?,
        "sort" | "unique" | "dictsort" => sorted(budget, name, value, args)?,
        "map" | "select" | "reject" | "selectattr" | "rejectattr" => higher(budget, name, value, args)?,
        "tojson" => tojson(budget, value, args)?,
        _ => return text(budget, name, value, args),
    };
    args.finish()?;
    Ok(result)
}

/// Filters of texts.
fn text(budget: &Budget, name: &str, value: &Value, args: &mut Args) -> Run<Value> {
    let s = value.to_text(budget)?;
    budget.take(s.len())?;
    let result = match name {
        "string" | "safe" => Value::Str(s),
        "trim" => methods::strip(budget, &s, "strip", given(args.get(0, "chars")))?,
        "upper" | "lower" | "capitalize" => methods::cased(budget, &s, name)?,
        "title" => {
            let mut out = Text::new(budget, usize::MAX);
            let mut inside = false;
            for c in s.chars() {
                for c in c.to_uppercase().filter(|_| !inside).chain(c.to_lowercase().filter(|_| inside)) {
                    out.push_char(c)?;
                }
                inside = !(c.is_whitespace() || "-({[<".contains(c));
            }
            Value::str(budget, &out.finish())?
        }
        "replace" => {
            let (old, new) = (args.need(0, "old")?.to_text(budget)?, args.need(1, "new")?.to_text(budget)?);
            let count = given(args.get(2, "count")).map(|v| v.int()).transpose()?;
            methods::replace(budget, &s, &old, &new, count)?
        }
        "escape" | "e" => {
            let mut out = Text::new(budget, usize::MAX);
            for c in s.chars() {
                match c {
                    '&' => out.push("&amp;")?,
                    '<' => out.push("&lt;")?,
                    '>' => out.push("&gt;")?,
                    '\'' => out.push("&#39;")?,
                    '"' => out.push("&#34;")?,
                    _ => out.push_char(c)?,
                }
            }
            Value::str(budget, &out.finish())?
        }
        "indent" => {
            let wide = args.get(0, "width").map_or(Ok(4), |v| width(&v))?;
            let first = args.get(1, "first").is_some_and(|v| v.truth());
            let blank = args.get(2, "blank").is_some_and(|v| v.truth());
            let (margin, mut out) = (" ".repeat(wide), Text::new(budget, usize::MAX));
            for (i, line) in s.split('\n').enumerate() {
                out.push(if i == 0 { "" } else { "\n" })?;
                let indented = if i == 0 { first } else { blank || !line.is_empty() };
                out.push(if indented { &margin } else { "" })?;
                out.push(line)?;
            }
            Value::str(budget, &out.finish())?
        }
        _ => return wrong(format!("the filter {name} is unknown")),
    };
    args.finish()?;
    Ok(result)
}

fn length(budget: &Budget, value: &Value) -> Run<usize> {
    match value {
        Value::Undefined => Ok(0),
        Value::Str(s) => {
            budget.take(s.len() / 4)?;
            Ok(s.chars().count())
        }
        Value::List(list) => Ok(list.items.len()),
        Value::Map(map) => Ok(map.entries.len()),
        _ => wrong(format!("a {} has no length", value.kind())),
    }
}

fn number(name: &str, value: &Value, args: &mut Args) -> Run<Value> {
    Ok(match (name, value) {
        ("abs", Value::Float(f)) => Value::Float(f.abs()),
        ("abs", _) => {
            value.int()?.checked_abs().map_or_else(|| wrong("a number is too large"), |n| Ok(Value::Int(n)))?
        }
        ("round", _) => {
            let digits = args.get(0, "precision").map_or(Ok(0), |v| v.int())?.clamp(0, 15);
            let Some(f) = as_float(value) else { return wrong(format!("a {} cannot be rounded", value.kind())) };
            let scale = 10f64.powi(digits as i32);
            let rounded = (f * scale).round_ties_even() / scale;
            Value::Float(if rounded.is_finite() { rounded } else { f })
        }
        ("float", _) => {
            let parsed = match value {
                Value::Str(s) => s.trim().parse().ok(),
                _ => as_float(value),
            };
            let default = args.get(0, "default").unwrap_or(Value::Float(0.0));
            parsed.map_or(default, Value::Float)
        }
        _ => {
            let parsed = match value {
                Value::Str(s) => s.trim().parse().ok().or_else(|| s.trim().parse::<f64>().ok().and_then(whole)),
                Value::Float(f) => whole(*f),
                _ => value.int().ok(),
            };
            let default = args.get(0, "default").unwrap_or(Value::Int(0));
            parsed.map_or(default, Value::Int)
        }
    })
}

fn whole(f: f64) -> Option<i64> {
    // 2^63 and its negative are exact.
    (f.abs() < 9_223_372_036_854_775_808.0).then_some(f.trunc() as i64)
}

fn fold(budget: &Budget, name: &str, value: &Value) -> Run<Value> {
    let list = value.iterate(budget)?;
    let mut items = list.items.iter().cloned();
    let start = if name == "sum" { Some(Value::Int(0)) } else { items.next() };
    let Some(mut best) = start else { return Ok(Value::Undefined) };
    for item in items {
        budget.take(STEP / 4)?;
        best = match name {
            "sum" => super::ops::binary(budget, super::ast::Binary::Add, &best, &item)?,
            "min" if order(budget, &item, &best)? == Ordering::Less => item,
            "max" if order(budget, &item, &best)? == Ordering::Greater => item,
            _ => best,
        };
    }
    Ok(best)
}

/// What a path like `a.b` names inside of `value`.
fn attribute(budget: &Budget, value: &Value, path: &Value) -> Run<Value> {
    let Value::Str(path) = path else { return item(budget, value, path) };
    budget.take(path.len())?;
    let mut value = value.clone();
    for name in path.split('.') {
        value = match name.parse() {
            Ok(i) => item(budget, &value, &Value::Int(i))?,
            Err(_) => item(budget, &value, &Value::Str(name.into()))?,
        };
    }
    Ok(value)
}

fn attributes(budget: &Budget, value: &Value, path: &Value) -> Run<Value> {
    let mut items = Vec::new();
    for item in &value.iterate(budget)?.items {
        budget.take(SLOT)?;
        items.push(attribute(budget, item, path)?);
    }
    Value::list(items)
}

fn higher(budget: &Budget, name: &str, value: &Value, args: &mut Args) -> Run<Value> {
    if name == "map" {
        if let Some(path) = args.named("attribute") {
            let default = args.named("default");
            let mut items = Vec::new();
            for item in &value.iterate(budget)?.items {
                budget.take(SLOT)?;
                let found = attribute(budget, item, &path)?;
                items.push(match &default {
                    Some(default) if matches!(found, Value::Undefined) => default.clone(),
                    _ => found,
                });
            }
            return Value::list(items);
        }
        let filter = args.need(0, "filter")?;
        let filter = filter.text()?;
        if HIGHER.contains(&&**filter) {
            return wrong(format!("map cannot apply {filter}"));
        }
        let mut items = Vec::new();
        let rest = args.behind(1);
        for item in &value.iterate(budget)?.items {
            budget.take(SLOT + STEP)?;
            items.push(apply(budget, filter, item, &mut rest.copy(budget)?)?);
        }
        return Value::list(items);
    }
    let path = if name.ends_with("attr") { Some(args.need(0, "attribute")?) } else { None };
    let mut rest = args.behind(usize::from(path.is_some()));
    let test = rest.get(0, "test");
    let rest = rest.behind(1);
    let keep = name.starts_with("select");
    let mut items = Vec::new();
    for item in &value.iterate(budget)?.items {
        budget.take(SLOT + STEP)?;
        let tested = match &path {
            Some(path) => attribute(budget, item, path)?,
            None => item.clone(),
        };
        let holds = match &test {
            Some(test) => holds(budget, test.text()?, &tested, &mut rest.copy(budget)?)?,
            None => tested.truth(),
        };
        if holds == keep {
            items.push(item.clone());
        }
    }
    Value::list(items)
}

fn sorted(budget: &Budget, name: &str, value: &Value, args: &mut Args) -> Run<Value> {
    let sensitive = args.named("case_sensitive").is_some_and(|v| v.truth());
    let path = args.named("attribute");
    let by_value =
        name == "dictsort" && args.named("by").is_some_and(|v| matches!(&v, Value::Str(s) if &**s == "value"));
    let reverse = args.get(0, "reverse").is_some_and(|v| v.truth());
    let list = if name == "dictsort" { methods::items(budget, value)? } else { Value::List(value.iterate(budget)?) };
    let mut keyed = Vec::new();
    for found in &list.iterate(budget)?.items {
        budget.take(2 * SLOT)?;
        let key = match &path {
            _ if name == "dictsort" => item(budget, found, &Value::Int(i64::from(by_value)))?,
            Some(path) => attribute(budget, found, path)?,
            None => found.clone(),
        };
        let key = match &key {
            Value::Str(s) if !sensitive => methods::cased(budget, s, "lower")?,
            _ => key,
        };
        keyed.push((key, found.clone()));
    }
    if name == "unique" {
        let mut kept: Vec<(Value, Value)> = Vec::new();
        'next: for (key, found) in keyed {
            for (other, _) in &kept {
                if same(budget, &key, other)? {
                    continue 'next;
                }
            }
            kept.push((key, found));
        }
        return Value::list(kept.into_iter().map(|(_, found)| found).collect());
    }
    let sorted = merge_sort(budget, keyed, reverse)?;
    budget.take_many(sorted.len(), SLOT)?;
    Value::list(sorted.into_iter().map(|(_, found)| found).collect())
}

/// Sorts by the first of each pair, stably. The standard library's sort may panic where an order contradicts itself.
fn merge_sort(budget: &Budget, mut left: Vec<(Value, Value)>, reverse: bool) -> Run<Vec<(Value, Value)>> {
    if left.len() < 2 {
        return Ok(left);
    }
    budget.take_many(left.len(), 2 * SLOT)?;
    let right = merge_sort(budget, left.split_off(left.len() / 2), reverse)?;
    let left = merge_sort(budget, left, reverse)?;
    let mut sorted = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
        let found = order(budget, b, a)?;
        let second = if reverse { found == Ordering::Greater } else { found == Ordering::Less };
        sorted.extend(if second { right.next() } else { left.next() });
    }
    sorted.extend(left.chain(right));
    Ok(sorted)
}

/// Whether test `name` holds for `value`.
pub fn holds(budget: &Budget, name: &str, value: &Value, args: &mut Args) -> Run<bool> {
    let result = match name {
        "defined" => !matches!(value, Value::Undefined),
        "undefined" => matches!(value, Value::Undefined),
        "none" => matches!(value, Value::None),
        "true" => matches!(value, Value::Bool(true)),
        "false" => matches!(value, Value::Bool(false)),
        "boolean" => matches!(value, Value::Bool(_)),
        "integer" => matches!(value, Value::Int(_)),
        "float" => matches!(value, Value::Float(_)),
        "number" => as_float(value).is_some(),
        "string" => matches!(value, Value::Str(_)),
        "mapping" => matches!(value, Value::Map(_)),
        "iterable" | "sequence" => {
            matches!(value, Value::Str(_) | Value::List(_) | Value::Map(_) | Value::Undefined)
        }
        "callable" => matches!(value, Value::Macro(_) | Value::Function(_)),
        "odd" => value.int()? & 1 == 1,
        "even" => value.int()? & 1 == 0,
        "divisibleby" => match args.need(0, "num")?.int()? {
            0 => return wrong("division by zero"),
            by => value.int()?.wrapping_rem(by) == 0,
        },
        "lower" | "upper" => {
            let s = value.to_text(budget)?;
            budget.take(s.len())?;
            let (lower, upper) = (s.chars().any(char::is_lowercase), s.chars().any(char::is_uppercase));
            if name == "lower" { lower && !upper } else { upper && !lower }
        }
        "in" => contains(budget, &args.need(0, "seq")?, value)?,
        "eq" | "equalto" | "==" => same(budget, value, &args.need(0, "other")?)?,
        "ne" | "!=" => !same(budget, value, &args.need(0, "other")?)?,
        "lt" | "lessthan" | "<" => order(budget, value, &args.need(0, "other")?)?.is_lt(),
        "le" | "<=" => order(budget, value, &args.need(0, "other")?)?.is_le(),
        "gt" | "greaterthan" | ">" => order(budget, value, &args.need(0, "other")?)?.is_gt(),
        "ge" | ">=" => order(budget, value, &args.need(0, "other")?)?.is_ge(),
        "sameas" => match (value, &args.need(0, "other")?) {
            (Value::List(a), Value::List(b)) => Rc::ptr_eq(a, b),
            (Value::Map(a), Value::Map(b)) => Rc::ptr_eq(a, b),
            (a, b) => a.kind() == b.kind() && same(budget, a, b)?,
        },
        _ => return wrong(format!("the test {name} is unknown")),
    };
    args.finish()?;
    Ok(result)
}
