//! Tokens to a tree. No tree is deeper than [`MAX_NEST`], which bounds the stack that parsing, running and dropping take.

use super::ast::{Body, Filters, For, Macro, Stmt, Template, What};
use super::lex::{Bad, Tok, tokens};

/// Deepest nesting of expressions, and of statements.
pub const MAX_NEST: usize = 100;

pub(super) struct Parser<'s> {
    pub(super) tokens: std::iter::Peekable<std::vec::IntoIter<(Tok<'s>, u32)>>,
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

pub(super) const KEYWORDS: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];

impl<'s> Parser<'s> {
    pub(super) fn bad<T>(&self, what: impl Into<String>) -> Result<T, Bad> {
        Err((self.line, what.into()))
    }

    pub(super) fn next(&mut self) -> Option<Tok<'s>> {
        let (token, line) = self.tokens.next()?;
        self.line = line;
        Some(token)
    }

    pub(super) fn is(&mut self, token: &Tok) -> bool {
        self.tokens.peek().is_some_and(|(t, _)| t == token)
    }

    pub(super) fn eat(&mut self, token: &Tok) -> bool {
        let found = self.is(token);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn op(&mut self, op: &'static str) -> bool {
        self.eat(&Tok::Op(op))
    }

    pub(super) fn word(&mut self, name: &'static str) -> bool {
        self.eat(&Tok::Name(name))
    }

    pub(super) fn expect(&mut self, token: &Tok) -> Result<(), Bad> {
        if self.eat(token) { Ok(()) } else { self.bad(format!("{} is missing", shown(token))) }
    }

    pub(super) fn name(&mut self) -> Result<&'s str, Bad> {
        match self.next() {
            Some(Tok::Name(name)) if !KEYWORDS.contains(&name) => Ok(name),
            _ => self.bad("a name is missing"),
        }
    }

    pub(super) fn deep(&self, depth: usize) -> Result<usize, Bad> {
        if depth >= MAX_NEST { self.bad("the template is nested too deeply") } else { Ok(depth + 1) }
    }

    pub(super) fn down<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, Bad>) -> Result<T, Bad> {
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
}

fn shown<'s>(token: &Tok<'s>) -> &'s str {
    match token {
        Tok::Close(text) | Tok::Op(text) | Tok::Name(text) => text,
        _ => "a part",
    }
}
