//! A template's text to tokens, with `trim_blocks` and `lstrip_blocks` as the Hugging Face libraries set them.

use std::rc::Rc;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub enum Tok<'s> {
    /// Text outside of tags.
    Data(&'s str),
    /// `{{` or `{%`.
    Open(&'static str),
    /// `}}` or `%}`.
    Close(&'static str),
    Name(&'s str),
    Int(i64),
    Float(f64),
    Str(Rc<str>),
    Op(&'static str),
}

/// A text that has no tokens: its line and what is wrong.
pub type Bad = (u32, String);

/// Longest first where one begins another.
const OPERATORS: [&str; 25] = [
    "**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "|", "(", ")", "[", "]", "{", "}", ".", ",", ":",
    "=", "<", ">",
];

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    line: u32,
    tokens: Vec<(Tok<'s>, u32)>,
}

/// The tokens of `source`, each with its line.
pub fn tokens(source: &str) -> Result<Vec<(Tok<'_>, u32)>, Bad> {
    let source = source.strip_suffix('\n').unwrap_or(source);
    let mut lexer = Lexer { source, at: 0, line: 1, tokens: Vec::new() };
    lexer.run()?;
    Ok(lexer.tokens)
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn skip(&mut self, bytes: usize) {
        let passed = &self.source[self.at..self.at + bytes];
        self.line += passed.bytes().filter(|b| *b == b'\n').count() as u32;
        self.at += bytes;
    }

    fn push(&mut self, token: Tok<'s>) {
        self.tokens.push((token, self.line));
    }

    fn bad<T>(&self, what: &str) -> Result<T, Bad> {
        Err((self.line, what.to_owned()))
    }

    fn run(&mut self) -> Result<(), Bad> {
        let mut line_start = true;
        loop {
            let rest = self.rest();
            let tag = rest
                .match_indices('{')
                .map(|(at, _)| at)
                .find(|at| matches!(rest.as_bytes().get(at + 1), Some(b'{' | b'%' | b'#')));
            let Some(at) = tag else {
                self.data(rest);
                return Ok(());
            };
            let (kind, sign) = (rest.as_bytes()[at + 1], rest.as_bytes().get(at + 2));
            let mut data = &rest[..at];
            if sign == Some(&b'-') {
                data = data.trim_end();
            } else if kind != b'{' && sign != Some(&b'+') {
                let from = data.rfind('\n').map_or(0, |at| at + 1);
                if (from > 0 || line_start) && data[from..].chars().all(char::is_whitespace) {
                    data = &data[..from];
                }
            }
            self.data(data);
            self.skip(at + 2 + usize::from(matches!(sign, Some(b'-' | b'+'))));
            match kind {
                b'#' => {
                    let Some(end) = self.rest().find("#}") else { return self.bad("a comment has no end") };
                    self.skip(end);
                    let sign = self.source.as_bytes()[self.at - 1];
                    self.skip(2);
                    line_start = self.after(sign, true);
                }
                b'%' if self.raw_tag("raw").is_some() => line_start = self.raw()?,
                b'%' => line_start = self.tag("{%", "%}")?,
                _ => line_start = self.tag("{{", "}}")?,
            }
        }
    }

    fn data(&mut self, data: &'s str) {
        if !data.is_empty() {
            self.push(Tok::Data(data));
        }
    }

    /// Skips what a tag's end swallows; whether a line starts behind it.
    fn after(&mut self, sign: u8, block: bool) -> bool {
        let rest = self.rest();
        let swallowed = match sign {
            b'-' => rest.len() - rest.trim_start().len(),
            b'+' => 0,
            _ => usize::from(block && rest.starts_with('\n')),
        };
        self.skip(swallowed);
        rest[..swallowed].ends_with('\n')
    }

    /// The length of the rest of a tag that holds only `name`, and its closing sign.
    fn raw_tag(&self, name: &str) -> Option<(usize, u8)> {
        let rest = self.rest();
        let inner = rest.trim_start().strip_prefix(name)?.trim_start();
        let (inner, sign) = match inner.as_bytes().first()? {
            sign @ (b'-' | b'+') => (&inner[1..], *sign),
            _ => (inner, b' '),
        };
        Some((rest.len() - inner.strip_prefix("%}")?.len(), sign))
    }

    fn raw(&mut self) -> Result<bool, Bad> {
        let Some((length, sign)) = self.raw_tag("raw") else { return Ok(false) };
        self.skip(length);
        self.after(sign, true);
        let rest = self.rest();
        // What is behind each `{%` is looked at once: no name is longer than a tag's start.
        for (at, _) in rest.match_indices("{%") {
            let sign = rest.as_bytes().get(at + 2).copied().unwrap_or(b' ');
            let signed = usize::from(matches!(sign, b'-' | b'+'));
            let inside = Lexer { source: &rest[at + 2 + signed..], at: 0, line: 0, tokens: Vec::new() };
            if let Some((length, close)) = inside.raw_tag("endraw") {
                let mut data = &rest[..at];
                if sign == b'-' {
                    data = data.trim_end();
                } else if sign != b'+' {
                    let from = data.rfind('\n').map_or(0, |at| at + 1);
                    if from > 0 && data[from..].chars().all(char::is_whitespace) {
                        data = &data[..from];
                    }
                }
                self.data(data);
                self.skip(at + 2 + signed + length);
                return Ok(self.after(close, true));
            }
        }
        self.bad("a raw block has no end")
    }

    /// The tokens of one tag; whether a line starts behind it.
    fn tag(&mut self, open: &'static str, close: &'static str) -> Result<bool, Bad> {
        self.push(Tok::Open(open));
        let mut brackets = 0u32;
        loop {
            let rest = self.rest();
            self.skip(rest.len() - rest.trim_start().len());
            let rest = self.rest();
            let Some(first) = rest.chars().next() else { return self.bad("a tag has no end") };
            if brackets == 0 {
                let signed = usize::from(first == '-' || (first == '+' && close == "%}"));
                if rest[signed..].starts_with(close) {
                    self.push(Tok::Close(close));
                    self.skip(signed + 2);
                    return Ok(self.after(if signed == 1 { first as u8 } else { b' ' }, close == "%}"));
                }
            }
            if first == '"' || first == '\'' {
                self.string(first)?;
            } else if first.is_ascii_digit() {
                self.number()?;
            } else if first.is_alphabetic() || first == '_' {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                self.push(Tok::Name(&rest[..end]));
                self.skip(end);
            } else {
                let Some(op) = OPERATORS.iter().find(|op| rest.starts_with(**op)) else {
                    return self.bad("a character that is no part of the language");
                };
                match *op {
                    "(" | "[" | "{" => brackets += 1,
                    ")" | "]" | "}" if brackets == 0 => return self.bad("a bracket that was not opened"),
                    ")" | "]" | "}" => brackets -= 1,
                    _ => {}
                }
                self.push(Tok::Op(op));
                self.skip(op.len());
            }
        }
    }

    fn number(&mut self) -> Result<(), Bad> {
        let rest = self.rest();
        let digits = |s: &str| s.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(s.len());
        let mut end = digits(rest);
        let mut whole = true;
        if rest[end..].starts_with('.') && rest[end + 1..].starts_with(|c: char| c.is_ascii_digit()) {
            end += 1 + digits(&rest[end + 1..]);
            whole = false;
        }
        if rest[end..].starts_with(['e', 'E']) {
            let signed = usize::from(rest[end + 1..].starts_with(['+', '-']));
            let exponent = digits(&rest[end + 1 + signed..]);
            if exponent > 0 {
                end += 1 + signed + exponent;
                whole = false;
            }
        }
        let digits = rest[..end].replace('_', "");
        let token = if whole { digits.parse().map(Tok::Int).ok() } else { digits.parse().map(Tok::Float).ok() };
        let Some(token) = token else { return self.bad("a number that is too large") };
        self.push(token);
        self.skip(end);
        Ok(())
    }

    fn string(&mut self, quote: char) -> Result<(), Bad> {
        let rest = self.rest();
        let mut out = String::new();
        let mut chars = rest.char_indices();
        chars.next();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.push(Tok::Str(out.into()));
                self.skip(at + 1);
                return Ok(());
            }
            if c != '\\' {
                out.push(c);
                continue;
            }
            let Some((_, escape)) = chars.next() else { break };
            let simple = match escape {
                'n' => Some('\n'),
                't' => Some('\t'),
                'r' => Some('\r'),
                'a' => Some('\u{7}'),
                'b' => Some('\u{8}'),
                'f' => Some('\u{c}'),
                'v' => Some('\u{b}'),
                '\\' | '\'' | '"' => Some(escape),
                _ => None,
            };
            let (width, radix) = match escape {
                'x' => (2, 16),
                'u' => (4, 16),
                'U' => (8, 16),
                '0'..='7' => (3, 8),
                _ => (0, 0),
            };
            if let Some(simple) = simple {
                out.push(simple);
            } else if escape == '\n' {
                // A line that goes on.
            } else if width == 0 {
                out.extend(['\\', escape]);
            } else {
                // An octal number starts with the character behind the backslash.
                let from = at + if radix == 8 { 1 } else { 2 };
                let length = rest[from..].chars().take(width).take_while(|c| c.is_digit(radix)).count();
                let code = u32::from_str_radix(&rest[from..from + length], radix).ok().and_then(char::from_u32);
                match code {
                    Some(code) if radix == 8 || length == width => out.push(code),
                    _ => return self.bad("an escape that names no character"),
                }
                let digits_left = if radix == 8 { length - 1 } else { length };
                chars.by_ref().take(digits_left).for_each(drop);
            }
        }
        self.bad("a string has no end")
    }
}
