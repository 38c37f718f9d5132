//! Kernels out of WGSL files: named constants first, then helper files, then the kernel.
//!
//! WGSL has no generics and no includes; joining files is all that variants need. A helper file defines the same
//! functions as its alternatives (`wide_pair.wgsl` and `wide_i64.wgsl`, say), so that a kernel is written once.

use std::fmt::Write;

/// Text of one kernel in the making.
#[derive(Clone, Debug, Default)]
pub struct Shader(String);

impl Shader {
    /// Begins with nothing.
    pub fn new() -> Shader {
        Shader::default()
    }

    /// Defines `const name: u32 = value`.
    #[must_use]
    pub fn constant(mut self, name: &str, value: u32) -> Shader {
        let _ = writeln!(self.0, "const {name}: u32 = {value}u;");
        self
    }

    /// Defines `alias name = of`.
    #[must_use]
    pub fn alias(mut self, name: &str, of: &str) -> Shader {
        let _ = writeln!(self.0, "alias {name} = {of};");
        self
    }

    /// Appends a file.
    #[must_use]
    pub fn file(mut self, text: &str) -> Shader {
        self.0.push_str(text);
        self.0.push('\n');
        self
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}
