//! Expressions, by how tightly their operators bind. Each comes with the depth of its tree: a chain like `a + a + a` is a
//! deep tree that no parenthesis announces.

use super::ast::{Arguments, Binary, Compare, Expr};
use super::lex::{Bad, Tok};
use super::parse::{KEYWORDS, Parser};
use super::value::Value;

/// An expression and the depth of its tree.
type Deep<'s> = (Expr<'s>, usize);

impl<'s> Parser<'s> {
    /// An expression, or a tuple without its parentheses.
    pub(super) fn tuple(&mut self) -> Result<Deep<'s>, Bad> {
        let (first, mut depth) = self.expr()?;
        if !self.is(&Tok::Op(",")) {
            return Ok((first, depth));
        }
        let mut items = vec![first];
        while self.op(",") && !matches!(self.tokens.peek(), Some((Tok::Close(_) | Tok::Op(")" | "="), _))) {
            let (item, d) = self.expr()?;
            items.push(item);
            depth = depth.max(d);
        }
        Ok((Expr::Tuple(items), self.deep(depth)?))
    }

    /// Any expression: `then if condition else otherwise` binds least.
    pub(super) fn expr(&mut self) -> Result<Deep<'s>, Bad> {
        self.down(|p| {
            let (then, mut depth) = p.binary(0)?;
            if !p.word("if") {
                return Ok((then, depth));
            }
            let (condition, d) = p.binary(0)?;
            depth = depth.max(d);
            let mut otherwise = None;
            if p.word("else") {
                let (expr, d) = p.expr()?;
                depth = depth.max(d);
                otherwise = Some(expr);
            }
            Ok((Expr::If(Box::new((condition, then, otherwise))), p.deep(depth)?))
        })
    }

    /// Operators by how tightly they bind: or, and, not, comparisons, sums, `~`, products, powers.
    pub(super) fn binary(&mut self, level: usize) -> Result<Deep<'s>, Bad> {
        const NOT: usize = 2;
        const COMPARE: usize = 3;
        const UNARY: usize = 8;
        if level == UNARY {
            return self.unary(true);
        }
        if level == NOT && self.word("not") {
            let (inner, depth) = self.down(|p| p.binary(NOT))?;
            return Ok((Expr::Not(Box::new(inner)), self.deep(depth)?));
        }
        let (mut left, mut depth) = self.binary(level + 1)?;
        if level == COMPARE {
            let mut chain = Vec::new();
            while let Some(op) = self.comparison()? {
                let (right, d) = self.binary(level + 1)?;
                depth = depth.max(d);
                chain.push((op, right));
            }
            return if chain.is_empty() {
                Ok((left, depth))
            } else {
                Ok((Expr::Compare(Box::new(left), chain), self.deep(depth)?))
            };
        }
        loop {
            let op = match level {
                0 if self.word("or") => None,
                1 if self.word("and") => None,
                4 if self.op("+") => Some(Binary::Add),
                4 if self.op("-") => Some(Binary::Sub),
                5 if self.op("~") => Some(Binary::Concat),
                6 if self.op("*") => Some(Binary::Mul),
                6 if self.op("/") => Some(Binary::Div),
                6 if self.op("//") => Some(Binary::FloorDiv),
                6 if self.op("%") => Some(Binary::Rem),
                7 if self.op("**") => Some(Binary::Pow),
                _ => return Ok((left, depth)),
            };
            let (right, d) = self.binary(level + 1)?;
            depth = self.deep(depth.max(d))?;
            let both = Box::new((left, right));
            left = match op {
                Some(op) => Expr::Binary(op, both),
                None if level == 0 => Expr::Or(both),
                None => Expr::And(both),
            };
        }
    }

    fn comparison(&mut self) -> Result<Option<Compare>, Bad> {
        let signs = [
            ("==", Compare::Eq),
            ("!=", Compare::Ne),
            ("<", Compare::Lt),
            ("<=", Compare::Le),
            (">", Compare::Gt),
            (">=", Compare::Ge),
        ];
        for (sign, op) in signs {
            if self.op(sign) {
                return Ok(Some(op));
            }
        }
        if self.word("in") {
            return Ok(Some(Compare::In));
        }
        if self.word("not") {
            self.expect(&Tok::Name("in"))?;
            return Ok(Some(Compare::NotIn));
        }
        Ok(None)
    }

    fn unary(&mut self, filtered: bool) -> Result<Deep<'s>, Bad> {
        let (mut expr, mut depth) = if self.op("-") {
            let (inner, depth) = self.down(|p| p.unary(false))?;
            (Expr::Negate(Box::new(inner)), self.deep(depth)?)
        } else if self.op("+") {
            self.down(|p| p.unary(false))?
        } else {
            let primary = self.primary()?;
            self.postfix(primary)?
        };
        if !filtered {
            return Ok((expr, depth));
        }
        loop {
            let (name, arguments, d, test) = if self.op("|") {
                let name = self.name()?;
                let (arguments, d) = if self.op("(") { self.arguments()? } else { (Vec::new(), 0) };
                (name, arguments, d, None)
            } else if self.word("is") {
                let negated = self.word("not");
                let (name, arguments, d) = self.test()?;
                (name, arguments, d, Some(negated))
            } else {
                break;
            };
            depth = self.deep(depth.max(d))?;
            expr = match test {
                None => Expr::Filter(Box::new(expr), name, arguments),
                Some(negated) => Expr::Test(Box::new(expr), name, arguments, negated),
            };
            if self.is(&Tok::Op("(")) {
                return self.bad("what a filter or test gives cannot be called");
            }
        }
        Ok((expr, depth))
    }

    /// A test's name and its arguments, which may be one value without parentheses.
    fn test(&mut self) -> Result<(&'s str, Arguments<'s>, usize), Bad> {
        let name = match self.next() {
            Some(Tok::Name(name)) => name,
            _ => return self.bad("a test is missing"),
        };
        if self.op("(") {
            let (arguments, depth) = self.arguments()?;
            return Ok((name, arguments, depth));
        }
        let bare = match self.tokens.peek() {
            Some((Tok::Name(word), _)) => !KEYWORDS.contains(word),
            Some((Tok::Str(_) | Tok::Int(_) | Tok::Float(_) | Tok::Op("[" | "{"), _)) => true,
            _ => false,
        };
        if !bare {
            return Ok((name, Vec::new(), 0));
        }
        let (argument, depth) = self.down(|p| {
            let primary = p.primary()?;
            p.postfix(primary)
        })?;
        Ok((name, vec![(None, argument)], depth))
    }

    /// Arguments up to the closing parenthesis, and the depth of the deepest.
    pub(super) fn arguments(&mut self) -> Result<(Arguments<'s>, usize), Bad> {
        let (mut arguments, mut depth): (Arguments, usize) = (Vec::new(), 0);
        while !self.op(")") {
            if !arguments.is_empty() {
                self.expect(&Tok::Op(","))?;
                if self.op(")") {
                    break;
                }
            }
            let (mut expr, mut d) = self.expr()?;
            let mut name = None;
            if let Expr::Var(variable) = expr
                && self.op("=")
            {
                name = Some(variable);
                (expr, d) = self.expr()?;
            } else if arguments.last().is_some_and(|(name, _)| name.is_some()) {
                return self.bad("an argument without a name behind one with a name");
            }
            depth = depth.max(d);
            arguments.push((name, expr));
        }
        Ok((arguments, depth))
    }

    fn postfix(&mut self, (mut expr, mut depth): Deep<'s>) -> Result<Deep<'s>, Bad> {
        loop {
            let d;
            if self.op(".") {
                (expr, d) = match self.next() {
                    Some(Tok::Name(name)) => (Expr::Attribute(Box::new(expr), name), 0),
                    Some(Tok::Int(i)) => (Expr::Item(Box::new((expr, Expr::Const(Value::Int(i))))), 0),
                    _ => return self.bad("an attribute is missing"),
                };
            } else if self.op("[") {
                (expr, d) = self.subscript(expr)?;
            } else if self.op("(") {
                let (arguments, depth) = self.arguments()?;
                (expr, d) = (Expr::Call(Box::new(expr), arguments), depth);
            } else {
                return Ok((expr, depth));
            }
            depth = self.deep(depth.max(d))?;
        }
    }

    fn subscript(&mut self, expr: Expr<'s>) -> Result<Deep<'s>, Bad> {
        let mut parts = [None, None, None];
        let (mut at, mut depth) = (0, 0);
        while !self.op("]") {
            if self.op(":") {
                at += 1;
                if at == parts.len() {
                    return self.bad("a slice has too many parts");
                }
            } else if parts[at].is_none() {
                let (part, d) = self.expr()?;
                depth = depth.max(d);
                parts[at] = Some(part);
            } else {
                return self.bad("] is missing");
            }
        }
        match parts {
            parts if at > 0 => Ok((Expr::Slice(Box::new((expr, parts))), depth)),
            [Some(item), ..] => Ok((Expr::Item(Box::new((expr, item))), depth)),
            _ => self.bad("a subscript is empty"),
        }
    }

    fn primary(&mut self) -> Result<Deep<'s>, Bad> {
        let constant = match self.next() {
            Some(Tok::Name(name)) => match name {
                "true" | "True" => Value::Bool(true),
                "false" | "False" => Value::Bool(false),
                "none" | "None" => Value::None,
                _ if KEYWORDS.contains(&name) => return self.bad(format!("{name} where a value is needed")),
                _ => return Ok((Expr::Var(name), 1)),
            },
            Some(Tok::Int(i)) => Value::Int(i),
            Some(Tok::Float(f)) => Value::Float(f),
            Some(Tok::Str(first)) => {
                let mut joined: Option<String> = None;
                while let Some((Tok::Str(_), _)) = self.tokens.peek() {
                    if let Some(Tok::Str(more)) = self.next() {
                        joined.get_or_insert_with(|| first.to_string()).push_str(&more);
                    }
                }
                Value::Str(joined.map_or(first, Into::into))
            }
            Some(Tok::Op("(")) => {
                if self.op(")") {
                    return Ok((Expr::Tuple(Vec::new()), 1));
                }
                let inner = self.tuple()?;
                self.expect(&Tok::Op(")"))?;
                return Ok(inner);
            }
            Some(Tok::Op("[")) => {
                let (mut items, mut depth) = (Vec::new(), 0);
                while !self.op("]") {
                    if !items.is_empty() {
                        self.expect(&Tok::Op(","))?;
                        if self.op("]") {
                            break;
                        }
                    }
                    let (item, d) = self.expr()?;
                    depth = depth.max(d);
                    items.push(item);
                }
                return Ok((Expr::List(items), self.deep(depth)?));
            }
            Some(Tok::Op("{")) => {
                let (mut entries, mut depth) = (Vec::new(), 0);
                while !self.op("}") {
                    if !entries.is_empty() {
                        self.expect(&Tok::Op(","))?;
                        if self.op("}") {
                            break;
                        }
                    }
                    let (key, d) = self.expr()?;
                    self.expect(&Tok::Op(":"))?;
                    let (value, e) = self.expr()?;
                    depth = depth.max(d).max(e);
                    entries.push((key, value));
                }
                return Ok((Expr::Map(entries), self.deep(depth)?));
            }
            _ => return self.bad("a value is missing"),
        };
        Ok((Expr::Const(constant), 1))
    }
}
