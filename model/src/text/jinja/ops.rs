//! Operators: what they make is paid for before it is made.

use super::ast::Binary;
use super::budget::{Budget, Run, STEP, wrong};
use super::value::{List, SLOT, Value};
use std::cmp::Ordering;
use std::rc::Rc;

/// `left op right`.
pub fn binary(budget: &Budget, op: Binary, left: &Value, right: &Value) -> Run<Value> {
    match (op, left, right) {
        (Binary::Concat, ..) => concat(budget, &left.to_text(budget)?, &right.to_text(budget)?),
        (Binary::Add, Value::Str(a), Value::Str(b)) => concat(budget, a, b),
        (Binary::Add, Value::List(a), Value::List(b)) if a.tuple == b.tuple => {
            budget.take_many(a.items.len() + b.items.len(), SLOT)?;
            Ok(Value::List(Rc::new(List::new(a.items.iter().chain(&b.items).cloned().collect(), a.tuple)?)))
        }
        (Binary::Mul, Value::Str(s), n @ (Value::Int(_) | Value::Bool(_)))
        | (Binary::Mul, n @ (Value::Int(_) | Value::Bool(_)), Value::Str(s)) => {
            let n = usize::try_from(n.int()?).unwrap_or(0);
            budget.take_many(n, s.len())?;
            budget.take(STEP)?;
            Ok(Value::Str(s.repeat(if s.is_empty() { 0 } else { n }).into()))
        }
        (Binary::Mul, Value::List(list), n @ (Value::Int(_) | Value::Bool(_)))
        | (Binary::Mul, n @ (Value::Int(_) | Value::Bool(_)), Value::List(list)) => {
            let n = usize::try_from(n.int()?).unwrap_or(0);
            budget.take_many(list.items.len().saturating_mul(n), SLOT)?;
            let mut items = Vec::new();
            for _ in 0..if list.items.is_empty() { 0 } else { n } {
                items.extend(list.items.iter().cloned());
            }
            Ok(Value::List(Rc::new(List::new(items, list.tuple)?)))
        }
        _ => number(op, left, right),
    }
}

fn concat(budget: &Budget, a: &str, b: &str) -> Run<Value> {
    budget.take(a.len() + b.len() + STEP)?;
    Ok(Value::Str([a, b].concat().into()))
}

fn number(op: Binary, left: &Value, right: &Value) -> Run<Value> {
    let whole = |v: &Value| matches!(v, Value::Int(_) | Value::Bool(_));
    if whole(left) && whole(right) {
        let (a, b) = (left.int()?, right.int()?);
        if b == 0 && matches!(op, Binary::Div | Binary::FloorDiv | Binary::Rem) {
            return wrong("division by zero");
        }
        let result = match op {
            Binary::Add => a.checked_add(b),
            Binary::Sub => a.checked_sub(b),
            Binary::Mul => a.checked_mul(b),
            Binary::Pow if b >= 0 => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
            // Towards minus infinity, as in Python.
            Binary::FloorDiv => a.checked_div(b).map(|q| q - i64::from(a.wrapping_rem(b) != 0 && (a < 0) != (b < 0))),
            Binary::Rem => Some(a.wrapping_rem(b)).map(|r| if r != 0 && (r < 0) != (b < 0) { r + b } else { r }),
            _ => return float(op, a as f64, b as f64),
        };
        return result.map_or_else(|| wrong("a number is too large"), |n| Ok(Value::Int(n)));
    }
    match (as_float(left), as_float(right)) {
        (Some(a), Some(b)) => float(op, a, b),
        _ => wrong(format!("an operator between {} and {}", left.kind(), right.kind())),
    }
}

fn float(op: Binary, a: f64, b: f64) -> Run<Value> {
    if b == 0.0 && matches!(op, Binary::Div | Binary::FloorDiv | Binary::Rem) {
        return wrong("division by zero");
    }
    Ok(Value::Float(match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::FloorDiv => (a / b).floor(),
        Binary::Rem => a - b * (a / b).floor(),
        _ => a.powf(b),
    }))
}

/// A number or boolean as a float.
pub fn as_float(v: &Value) -> Option<f64> {
    match v {
        Value::Int(i) => Some(*i as f64),
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        Value::Float(f) => Some(*f),
        _ => None,
    }
}

/// `-v`.
pub fn negate(v: &Value) -> Run<Value> {
    match v {
        Value::Float(f) => Ok(Value::Float(-f)),
        _ => v.int()?.checked_neg().map_or_else(|| wrong("a number is too large"), |n| Ok(Value::Int(n))),
    }
}

/// Whether two values are equal.
pub fn same(budget: &Budget, a: &Value, b: &Value) -> Run<bool> {
    budget.take(STEP / 4)?;
    Ok(match (a, b) {
        (Value::Undefined, Value::Undefined) | (Value::None, Value::None) => true,
        (Value::Str(a), Value::Str(b)) => {
            budget.take(a.len().min(b.len()) / 4)?;
            a == b
        }
        (Value::List(a), Value::List(b)) => {
            if a.tuple != b.tuple || a.items.len() != b.items.len() {
                return Ok(false);
            }
            for (a, b) in a.items.iter().zip(&b.items) {
                if !same(budget, a, b)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(a), Value::Map(b)) => {
            if a.entries.len() != b.entries.len() {
                return Ok(false);
            }
            let other = Value::Map(b.clone());
            for (key, value) in &a.entries {
                if !same(budget, value, &other.lookup(budget, key)?)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Namespace(a), Value::Namespace(b)) => Rc::ptr_eq(a, b),
        (Value::Int(a), Value::Int(b)) => a == b,
        _ => matches!((as_float(a), as_float(b)), (Some(a), Some(b)) if a == b),
    })
}

/// The order of two values: numbers, texts, or lists of them.
pub fn order(budget: &Budget, a: &Value, b: &Value) -> Run<Ordering> {
    budget.take(STEP / 4)?;
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => {
            budget.take(a.len().min(b.len()) / 4)?;
            Ok(a.cmp(b))
        }
        (Value::List(a), Value::List(b)) => {
            for (a, b) in a.items.iter().zip(&b.items) {
                if !same(budget, a, b)? {
                    return order(budget, a, b);
                }
            }
            Ok(a.items.len().cmp(&b.items.len()))
        }
        (Value::Int(a), Value::Int(b)) => Ok(a.cmp(b)),
        _ => match (as_float(a), as_float(b)) {
            (Some(a), Some(b)) => Ok(a.partial_cmp(&b).unwrap_or(Ordering::Greater)),
            _ => wrong(format!("{} and {} have no order", a.kind(), b.kind())),
        },
    }
}

/// `item in container`.
pub fn contains(budget: &Budget, container: &Value, item: &Value) -> Run<bool> {
    match container {
        Value::Undefined => Ok(false),
        Value::Str(s) => {
            let part = item.text()?;
            budget.take(s.len() / 4)?;
            Ok(s.contains(&**part))
        }
        Value::List(list) => {
            for other in &list.items {
                if same(budget, item, other)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Map(map) => {
            let Value::Str(key) = item else { return Ok(false) };
            budget.take_many(map.entries.len(), STEP / 4)?;
            Ok(map.entries.iter().any(|(k, _)| k == key))
        }
        _ => wrong(format!("nothing is in a {}", container.kind())),
    }
}

/// `value[key]`.
pub fn item(budget: &Budget, value: &Value, key: &Value) -> Run<Value> {
    match (value, key) {
        (Value::List(list), Value::Int(i)) => {
            Ok(at(*i, list.items.len()).and_then(|i| list.items.get(i)).cloned().unwrap_or(Value::Undefined))
        }
        (Value::Str(s), Value::Int(i)) => {
            budget.take(s.len() / 4)?;
            let c = at(*i, s.chars().count()).and_then(|i| s.chars().nth(i));
            c.map_or(Ok(Value::Undefined), |c| Value::str(budget, c.encode_utf8(&mut [0; 4])))
        }
        (Value::Undefined, _) => wrong("an item of an undefined value"),
        (_, Value::Str(key)) => value.lookup(budget, key),
        _ => Ok(Value::Undefined),
    }
}

/// The index that `i` names, from the end if it is negative.
fn at(i: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    usize::try_from(if i < 0 { i.checked_add(length)? } else { i }).ok()
}

/// `value[start:stop:step]`.
pub fn slice(budget: &Budget, value: &Value, parts: [Option<i64>; 3]) -> Run<Value> {
    match value {
        Value::Str(s) => {
            budget.take_many(s.len(), 4)?;
            let chars: Vec<char> = s.chars().collect();
            let taken: String = places(chars.len(), parts)?.filter_map(|i| chars.get(i)).collect();
            Value::str(budget, &taken)
        }
        Value::List(list) => {
            let places = places(list.items.len(), parts)?;
            budget.take_many(list.items.len(), SLOT)?;
            let items = places.filter_map(|i| list.items.get(i)).cloned().collect();
            Ok(Value::List(Rc::new(List::new(items, list.tuple)?)))
        }
        Value::Undefined => Value::list(Vec::new()),
        _ => wrong(format!("a {} has no slices", value.kind())),
    }
}

/// The indices of a slice of `length` items, by Python's rules.
fn places(length: usize, [start, stop, step]: [Option<i64>; 3]) -> Run<impl Iterator<Item = usize>> {
    let length = length as i64;
    let step = step.unwrap_or(1);
    if step == 0 {
        return wrong("a slice with step 0");
    }
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |i: i64| (if i < 0 { i.saturating_add(length) } else { i }).clamp(low, high);
    let (from, to) = if step > 0 { (low, high) } else { (high, low) };
    let (start, stop) = (start.map_or(from, bound), stop.map_or(to, bound));
    let next = move |i: &i64| i.checked_add(step);
    let inside = move |i: &i64| if step > 0 { *i < stop } else { *i > stop };
    Ok(std::iter::successors(Some(start), next).take_while(inside).filter_map(|i| usize::try_from(i).ok()))
}
