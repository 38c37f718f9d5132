//! Tokens to a tree. No tree is deeper than [`MAX_NEST`], which bounds the stack that parsing, running and dropping take.

use super::ast::{Arguments, Binary, Body, Compare, Expr, Filters, For, Macro, Stmt, Template, What};
use super::lex::{Bad, Tok, tokens};
use super::value::Value;

/// Deepest nesting of expressions, and of statements.
pub const MAX_NEST: usize = 100;

/// An expression and the depth of its tree.
type Deep<'s> = (Expr<'s>, usize);

struct Parser<'s> {
    tokens: std::iter::Peekable<std::vec::IntoIter<(Tok<'s>, u32)>>,
    line: u32,
    nested: usize,
    loops: usize,
    macros: Vec<Macro<'s>>,
}

/// The template that `source` writes.
pub fn parse(source: &str) -> Result<Template<'_>, Bad> {
    let tokens = tokens(source)?.into_iter().peekable();
    let mut parser = Parser { tokens, line: 1, nested: 0, loops: 0, macros: Vec::new() };
    let (body, _) = parser.body(&[])?;
    Ok(Template { body, macros: parser.macros })
}

const KEYWORDS: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];

impl<'s> Parser<'s> {
    fn bad<T>(&self, what: impl Into<String>) -> Result<T, Bad> {
        Err((self.line, what.into()))
    }

    fn next(&mut self) -> Option<Tok<'s>> {
        let (token, line) = self.tokens.next()?;
        self.line = line;
        Some(token)
    }

    fn is(&mut self, token: &Tok) -> bool {
        self.tokens.peek().is_some_and(|(t, _)| t == token)
    }

    fn eat(&mut self, token: &Tok) -> bool {
        let found = self.is(token);
        if found {
            self.next();
        }
        found
    }

    fn op(&mut self, op: &'static str) -> bool {
        self.eat(&Tok::Op(op))
    }

    fn word(&mut self, name: &'static str) -> bool {
        self.eat(&Tok::Name(name))
    }

    fn expect(&mut self, token: &Tok) -> Result<(), Bad> {
        if self.eat(token) { Ok(()) } else { self.bad(format!("{} is missing", shown(token))) }
    }

    fn name(&mut self) -> Result<&'s str, Bad> {
        match self.next() {
            Some(Tok::Name(name)) if !KEYWORDS.contains(&name) => Ok(name),
            _ => self.bad("a name is missing"),
        }
    }

    fn deep(&self, depth: usize) -> Result<usize, Bad> {
        if depth >= MAX_NEST { self.bad("the template is nested too deeply") } else { Ok(depth + 1) }
    }

    fn down<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Bad>) -> Result<T, Bad> {
        self.nested = self.deep(self.nested)?;
        let result = parse(self);
        self.nested -= 1;
        result
    }

    /// Statements up to one of the tags `ends`, whose name is taken; the end of the text if there are none.
    fn body(&mut self, ends: &[&'static str]) -> Result<(Body<'s>, &'static str), Bad> {
        self.down(|p| {
            let mut body = Vec::new();
            while let Some(token) = p.next() {
                let line = p.line;
                let what = match token {
                    Tok::Data(data) => What::Data(data),
                    Tok::Open("{{") => {
                        let (expr, _) = p.tuple()?;
                        p.expect(&Tok::Close("}}"))?;
                        What::Print(expr)
                    }
                    Tok::Open(_) => {
                        let Some(Tok::Name(name)) = p.next() else { return p.bad("a tag has no name") };
                        if let Some(end) = ends.iter().find(|end| **end == name) {
                            return Ok((body, *end));
                        }
                        p.statement(name)?
                    }
                    _ => return p.bad("a tag is not closed"),
                };
                body.push(Stmt { line, what });
            }
            match ends.last() {
                Some(end) => p.bad(format!("{end} is missing")),
                None => Ok((body, "")),
            }
        })
    }

    fn close(&mut self) -> Result<(), Bad> {
        self.expect(&Tok::Close("%}"))
    }

    /// The body of a block up to the tag `end`, with that tag.
    fn block(&mut self, end: &'static str) -> Result<Body<'s>, Bad> {
        self.close()?;
        let (body, _) = self.body(&[end])?;
        // A macro's end may repeat its name.
        if let Some((Tok::Name(_), _)) = self.tokens.peek() {
            self.next();
        }
        self.close()?;
        Ok(body)
    }

    fn statement(&mut self, name: &'s str) -> Result<What<'s>, Bad> {
        match name {
            "if" => self.if_block(),
            "for" => self.for_block(),
            "set" => self.set(),
            "macro" => self.macro_block(),
            "filter" => {
                let filters = self.filters(true)?;
                Ok(What::Filter(filters, self.block("endfilter")?))
            }
            "with" => {
                let mut variables = Vec::new();
                while !self.is(&Tok::Close("%}")) {
                    if !variables.is_empty() {
                        self.expect(&Tok::Op(","))?;
                    }
                    let name = self.name()?;
                    self.expect(&Tok::Op("="))?;
                    variables.push((name, self.expr()?.0));
                }
                Ok(What::With(variables, self.block("endwith")?))
            }
            "generation" => Ok(What::Plain(self.block("endgeneration")?)),
            "break" | "continue" => {
                if self.loops == 0 {
                    return self.bad(format!("{name} outside of a loop"));
                }
                self.close()?;
                Ok(if name == "break" { What::Break } else { What::Continue })
            }
            _ => self.bad(format!("the tag {name} is unknown")),
        }
    }

    fn if_block(&mut self) -> Result<What<'s>, Bad> {
        let mut arms = Vec::new();
        let mut otherwise = Vec::new();
        loop {
            let (condition, _) = self.expr()?;
            self.close()?;
            let (body, mut end) = self.body(&["elif", "else", "endif"])?;
            arms.push((condition, body));
            if end == "else" {
                self.close()?;
                (otherwise, end) = self.body(&["endif"])?;
            }
            if end == "endif" {
                self.close()?;
                return Ok(What::If(arms, otherwise));
            }
        }
    }

    fn targets(&mut self) -> Result<Vec<&'s str>, Bad> {
        let parenthesis = self.op("(");
        let mut names = vec![self.name()?];
        while self.op(",") {
            names.push(self.name()?);
        }
        if parenthesis {
            self.expect(&Tok::Op(")"))?;
        }
        Ok(names)
    }

    fn for_block(&mut self) -> Result<What<'s>, Bad> {
        let targets = self.targets()?;
        self.expect(&Tok::Name("in"))?;
        // A loop's condition is not the condition of its list.
        let (over, _) = self.binary(0)?;
        let only_if = if self.word("if") { Some(self.expr()?.0) } else { None };
        self.close()?;
        self.loops += 1;
        let (body, end) = self.body(&["else", "endfor"])?;
        self.loops -= 1;
        let mut otherwise = Vec::new();
        if end == "else" {
            self.close()?;
            (otherwise, _) = self.body(&["endfor"])?;
        }
        self.close()?;
        Ok(What::For(Box::new(For { targets, over, only_if, body, otherwise })))
    }

    fn set(&mut self) -> Result<What<'s>, Bad> {
        let mut targets = self.targets()?;
        let attribute = if targets.len() == 1 && self.op(".") { Some(self.name()?) } else { None };
        if self.op("=") {
            let (value, _) = self.tuple()?;
            self.close()?;
            return Ok(match (attribute, targets.first()) {
                (Some(attribute), Some(space)) => What::SetAttribute(space, attribute, value),
                _ => What::Set(targets, value),
            });
        }
        if attribute.is_some() || targets.len() != 1 {
            return self.bad("a set without a value");
        }
        let filters = if self.is(&Tok::Op("|")) { self.filters(false)? } else { Vec::new() };
        let body = self.block("endset")?;
        Ok(What::SetBlock(targets.remove(0), filters, body))
    }

    fn macro_block(&mut self) -> Result<What<'s>, Bad> {
        let name = self.name()?;
        self.expect(&Tok::Op("("))?;
        let mut parameters = Vec::new();
        while !self.op(")") {
            if !parameters.is_empty() {
                self.expect(&Tok::Op(","))?;
            }
            let name = self.name()?;
            let default = if self.op("=") { Some(self.expr()?.0) } else { None };
            parameters.push((name, default));
        }
        let loops = std::mem::take(&mut self.loops);
        let body = self.block("endmacro")?;
        self.loops = loops;
        self.macros.push(Macro { name, parameters, body });
        Ok(What::Macro(self.macros.len() - 1))
    }

    /// Filters behind each other; `bare` if the first has no `|`.
    fn filters(&mut self, bare: bool) -> Result<Filters<'s>, Bad> {
        let mut filters = Vec::new();
        while (bare && filters.is_empty()) || self.op("|") {
            let name = self.name()?;
            let (arguments, _) = if self.op("(") { self.arguments()? } else { (Vec::new(), 0) };
            filters.push((name, arguments));
        }
        Ok(filters)
    }

    /// An expression, or a tuple without its parentheses.
    fn tuple(&mut self) -> Result<Deep<'s>, Bad> {
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
    fn expr(&mut self) -> Result<Deep<'s>, Bad> {
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
    fn binary(&mut self, level: usize) -> Result<Deep<'s>, Bad> {
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
        while filtered {
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
    fn arguments(&mut self) -> Result<(Arguments<'s>, usize), Bad> {
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

fn shown<'s>(token: &Tok<'s>) -> &'s str {
    match token {
        Tok::Close(text) | Tok::Op(text) | Tok::Name(text) => text,
        _ => "a part",
    }
}
