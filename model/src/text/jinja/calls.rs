//! Calls: of methods, of macros, and of the functions that every template has.

use super::arguments::Args;
use super::ast::Expr;
use super::budget::{Fault, Run, STEP, Text, wrong};
use super::methods;
use super::run::{Frame, Runner};
use super::value::{SLOT, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// Most numbers of a `range`.
const MAX_RANGE: i64 = 100_000;
impl<'a, 's> Runner<'a, 's> {
    pub(super) fn arguments(&mut self, arguments: &'a [(Option<&'s str>, Expr<'s>)]) -> Run<Args<'s>> {
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        for (name, expr) in arguments {
            self.budget.take(SLOT)?;
            let value = self.eval(expr)?;
            match name {
                Some(name) => named.push((*name, value)),
                None => positional.push(value),
            }
        }
        Ok(Args::new(positional, named))
    }

    pub(super) fn call(&mut self, what: &'a Expr<'s>, arguments: &'a [(Option<&'s str>, Expr<'s>)]) -> Run<Value> {
        let callee = if let Expr::Attribute(of, name) = what {
            let of = self.eval(of)?;
            let mut args = self.arguments(arguments)?;
            if let Some(result) = methods::call(self.budget, &of, name, &mut args)? {
                args.finish()?;
                return Ok(result);
            }
            return wrong(format!("a {} has no method {name}", of.kind()));
        } else {
            self.eval(what)?
        };
        let mut args = self.arguments(arguments)?;
        match callee {
            Value::Macro(number) => self.call_macro(number, args),
            Value::Function(name) => {
                let result = self.call_function(name, &mut args)?;
                args.finish()?;
                Ok(result)
            }
            _ => wrong(format!("a {} cannot be called", callee.kind())),
        }
    }

    fn call_macro(&mut self, number: usize, mut args: Args<'s>) -> Run<Value> {
        let Some(called) = self.template.macros.get(number) else { return wrong("the macro is gone") };
        let outer = std::mem::replace(&mut self.frames, vec![Frame::new()]);
        for (i, (name, default)) in called.parameters.iter().enumerate() {
            self.budget.take(STEP)?;
            let value = match (args.get(i, name), default) {
                (Some(value), _) => value,
                (None, Some(default)) => self.eval(default)?,
                (None, None) => Value::Undefined,
            };
            self.set(name, value);
        }
        args.finish()?;
        let line = self.line;
        let mut text = Text::new(self.budget, usize::MAX);
        self.body(&called.body, &mut text)?;
        self.line = line;
        self.frames = outer;
        Value::str(self.budget, &text.finish())
    }

    fn call_function(&mut self, name: &str, args: &mut Args<'s>) -> Run<Value> {
        let budget = self.budget;
        match name {
            "raise_exception" => Err(Fault::Refused(args.need(0, "message")?.to_text(budget)?)),
            "range" => {
                let (first, second) = (args.need(0, "start")?.int()?, args.get(1, "stop"));
                let step = args.get(2, "step").map_or(Ok(1), |v| v.int())?;
                let (start, stop) = second.map_or(Ok((0, first)), |stop| stop.int().map(|stop| (first, stop)))?;
                let span =
                    if step < 0 { i128::from(start) - i128::from(stop) } else { i128::from(stop) - i128::from(start) };
                let step_size = i128::from(step.unsigned_abs());
                if step == 0 || span > i128::from(MAX_RANGE) * step_size {
                    return wrong("a range has no step or more than 100000 numbers");
                }
                let count = (span.max(0) + step_size - 1) / step_size;
                budget.take_many(usize::try_from(count).unwrap_or(usize::MAX), SLOT)?;
                // Each number lies between start and stop.
                let at = |i: i128| i64::try_from(i128::from(start) + i * i128::from(step)).unwrap_or(stop);
                Value::list((0..count).map(|i| Value::Int(at(i))).collect())
            }
            _ => {
                let mut given = Vec::new();
                if let Some(Value::Map(map)) = args.get(0, "") {
                    budget.take_many(map.entries.len(), SLOT)?;
                    given.extend(map.entries.iter().cloned());
                }
                for (name, value) in args.all_named() {
                    budget.take(STEP + name.len())?;
                    given.push((name.into(), value));
                }
                let map = Value::map(budget, given)?;
                match map {
                    Value::Map(map) if name == "namespace" => {
                        budget.take_many(map.entries.len(), SLOT)?;
                        Ok(Value::Namespace(Rc::new(RefCell::new(map.entries.clone()))))
                    }
                    map => Ok(map),
                }
            }
        }
    }
}
