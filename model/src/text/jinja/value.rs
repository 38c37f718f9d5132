//! The values of a template.
//!
//! Values are shared, so a list can hold another one many times and its text can be much longer than its memory. What walks
//! through a value therefore pays for each step ([`Budget`]), and no value is nested deeper than [`MAX_DEPTH`], which bounds
//! the stack that walking and dropping take. A namespace is the only value that changes; nothing can hold one, so that there
//! are no cycles.

use super::budget::{Budget, Run, STEP, Text, wrong};
use std::cell::RefCell;
use std::rc::Rc;

/// Deepest nesting of lists and maps.
pub const MAX_DEPTH: u8 = 32;

/// A list or a tuple.
#[derive(Debug)]
pub struct List {
    pub items: Vec<Value>,
    pub tuple: bool,
    depth: u8,
}

/// A map, in the order of its definition.
#[derive(Debug)]
pub struct Map {
    pub entries: Vec<(Rc<str>, Value)>,
    depth: u8,
}

/// Where a loop is: `loop` in its body.
#[derive(Debug)]
pub struct Loop {
    pub items: Rc<List>,
    pub index: usize,
    pub depth: usize,
}

/// Attributes that a template sets.
pub type Namespace = RefCell<Vec<(Rc<str>, Value)>>;

/// A value. Cloning shares.
#[derive(Clone, Debug)]
pub enum Value {
    Undefined,
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Rc<str>),
    List(Rc<List>),
    Map(Rc<Map>),
    Namespace(Rc<Namespace>),
    Loop(Rc<Loop>),
    /// A macro, by its number in the template.
    Macro(usize),
    /// A function of the engine.
    Function(&'static str),
}

/// Cost of a slot of a list: a value, and the growth of the list.
pub const SLOT: usize = 2 * size_of::<Value>();
/// Cost of an entry of a map.
pub const ENTRY: usize = 2 * size_of::<(Rc<str>, Value)>();

impl Value {
    /// A text, paid for.
    pub fn str(budget: &Budget, s: &str) -> Run<Self> {
        budget.take(STEP + s.len())?;
        Ok(Self::Str(s.into()))
    }

    /// A list of items that are paid for.
    pub fn list(items: Vec<Value>) -> Run<Self> {
        Ok(Self::List(Rc::new(List::new(items, false)?)))
    }

    /// A tuple of items that are paid for.
    pub fn tuple(items: Vec<Value>) -> Run<Self> {
        Ok(Self::List(Rc::new(List::new(items, true)?)))
    }

    /// A map of entries that are paid for; of two with the same key the later one holds, in the place of the first.
    pub fn map(budget: &Budget, given: Vec<(Rc<str>, Value)>) -> Run<Self> {
        let mut entries: Vec<(Rc<str>, Value)> = Vec::new();
        let mut depth = 0;
        for (key, value) in given {
            depth = depth.max(value.nested()?);
            put(budget, &mut entries, key, value)?;
        }
        Ok(Self::Map(Rc::new(Map { entries, depth })))
    }

    /// The depth of what holds this value.
    fn nested(&self) -> Run<u8> {
        let depth = match self {
            Self::List(list) => list.depth,
            Self::Map(map) => map.depth,
            Self::Namespace(_) | Self::Loop(_) | Self::Macro(_) | Self::Function(_) => {
                return wrong(format!("a {} cannot be part of another value", self.kind()));
            }
            _ => 0,
        };
        if depth >= MAX_DEPTH { wrong("values are nested too deeply") } else { Ok(depth + 1) }
    }

    /// Its type, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::None => "none",
            Self::Bool(_) => "boolean",
            Self::Int(_) | Self::Float(_) => "number",
            Self::Str(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Namespace(_) => "namespace",
            Self::Loop(_) => "loop",
            Self::Macro(_) => "macro",
            Self::Function(_) => "function",
        }
    }

    /// Whether it counts as true.
    pub fn truth(&self) -> bool {
        match self {
            Self::Undefined | Self::None => false,
            Self::Bool(b) => *b,
            Self::Int(i) => *i != 0,
            Self::Float(f) => *f != 0.0,
            Self::Str(s) => !s.is_empty(),
            Self::List(list) => !list.items.is_empty(),
            Self::Map(map) => !map.entries.is_empty(),
            Self::Namespace(_) | Self::Loop(_) | Self::Macro(_) | Self::Function(_) => true,
        }
    }

    /// Its whole number.
    pub fn int(&self) -> Run<i64> {
        match self {
            Self::Int(i) => Ok(*i),
            Self::Bool(b) => Ok((*b).into()),
            _ => wrong(format!("a {} where a whole number is needed", self.kind())),
        }
    }

    /// Its text, if it is one.
    pub fn text(&self) -> Run<&Rc<str>> {
        match self {
            Self::Str(s) => Ok(s),
            _ => wrong(format!("a {} where a string is needed", self.kind())),
        }
    }

    /// What a loop over it sees.
    pub fn iterate(&self, budget: &Budget) -> Run<Rc<List>> {
        let mut items = Vec::new();
        match self {
            Self::List(list) => return Ok(list.clone()),
            Self::Undefined => {}
            Self::Str(s) => {
                for c in s.chars() {
                    budget.take(SLOT)?;
                    items.push(Self::str(budget, c.encode_utf8(&mut [0; 4]))?);
                }
            }
            Self::Map(map) => {
                budget.take_many(map.entries.len(), SLOT)?;
                items.extend(map.entries.iter().map(|(key, _)| Self::Str(key.clone())));
            }
            _ => return wrong(format!("a {} cannot be iterated", self.kind())),
        }
        Ok(Rc::new(List::new(items, false)?))
    }

    /// The value of `key` in a map or namespace; undefined if there is none.
    pub fn lookup(&self, budget: &Budget, key: &str) -> Run<Self> {
        match self {
            Self::Map(map) => find(budget, &map.entries, key),
            Self::Namespace(space) => find(budget, &space.borrow(), key),
            _ => Ok(Self::Undefined),
        }
    }

    /// Writes it as Python's `str` does.
    pub fn write(&self, out: &mut Text) -> Run<()> {
        match self {
            Self::Undefined => Ok(()),
            Self::Str(s) => out.push(s),
            _ => self.write_repr(out),
        }
    }

    /// Writes it as Python's `repr` does.
    fn write_repr(&self, out: &mut Text) -> Run<()> {
        match self {
            Self::Undefined => out.push("Undefined"),
            Self::None => out.push("None"),
            Self::Bool(b) => out.push(if *b { "True" } else { "False" }),
            Self::Int(i) => out.push(&i.to_string()),
            Self::Float(f) => out.push(&float(*f)),
            Self::Str(s) => {
                let quote = if s.contains('\'') && !s.contains('"') { '"' } else { '\'' };
                out.push_char(quote)?;
                for c in s.chars() {
                    match c {
                        '\\' => out.push("\\\\")?,
                        '\n' => out.push("\\n")?,
                        '\r' => out.push("\\r")?,
                        '\t' => out.push("\\t")?,
                        _ if c == quote => {
                            out.push("\\")?;
                            out.push_char(c)?;
                        }
                        _ if c.is_ascii_control() => out.push(&format!("\\x{:02x}", u32::from(c)))?,
                        _ => out.push_char(c)?,
                    }
                }
                out.push_char(quote)
            }
            Self::List(list) => {
                out.push(if list.tuple { "(" } else { "[" })?;
                for (i, item) in list.items.iter().enumerate() {
                    out.push(if i == 0 { "" } else { ", " })?;
                    item.write_repr(out)?;
                }
                out.push(match (list.tuple, list.items.len()) {
                    (true, 1) => ",)",
                    (true, _) => ")",
                    _ => "]",
                })
            }
            Self::Map(map) => {
                out.push("{")?;
                for (i, (key, value)) in map.entries.iter().enumerate() {
                    out.push(if i == 0 { "" } else { ", " })?;
                    Self::Str(key.clone()).write_repr(out)?;
                    out.push(": ")?;
                    value.write_repr(out)?;
                }
                out.push("}")
            }
            Self::Namespace(_) | Self::Loop(_) | Self::Macro(_) | Self::Function(_) => {
                wrong(format!("a {} has no text", self.kind()))
            }
        }
    }

    /// Its text.
    pub fn to_text(&self, budget: &Budget) -> Run<Rc<str>> {
        if let Self::Str(s) = self {
            return Ok(s.clone());
        }
        budget.take(STEP)?;
        let mut out = Text::new(budget, usize::MAX);
        self.write(&mut out)?;
        Ok(out.finish().into())
    }
}

impl List {
    /// A list of items that are paid for.
    pub fn new(items: Vec<Value>, tuple: bool) -> Run<Self> {
        let mut depth = 1;
        for item in &items {
            depth = depth.max(item.nested()?);
        }
        Ok(Self { items, tuple, depth })
    }
}

fn find(budget: &Budget, entries: &[(Rc<str>, Value)], key: &str) -> Run<Value> {
    budget.take_many(entries.len(), 16)?;
    Ok(entries.iter().find(|(k, _)| **k == *key).map_or(Value::Undefined, |(_, value)| value.clone()))
}

/// Sets `key`.
pub fn put(budget: &Budget, entries: &mut Vec<(Rc<str>, Value)>, key: Rc<str>, value: Value) -> Run<()> {
    budget.take_many(entries.len(), 16)?;
    budget.take(ENTRY)?;
    match entries.iter_mut().find(|(k, _)| *k == key) {
        Some(entry) => entry.1 = value,
        None => entries.push((key, value)),
    }
    Ok(())
}

/// Sets an attribute of a namespace.
pub fn set_attribute(budget: &Budget, space: &Namespace, key: &str, value: Value) -> Run<()> {
    value.nested()?;
    budget.take(STEP + key.len())?;
    put(budget, &mut space.borrow_mut(), key.into(), value)
}

/// A number as Python writes it.
pub fn float(f: f64) -> String {
    if !f.is_finite() {
        return if f.is_nan() {
            "nan"
        } else if f > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .to_owned();
    }
    let scientific = format!("{f:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if f != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    let plain = format!("{f}");
    if plain.contains('.') { plain } else { plain + ".0" }
}
