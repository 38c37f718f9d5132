//! Text of a stranger's file inside an error message.

use std::fmt;

/// Most characters that are shown.
const MAX: usize = 256;

/// Shows the start of a text on one line: control characters escaped, so that a file cannot write to the terminal what
/// it likes.
pub(crate) struct Shown<'a>(pub &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.chars();
        for c in rest.by_ref().take(MAX) {
            if c.is_control() { write!(f, "{}", c.escape_unicode())? } else { write!(f, "{c}")? }
        }
        if rest.next().is_some() { f.write_str("…") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_write_control_characters_or_fill_the_screen() {
        assert_eq!(Shown("general.näme").to_string(), "general.näme");
        assert_eq!(Shown("a\u{1b}[2J\nb\u{9b}").to_string(), "a\\u{1b}[2J\\u{a}b\\u{9b}");
        assert_eq!(Shown(&"x".repeat(65_535)).to_string().chars().count(), MAX + 1);
        assert_eq!(Shown(&"x".repeat(MAX)).to_string().len(), MAX);
    }
}
