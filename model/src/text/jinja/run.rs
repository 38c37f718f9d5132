//! Runs a template.

use super::ast::{Body, Compare, Expr, Filters, For, Stmt, Template, What};
use super::budget::{Budget, Fault, Run, STEP, Text, wrong};
use super::value::{List, Loop, SLOT, Value, set_attribute};
use super::{filters, ops};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Deepest nesting of expressions, statements and calls while a template runs.
const MAX_CALLS: usize = 300;
/// What every template can call.
const FUNCTIONS: [&str; 4] = ["raise_exception", "range", "namespace", "dict"];

pub(super) type Frame<'s> = BTreeMap<&'s str, Value>;

/// What follows a statement.
#[derive(PartialEq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
}

pub(super) struct Runner<'a, 's> {
    pub(super) template: &'a Template<'s>,
    pub(super) budget: &'a Budget,
    globals: Frame<'s>,
    pub(super) frames: Vec<Frame<'s>>,
    depth: usize,
    pub(super) line: u32,
}

/// What the template writes, at most `most` bytes of it; an error comes with its line.
pub fn run<'s>(
    template: &Template<'s>,
    globals: Vec<(&'s str, Value)>,
    budget: &Budget,
    most: usize,
) -> Result<String, (u32, Fault)> {
    let globals = globals.into_iter().collect();
    let mut runner = Runner { template, budget, globals, frames: Vec::new(), depth: 0, line: 1 };
    let mut out = Text::new(budget, most);
    match runner.body(&template.body, &mut out) {
        Ok(_) => Ok(out.finish()),
        Err(fault) => Err((runner.line, fault)),
    }
}

impl<'a, 's> Runner<'a, 's> {
    fn step(&mut self) -> Run<()> {
        // Finding a variable looks into every frame.
        self.budget.take(STEP + 8 * self.frames.len())?;
        self.depth += 1;
        if self.depth > MAX_CALLS { wrong("the template is nested too deeply") } else { Ok(()) }
    }

    pub(super) fn set(&mut self, name: &'s str, value: Value) {
        self.frames.last_mut().unwrap_or(&mut self.globals).insert(name, value);
    }

    fn variable(&self, name: &str) -> Value {
        let found = self.frames.iter().rev().find_map(|frame| frame.get(name)).or_else(|| self.globals.get(name));
        let function = || FUNCTIONS.iter().find(|f| **f == name).map(|f| Value::Function(f));
        found.cloned().or_else(function).unwrap_or(Value::Undefined)
    }

    pub(super) fn body(&mut self, body: &'a Body<'s>, out: &mut Text) -> Run<Flow> {
        for stmt in body {
            self.line = stmt.line;
            self.step()?;
            let flow = self.statement(stmt, out)?;
            self.depth -= 1;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    /// A body with variables of its own.
    fn inside(&mut self, frame: Frame<'s>, body: &'a Body<'s>, out: &mut Text) -> Run<Flow> {
        self.frames.push(frame);
        let flow = self.body(body, out);
        self.frames.pop();
        flow
    }

    fn statement(&mut self, stmt: &'a Stmt<'s>, out: &mut Text) -> Run<Flow> {
        match &stmt.what {
            What::Data(data) => out.push(data)?,
            What::Print(expr) => self.eval(expr)?.write(out)?,
            What::If(arms, otherwise) => {
                for (condition, body) in arms {
                    if self.eval(condition)?.truth() {
                        return self.body(body, out);
                    }
                }
                return self.body(otherwise, out);
            }
            What::For(each) => self.each(each, out)?,
            What::Set(targets, expr) => {
                let value = self.eval(expr)?;
                self.assign(targets, value)?;
            }
            What::SetAttribute(space, attribute, expr) => {
                let value = self.eval(expr)?;
                let Value::Namespace(space) = self.variable(space) else {
                    return wrong("only attributes of namespaces can be set");
                };
                set_attribute(self.budget, &space, attribute, value)?;
            }
            What::SetBlock(name, filters, body) => {
                let value = self.captured(filters, body)?;
                self.set(name, value);
            }
            What::Filter(filters, body) => self.captured(filters, body)?.write(out)?,
            What::With(variables, body) => {
                let mut frame = Frame::new();
                for (name, expr) in variables {
                    frame.insert(name, self.eval(expr)?);
                }
                return self.inside(frame, body, out);
            }
            What::Macro(number) => {
                if let Some(defined) = self.template.macros.get(*number) {
                    self.set(defined.name, Value::Macro(*number));
                }
            }
            What::Plain(body) => return self.body(body, out),
            What::Break => return Ok(Flow::Break),
            What::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::Next)
    }

    fn captured(&mut self, filters: &'a Filters<'s>, body: &'a Body<'s>) -> Run<Value> {
        let mut text = Text::new(self.budget, usize::MAX);
        if self.inside(Frame::new(), body, &mut text)? != Flow::Next {
            return wrong("a loop's break or continue inside of a captured text");
        }
        let mut value = Value::str(self.budget, &text.finish())?;
        for (name, arguments) in filters {
            let mut args = self.arguments(arguments)?;
            value = filters::apply(self.budget, name, &value, &mut args)?;
        }
        Ok(value)
    }

    fn assign(&mut self, targets: &'a [&'s str], value: Value) -> Run<()> {
        if let [name] = targets {
            self.set(name, value);
            return Ok(());
        }
        let list = value.iterate(self.budget)?;
        if list.items.len() != targets.len() {
            return wrong(format!("{} values for {} names", list.items.len(), targets.len()));
        }
        self.budget.take_many(targets.len(), STEP)?;
        for (name, item) in targets.iter().zip(&list.items) {
            self.set(name, item.clone());
        }
        Ok(())
    }

    fn each(&mut self, each: &'a For<'s>, out: &mut Text) -> Run<()> {
        let mut items = self.eval(&each.over)?.iterate(self.budget)?;
        let depth = match self.variable("loop") {
            Value::Loop(outer) => outer.depth + 1,
            _ => 1,
        };
        self.frames.push(Frame::new());
        if let Some(condition) = &each.only_if {
            let mut kept = Vec::new();
            for item in &items.items {
                self.budget.take(SLOT)?;
                self.assign(&each.targets, item.clone())?;
                if self.eval(condition)?.truth() {
                    kept.push(item.clone());
                }
            }
            items = Rc::new(List::new(kept, false)?);
        }
        for (index, item) in items.items.iter().enumerate() {
            self.budget.take(2 * STEP)?;
            if let Some(frame) = self.frames.last_mut() {
                frame.clear();
            }
            self.set("loop", Value::Loop(Rc::new(Loop { items: items.clone(), index, depth })));
            self.assign(&each.targets, item.clone())?;
            if self.body(&each.body, out)? == Flow::Break {
                break;
            }
        }
        self.frames.pop();
        if items.items.is_empty() {
            self.inside(Frame::new(), &each.otherwise, out)?;
        }
        Ok(())
    }

    pub(super) fn eval(&mut self, expr: &'a Expr<'s>) -> Run<Value> {
        self.step()?;
        let value = self.value(expr)?;
        self.depth -= 1;
        Ok(value)
    }

    fn value(&mut self, expr: &'a Expr<'s>) -> Run<Value> {
        let budget = self.budget;
        match expr {
            Expr::Const(value) => Ok(value.clone()),
            Expr::Var(name) => Ok(self.variable(name)),
            Expr::List(items) => Value::list(self.all(items)?),
            Expr::Tuple(items) => Value::tuple(self.all(items)?),
            Expr::Map(entries) => {
                let mut given = Vec::new();
                for (key, value) in entries {
                    budget.take(STEP)?;
                    given.push((self.eval(key)?.text()?.clone(), self.eval(value)?));
                }
                Value::map(budget, given)
            }
            Expr::Attribute(of, name) => {
                let of = self.eval(of)?;
                self.attribute(&of, name)
            }
            Expr::Item(both) => {
                let (value, key) = (self.eval(&both.0)?, self.eval(&both.1)?);
                match (&value, &key) {
                    (Value::Loop(_), Value::Str(name)) => self.attribute(&value, name),
                    _ => ops::item(budget, &value, &key),
                }
            }
            Expr::Slice(both) => {
                let value = self.eval(&both.0)?;
                let mut parts = [None; 3];
                for (part, expr) in parts.iter_mut().zip(&both.1) {
                    if let Some(expr) = expr {
                        let bound = self.eval(expr)?;
                        *part = if matches!(bound, Value::None) { None } else { Some(bound.int()?) };
                    }
                }
                ops::slice(budget, &value, parts)
            }
            Expr::Call(what, arguments) => self.call(what, arguments),
            Expr::Filter(of, name, arguments) => {
                let (of, mut args) = (self.eval(of)?, self.arguments(arguments)?);
                filters::apply(budget, name, &of, &mut args)
            }
            Expr::Test(of, name, arguments, negated) => {
                let (of, mut args) = (self.eval(of)?, self.arguments(arguments)?);
                Ok(Value::Bool(filters::holds(budget, name, &of, &mut args)? != *negated))
            }
            Expr::Not(inner) => Ok(Value::Bool(!self.eval(inner)?.truth())),
            Expr::Negate(inner) => ops::negate(&self.eval(inner)?),
            Expr::And(both) => {
                let left = self.eval(&both.0)?;
                if left.truth() { self.eval(&both.1) } else { Ok(left) }
            }
            Expr::Or(both) => {
                let left = self.eval(&both.0)?;
                if left.truth() { Ok(left) } else { self.eval(&both.1) }
            }
            Expr::Binary(op, both) => {
                let (left, right) = (self.eval(&both.0)?, self.eval(&both.1)?);
                ops::binary(budget, *op, &left, &right)
            }
            Expr::Compare(first, chain) => self.compare(first, chain),
            Expr::If(parts) => match (self.eval(&parts.0)?.truth(), &parts.2) {
                (true, _) => self.eval(&parts.1),
                (false, Some(otherwise)) => self.eval(otherwise),
                (false, None) => Ok(Value::Undefined),
            },
        }
    }

    fn all(&mut self, exprs: &'a [Expr<'s>]) -> Run<Vec<Value>> {
        let mut values = Vec::new();
        for expr in exprs {
            self.budget.take(SLOT)?;
            values.push(self.eval(expr)?);
        }
        Ok(values)
    }

    fn compare(&mut self, first: &'a Expr<'s>, chain: &'a [(Compare, Expr<'s>)]) -> Run<Value> {
        let budget = self.budget;
        let mut left = self.eval(first)?;
        for (op, expr) in chain {
            let right = self.eval(expr)?;
            let holds = match op {
                Compare::Eq => ops::same(budget, &left, &right)?,
                Compare::Ne => !ops::same(budget, &left, &right)?,
                Compare::Lt => ops::order(budget, &left, &right)?.is_lt(),
                Compare::Le => ops::order(budget, &left, &right)?.is_le(),
                Compare::Gt => ops::order(budget, &left, &right)?.is_gt(),
                Compare::Ge => ops::order(budget, &left, &right)?.is_ge(),
                Compare::In => ops::contains(budget, &right, &left)?,
                Compare::NotIn => !ops::contains(budget, &right, &left)?,
            };
            if !holds {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    fn attribute(&self, of: &Value, name: &str) -> Run<Value> {
        let Value::Loop(at) = of else {
            if matches!(of, Value::Undefined) {
                return wrong(format!("{name} of an undefined value"));
            }
            return of.lookup(self.budget, name);
        };
        let (length, index) = (at.items.items.len(), at.index);
        let other = |i: Option<usize>| i.and_then(|i| at.items.items.get(i)).cloned().unwrap_or(Value::Undefined);
        let number = |n: usize| Value::Int(n as i64);
        Ok(match name {
            "index" => number(index + 1),
            "index0" => number(index),
            "revindex" => number(length - index),
            "revindex0" => number(length - index - 1),
            "first" => Value::Bool(index == 0),
            "last" => Value::Bool(index + 1 == length),
            "length" => number(length),
            "depth" => number(at.depth),
            "depth0" => number(at.depth - 1),
            "previtem" => other(index.checked_sub(1)),
            "nextitem" => other(index.checked_add(1)),
            _ => Value::Undefined,
        })
    }
}
