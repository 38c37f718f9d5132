//! The options that make a job, shared by `assay-verifier job` and `assay-prover run`.

use super::{files, parse_hex};
use crate::job::{Job, MAX_STOP, Settlement};
use crate::receipt::Address;
use anyhow::{Context, Result, bail, ensure};
use assay_model::config::Config;
use assay_model::domain::Digest;
use assay_model::sampling::Sampling;
use assay_model::text::{Tokenizer, chat};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a job is open when nothing else is said.
const DEFAULT_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Prompt, limits and sampling of a job.
#[derive(clap::Args, Clone, Debug)]
pub struct JobOptions {
    /// Prompt text.
    #[arg(long, value_name = "TEXT", group = "prompt_source")]
    pub prompt: Option<String>,
    /// File with the prompt, UTF-8.
    #[arg(long, value_name = "FILE", group = "prompt_source")]
    pub prompt_file: Option<PathBuf>,
    /// Render the prompt as a chat turn with the model's own template.
    #[arg(long)]
    pub chat: bool,
    /// System message in front of a chat prompt.
    #[arg(long, value_name = "TEXT", requires = "chat")]
    pub system: Option<String>,
    /// Most tokens to generate.
    #[arg(long, value_name = "N", default_value_t = 128)]
    pub max_tokens: u32,
    /// Sampling temperature; 0 is greedy.
    #[arg(long, value_name = "T", default_value = "0", allow_negative_numbers = true)]
    pub temperature: String,
    /// Sample among the K likeliest tokens; 0 is all.
    #[arg(long, value_name = "K", default_value_t = 0)]
    pub top_k: u32,
    /// Sample among the likeliest tokens that together have this chance.
    #[arg(long, value_name = "P", default_value = "1", allow_negative_numbers = true)]
    pub top_p: String,
    /// Generate to the limit, whatever token comes.
    #[arg(long)]
    pub ignore_stop: bool,
    /// EVM chain on which the job is settled.
    #[arg(long, value_name = "ID", requires = "contract")]
    pub chain: Option<u64>,
    /// Escrow contract at which the job is settled; the receipt then has a settlement root.
    #[arg(long, value_name = "ADDRESS", requires = "chain", value_parser = parse_hex::<20>)]
    pub contract: Option<Address>,
    /// Unix second from which on no receipt is accepted; a day from now if not given.
    #[arg(long, value_name = "T")]
    pub expires: Option<u64>,
}

impl JobOptions {
    /// Whether a prompt was given at all.
    pub const fn has_prompt(&self) -> bool {
        self.prompt.is_some() || self.prompt_file.is_some()
    }

    /// The job that the options describe, with nonce, secret and seed of its own.
    ///
    /// # Errors
    /// An empty prompt, an unreadable file, parameters out of range, a prompt that does not fit the context.
    pub fn job(&self, manifest: Digest, config: &Config, tokenizer: &Tokenizer) -> Result<Job> {
        let prompt = self.tokens(&self.prompt_text()?, tokenizer)?;
        ensure!(self.max_tokens > 0, "--max-tokens must be at least 1");
        let sampling = Sampling::from_decimals(&self.temperature, self.top_k, &self.top_p)
            .context("--temperature, --top-k or --top-p cannot be used")?;
        let stop = if self.ignore_stop { Vec::new() } else { tokenizer.vocabulary().stop_tokens() };
        ensure!(
            stop.len() <= MAX_STOP,
            "the model names {} stop tokens, and a job holds at most {MAX_STOP}",
            stop.len()
        );
        let job = Job {
            manifest,
            settlement: Settlement {
                chain: self.chain.unwrap_or_default(),
                contract: self.contract.unwrap_or_default(),
            },
            prompt,
            sampling,
            seed: random()?,
            max_tokens: self.max_tokens,
            stop,
            nonce: random()?,
            secret: random()?,
            expires: self.expires.unwrap_or_else(|| unix_now().saturating_add(DEFAULT_LIFE.as_secs())),
            previous: [0; 32],
        };
        // Not `Job::positions`, which is saturated: the number is to be shown.
        let positions = u64::from(job.prompt_len()).saturating_sub(1) + u64::from(self.max_tokens);
        ensure!(
            positions <= u64::from(config.context),
            "the prompt has {} tokens; with --max-tokens {} it needs {positions} positions, and the model has a context of {}: \
             shorten the prompt or lower --max-tokens",
            job.prompt.len(),
            self.max_tokens,
            config.context
        );
        ensure!(job.fits(config), "the prompt holds tokens outside the model's vocabulary");
        Ok(job)
    }

    fn prompt_text(&self) -> Result<String> {
        let text = match (&self.prompt, &self.prompt_file) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) => String::from_utf8(files::read(path)?)
                .with_context(|| format!("{} is not UTF-8 text", path.display()))?,
            (None, None) => bail!("no prompt: give --prompt TEXT or --prompt-file FILE"),
        };
        ensure!(!text.is_empty(), "the prompt is empty: give some text with --prompt or --prompt-file");
        Ok(text)
    }

    fn tokens(&self, text: &str, tokenizer: &Tokenizer) -> Result<Vec<u32>> {
        if !self.chat {
            return Ok(tokenizer.encode_prompt(text, true)?);
        }
        let vocabulary = tokenizer.vocabulary();
        let template = vocabulary
            .chat_template
            .as_deref()
            .context("the model has no chat template: leave --chat out, or use an instruct model")?;
        let system = self.system.as_deref().map(|s| ("system", s));
        let messages: Vec<_> = system.into_iter().chain([("user", text)]).collect();
        let special = |id: Option<u32>| id.and_then(|id| vocabulary.tokens.get(id)).unwrap_or_default();
        let rendered = chat::render(template, &messages, special(vocabulary.bos), special(vocabulary.eos), true)?;
        Ok(tokenizer.encode_prompt(&rendered, true)?)
    }
}

/// 32 bytes of the system's randomness.
///
/// # Errors
/// If the system has none.
pub fn random() -> Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
    Ok(bytes)
}

/// Unix second of the system's clock.
pub fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
