//! The methods of Python strings, lists and dictionaries that chat templates call.

use minijinja::value::{Kwargs, Value, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State};

/// Longest string a method may make.
const MAX_STRING: usize = 4 << 20;

/// Calls method `name` of `value`.
pub fn call(state: &mut State, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    match value.kind() {
        ValueKind::String => string(value.as_str().unwrap_or_default(), name, args),
        ValueKind::Map => map(state, value, name, args),
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}

fn string(s: &str, name: &str, args: &[Value]) -> Result<Value, Error> {
    Ok(match name {
        "strip" | "lstrip" | "rstrip" => Value::from(strip(s, name, from_args::<(Option<&str>,)>(args)?.0)),
        "startswith" => Value::from(any_of(args, |prefix| s.starts_with(prefix))?),
        "endswith" => Value::from(any_of(args, |suffix| s.ends_with(suffix))?),
        "split" => Value::from(split(s, args)?),
        "splitlines" => {
            from_args::<()>(args)?;
            Value::from(s.lines().map(Value::from).collect::<Vec<_>>())
        }
        "replace" => {
            let (old, new, count): (&str, &str, Option<usize>) = from_args(args)?;
            Value::from(replace(s, old, new, count.unwrap_or(usize::MAX))?)
        }
        "join" => {
            let (items,): (&Value,) = from_args(args)?;
            let mut out = String::new();
            for (i, item) in items.try_iter()?.enumerate() {
                let item = item.to_string();
                within(out.len() + s.len() + item.len())?;
                out.push_str(if i == 0 { "" } else { s });
                out.push_str(&item);
            }
            Value::from(out)
        }
        "find" => {
            let (part,): (&str,) = from_args(args)?;
            Value::from(s.find(part).map_or(-1, |at| s[..at].chars().count() as i64))
        }
        "count" => {
            let (part,): (&str,) = from_args(args)?;
            Value::from(s.matches(part).count())
        }
        "upper" | "lower" | "title" | "capitalize" | "isdigit" | "isalpha" | "isspace" => {
            from_args::<()>(args)?;
            plain(s, name)
        }
        _ => return Err(Error::from(ErrorKind::UnknownMethod)),
    })
}

fn plain(s: &str, name: &str) -> Value {
    let all = |f: fn(char) -> bool| Value::from(!s.is_empty() && s.chars().all(f));
    match name {
        "upper" => Value::from(s.to_uppercase()),
        "lower" => Value::from(s.to_lowercase()),
        "isdigit" => all(char::is_numeric),
        "isalpha" => all(char::is_alphabetic),
        "isspace" => all(char::is_whitespace),
        _ => {
            let mut inside = false;
            let mut out = String::with_capacity(s.len());
            for c in s.chars() {
                if inside {
                    out.extend(c.to_lowercase())
                } else {
                    out.extend(c.to_uppercase())
                }
                inside = name == "capitalize" || c.is_alphabetic();
            }
            Value::from(out)
        }
    }
}

fn strip<'a>(s: &'a str, name: &str, chars: Option<&str>) -> &'a str {
    let out = |c: char| chars.map_or(c.is_whitespace(), |set| set.contains(c));
    match name {
        "lstrip" => s.trim_start_matches(out),
        "rstrip" => s.trim_end_matches(out),
        _ => s.trim_matches(out),
    }
}

/// Whether `test` holds for the one string, or any of the tuple, that is given.
fn any_of(args: &[Value], test: impl Fn(&str) -> bool) -> Result<bool, Error> {
    let (what,): (&Value,) = from_args(args)?;
    if let Some(s) = what.as_str() {
        return Ok(test(s));
    }
    Ok(what.try_iter()?.any(|v| v.as_str().is_some_and(&test)))
}

fn split(s: &str, args: &[Value]) -> Result<Vec<Value>, Error> {
    let (separator, limit, named): (Option<&str>, Option<i64>, Kwargs) = from_args(args)?;
    let separator = if named.has("sep") { named.get("sep")? } else { separator };
    let limit = if named.has("maxsplit") { Some(named.get("maxsplit")?) } else { limit };
    named.assert_all_used()?;
    let limit = limit.and_then(|n| usize::try_from(n).ok()).map_or(usize::MAX, |n| n.saturating_add(1));
    match separator {
        Some("") => Err(Error::new(ErrorKind::InvalidOperation, "split needs a separator that is not empty")),
        Some(separator) => Ok(s.splitn(limit, separator).map(Value::from).collect()),
        None => {
            let (mut rest, mut parts) = (s.trim_start(), Vec::new());
            while !rest.is_empty() {
                let end = rest.find(char::is_whitespace).filter(|_| parts.len() + 1 < limit).unwrap_or(rest.len());
                parts.push(Value::from(&rest[..end]));
                rest = rest[end..].trim_start();
            }
            Ok(parts)
        }
    }
}

fn replace(s: &str, old: &str, new: &str, count: usize) -> Result<String, Error> {
    let found = s.matches(old).take(count).count();
    within(found.saturating_mul(new.len()).saturating_add(s.len()))?;
    Ok(s.replacen(old, new, count))
}

fn within(length: usize) -> Result<(), Error> {
    if length > MAX_STRING { Err(Error::new(ErrorKind::InvalidOperation, "the string is too long")) } else { Ok(()) }
}

fn map(state: &mut State, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    match name {
        "items" => {
            from_args::<()>(args)?;
            state.apply_filter("items", std::slice::from_ref(value))
        }
        "keys" => {
            from_args::<()>(args)?;
            Ok(Value::from(value.try_iter()?.collect::<Vec<_>>()))
        }
        "values" => {
            from_args::<()>(args)?;
            Ok(Value::from(value.try_iter()?.map(|k| value.get_item(&k)).collect::<Result<Vec<_>, _>>()?))
        }
        "get" => {
            let (key, default): (&Value, Option<Value>) = from_args(args)?;
            let found = value.get_item(key)?;
            Ok(if found.is_undefined() { default.unwrap_or(Value::from(())) } else { found })
        }
        _ => Err(Error::from(ErrorKind::UnknownMethod)),
    }
}
