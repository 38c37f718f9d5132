//! A small model on disk, and the two programs.

use assay_model::config::Config;
use assay_model::gguf::{Array, TensorType, Value};
use assay_model::testing::Toy;
use assay_model::text::alphabet;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder with a toy model in it.
pub struct Desk {
    dir: TempDir,
}

impl Desk {
    /// A fresh folder with `toy.gguf`.
    pub fn new() -> Self {
        let desk = Desk { dir: tempfile::tempdir().unwrap() };
        std::fs::write(desk.path("toy.gguf"), toy(1)).unwrap();
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs the rig's program in the folder.
    pub fn prover(&self, args: &[&str]) -> Ran {
        self.prover_with(&[], args)
    }

    /// As [`prover`](Self::prover), in another environment.
    pub fn prover_with(&self, environment: &[(&str, &str)], args: &[&str]) -> Ran {
        self.run(Path::new(env!("CARGO_BIN_EXE_assay-prover")), environment, args)
    }

    /// Runs the client's program in the folder.
    pub fn verifier(&self, args: &[&str]) -> Ran {
        let program = Path::new(env!("CARGO_BIN_EXE_assay-prover")).with_file_name("assay-verifier");
        assert!(program.exists(), "assay-verifier is not built: run cargo test --workspace");
        self.run(&program, &[], args)
    }

    /// The same with standard output going to `file`.
    pub fn verifier_printing_to(&self, file: std::fs::File, args: &[&str]) -> Ran {
        let program = Path::new(env!("CARGO_BIN_EXE_assay-prover")).with_file_name("assay-verifier");
        let mut command = Command::new(program);
        Ran(command.args(args).current_dir(self.dir.path()).stdout(file).output().unwrap())
    }

    fn run(&self, program: &Path, environment: &[(&str, &str)], args: &[&str]) -> Ran {
        Ran(Command::new(program)
            .args(args)
            .current_dir(self.dir.path())
            .env("HOME", self.dir.path())
            // Where there is none, drivers say so on standard error.
            .env("XDG_RUNTIME_DIR", self.dir.path())
            .envs(environment.iter().copied())
            .output()
            .unwrap())
    }

    /// Names in a subfolder, sorted.
    pub fn list(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.path(folder))
            .map(|d| d.map(|e| e.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        names.sort();
        names
    }
}

/// A finished program.
pub struct Ran(Output);

impl Ran {
    /// Checks the exit code.
    #[track_caller]
    pub fn code(self, want: i32) -> Self {
        let (out, err) = (String::from_utf8_lossy(&self.0.stdout), String::from_utf8_lossy(&self.0.stderr));
        assert_eq!(self.0.status.code(), Some(want), "stdout: {out}\nstderr: {err}");
        self
    }

    pub fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// The error line; checks that it is the only line of the error.
    #[track_caller]
    pub fn error(&self) -> String {
        let text = String::from_utf8(self.0.stderr.clone()).unwrap();
        let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with('{')).collect();
        assert_eq!(lines.len(), 1, "{text}");
        lines[0].to_owned()
    }

    /// The one JSON object on standard output.
    #[track_caller]
    pub fn json(&self) -> Json {
        let text = self.stdout();
        assert_eq!(text.lines().count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// A small model with a byte-level tokenizer.
pub fn toy(seed: u64) -> Vec<u8> {
    let config = Config { layers: 2, dim: 64, heads: 4, kv_heads: 2, head_dim: 16, ffn: 96, vocab: 320, context: 128 };
    Toy { config, seed, metadata: tokenizer(320), embedding: TensorType::Q8_0, ..Toy::default() }.gguf()
}

fn tokenizer(vocab: usize) -> Vec<(String, Value)> {
    let mut tokens: Vec<String> = alphabet::CHARS.iter().map(char::to_string).collect();
    tokens.extend(["<|im_start|>", "<|im_end|>"].map(String::from));
    let controls = 256..tokens.len();
    tokens.push("ab".to_owned());
    let named = tokens.len();
    tokens.extend((named..vocab).map(|i| format!("[{i}]")));
    let types = (0..vocab).map(|i| if controls.contains(&i) { 3 } else { 1 }).collect();
    let template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\
                    {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    let text = |s: &str| Value::String(s.to_owned());
    [
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("smollm")),
        ("tokenizer.ggml.tokens", Value::Array(Array::String(tokens))),
        ("tokenizer.ggml.token_type", Value::Array(Array::I32(types))),
        ("tokenizer.ggml.merges", Value::Array(Array::String(vec!["a b".to_owned()]))),
        ("tokenizer.ggml.eos_token_id", Value::U32(257)),
        ("tokenizer.chat_template", text(template)),
    ]
    .map(|(k, v)| (k.to_owned(), v))
    .to_vec()
}
