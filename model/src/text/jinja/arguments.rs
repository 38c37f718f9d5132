//! Arguments of a call, taken by position or by name.

use super::budget::{Budget, Run, wrong};
use super::value::{SLOT, Value};

/// The arguments of one call.
pub struct Args<'s> {
    positional: Vec<Option<Value>>,
    named: Vec<(&'s str, Value)>,
}

impl<'s> Args<'s> {
    /// Those in order, and those with names.
    pub fn new(positional: Vec<Value>, named: Vec<(&'s str, Value)>) -> Self {
        Self { positional: positional.into_iter().map(Some).collect(), named }
    }

    /// Takes argument `i`, which may also be given as `name`.
    pub fn get(&mut self, i: usize, name: &str) -> Option<Value> {
        let given = self.positional.get_mut(i).and_then(Option::take);
        given.or_else(|| self.named(name))
    }

    /// Takes the argument that is given as `name`.
    pub fn named(&mut self, name: &str) -> Option<Value> {
        let at = self.named.iter().position(|(n, _)| *n == name)?;
        Some(self.named.swap_remove(at).1)
    }

    /// Takes argument `i`, which must be there.
    pub fn need(&mut self, i: usize, name: &str) -> Run<Value> {
        self.get(i, name).map_or_else(|| wrong(format!("the argument {name} is missing")), Ok)
    }

    /// Takes all that have names.
    pub fn all_named(&mut self) -> Vec<(&'s str, Value)> {
        std::mem::take(&mut self.named)
    }

    /// Takes all that come behind the first `n`.
    pub fn behind(&mut self, n: usize) -> Self {
        let rest = self.positional.split_off(n.min(self.positional.len()));
        Self { positional: rest, named: self.all_named() }
    }

    /// The same arguments once more.
    pub fn copy(&self, budget: &Budget) -> Run<Self> {
        budget.take_many(self.positional.len() + self.named.len(), SLOT)?;
        Ok(Self { positional: self.positional.clone(), named: self.named.clone() })
    }

    /// Nothing is left over.
    pub fn finish(&self) -> Run<()> {
        if self.positional.iter().any(Option::is_some) || !self.named.is_empty() {
            return wrong("a call has too many arguments");
        }
        Ok(())
    }
}

/// An argument that may be none.
pub fn given(value: Option<Value>) -> Option<Value> {
    value.filter(|v| !matches!(v, Value::None))
}
