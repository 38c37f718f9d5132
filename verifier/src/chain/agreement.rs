//! What a contract cannot see: that terms are about a job. docs/settlement.md, section 7.

use super::terms::TermsFile;
use crate::Job;
use crate::cli::hex;
use crate::job::Settlement;
use crate::settlement::prompt::Prompt;
use crate::settlement::rounds;
use assay_model::domain::Digest;
use assay_model::sampling::Sampling;

/// Most draws of a job.
pub const MAX_DRAWS: u32 = 64;
/// Least time that a rig has to prove, once the draws are known and the client is late: that of the escrow.
pub const PROVE_TIME: u64 = 24 * 60 * 60;

/// Terms that are not about a job, or that no party should agree to.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsError {
    /// Another job.
    #[error("the terms name job {}, the job has {}", hex(theirs), hex(ours))]
    Job {
        /// The job's.
        ours: Digest,
        /// That of the terms.
        theirs: Digest,
    },
    /// Another model.
    #[error("the terms name model {}, the job has {}", hex(theirs), hex(ours))]
    Model {
        /// The job's.
        ours: Digest,
        /// That of the terms.
        theirs: Digest,
    },
    /// Another chain or contract.
    #[error(
        "the terms name another place of settlement: chain {}, contract 0x{}, the job has chain {}, contract 0x{}",
        theirs.chain, hex(&theirs.contract), ours.chain, hex(&ours.contract)
    )]
    Place {
        /// The job's.
        ours: Settlement,
        /// That of the terms.
        theirs: Settlement,
    },
    /// Another limit.
    #[error("the terms name a limit of tokens of {theirs}, the job has {ours}")]
    MaxTokens {
        /// The job's.
        ours: u32,
        /// That of the terms.
        theirs: u32,
    },
    /// The job ends before its rig must commit.
    #[error("the job expires at {expires}, before the rig's deadline {commit_by}: its receipt would be refused")]
    Expires {
        /// The job's.
        expires: u64,
        /// That of the terms.
        commit_by: u64,
    },
    /// Deadlines out of order.
    #[error("the deadlines are not in order")]
    Deadlines,
    /// More money than there is.
    #[error("the price of all tokens has more than 96 bits")]
    Price,
    /// Half of a lane.
    #[error("the terms name no verifier and yet {0}: nothing would be paid on proofs")]
    NotContested(&'static str),
    /// Nothing decides samples that are drawn.
    #[error(
        "the job draws its tokens, and no proof decides that: only greedy jobs (--temperature 0) are paid on proofs"
    )]
    Sampling,
    /// No record.
    #[error("the terms name a verifier and no record of the model (--record)")]
    NoRecord,
    /// Another prompt.
    #[error(
        "the terms commit to the prompt {}, the job's is {}: no proof about a token of the prompt would hold",
        hex(theirs),
        hex(ours)
    )]
    Prompt {
        /// The job's commitment.
        ours: Digest,
        /// That of the terms.
        theirs: Digest,
    },
    /// Another length of prompt.
    #[error("the terms name {theirs} tokens of prompt, the job has {ours}")]
    PromptTokens {
        /// The job's.
        ours: u32,
        /// That of the terms.
        theirs: u32,
    },
    /// No draws, or too many.
    #[error("the terms name {0} draws, and 1 to {MAX_DRAWS} are possible (--draws)")]
    Draws(u32),
    /// Too little time to prove.
    #[error("the rig can prove until {prove_by}, and needs at least until {least} (--prove-in)")]
    ProveBy {
        /// That of the terms.
        prove_by: u64,
        /// The least.
        least: u64,
    },
}

impl TermsFile {
    /// Whether the job is paid on proofs if its client is silent.
    pub fn is_contested(&self) -> bool {
        self.terms.verifier != [0; 4]
    }

    /// Refuses terms that are not about this job, or that cannot be kept.
    ///
    /// # Errors
    /// The first thing that differs.
    pub fn require_job(&self, job: &Job) -> Result<(), TermsError> {
        let t = &self.terms;
        if t.job != job.digest() {
            return Err(TermsError::Job { ours: job.digest(), theirs: t.job });
        }
        if t.manifest != job.manifest {
            return Err(TermsError::Model { ours: job.manifest, theirs: t.manifest });
        }
        if self.settlement != job.settlement {
            return Err(TermsError::Place { ours: job.settlement, theirs: self.settlement });
        }
        if t.max_tokens != job.max_tokens {
            return Err(TermsError::MaxTokens { ours: job.max_tokens, theirs: t.max_tokens });
        }
        if job.expires < t.commit_by {
            return Err(TermsError::Expires { expires: job.expires, commit_by: t.commit_by });
        }
        if t.commit_by >= t.acknowledge_by {
            return Err(TermsError::Deadlines);
        }
        if self.escrow().is_none() {
            return Err(TermsError::Price);
        }
        if self.is_contested() { self.require_contest(job) } else { self.require_no_contest() }
    }

    fn require_no_contest(&self) -> Result<(), TermsError> {
        let t = &self.terms;
        let named = [
            (t.record != [0; 32], "a record"),
            (t.prompt != [0; 32], "a commitment to the prompt"),
            (t.prompt_tokens != 0, "a length of the prompt"),
            (t.draws != 0, "draws"),
            (t.prove_by != 0, "a deadline to prove"),
        ];
        match named.into_iter().find(|(is, _)| *is) {
            Some((_, what)) => Err(TermsError::NotContested(what)),
            None => Ok(()),
        }
    }

    fn require_contest(&self, job: &Job) -> Result<(), TermsError> {
        let t = &self.terms;
        if job.sampling != Sampling::Greedy {
            return Err(TermsError::Sampling);
        }
        if t.record == [0; 32] {
            return Err(TermsError::NoRecord);
        }
        if t.prompt_tokens != job.prompt_len() {
            return Err(TermsError::PromptTokens { ours: job.prompt_len(), theirs: t.prompt_tokens });
        }
        let prompt = Prompt::of(job).root();
        if t.prompt != prompt {
            return Err(TermsError::Prompt { ours: prompt, theirs: t.prompt });
        }
        if !(1..=MAX_DRAWS).contains(&t.draws) {
            return Err(TermsError::Draws(t.draws));
        }
        let least = rounds::settled(t.commit_by).max(t.acknowledge_by).saturating_add(PROVE_TIME);
        if t.prove_by < least {
            return Err(TermsError::ProveBy { prove_by: t.prove_by, least });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::amount;
    use crate::settlement::terms::Terms;

    fn job() -> Job {
        Job {
            manifest: [4; 32],
            settlement: Settlement { chain: 31_337, contract: [9; 20] },
            prompt: vec![7, 8, 9],
            sampling: Sampling::Greedy,
            seed: [2; 32],
            max_tokens: 5,
            stop: Vec::new(),
            nonce: [3; 32],
            secret: [4; 32],
            expires: 1_000,
            previous: [0; 32],
        }
    }

    fn plain(job: &Job) -> TermsFile {
        let terms = Terms {
            client: [1; 20],
            rig: [2; 20],
            job: job.digest(),
            manifest: job.manifest,
            record: [0; 32],
            verifier: [0; 4],
            prompt: [0; 32],
            prompt_tokens: 0,
            max_tokens: 5,
            draws: 0,
            price_per_token: amount::of(3).unwrap(),
            proof_fee: amount::of(4).unwrap(),
            stake: amount::of(6).unwrap(),
            commit_by: 1_000,
            acknowledge_by: 1_100,
            prove_by: 0,
        };
        TermsFile { settlement: job.settlement, terms }
    }

    fn contested(job: &Job) -> TermsFile {
        let mut file = plain(job);
        file.terms.record = [5; 32];
        file.terms.verifier = [0, 0, 0, 1];
        file.terms.prompt = Prompt::of(job).root();
        file.terms.prompt_tokens = 3;
        file.terms.draws = 8;
        // The draws are known later than the client is late.
        file.terms.prove_by = 1_000 + 30 + 780 + PROVE_TIME;
        file
    }

    fn refused(file: &TermsFile, change: impl Fn(&mut Terms)) -> TermsError {
        let mut file = file.clone();
        change(&mut file.terms);
        file.require_job(&job()).unwrap_err()
    }

    #[test]
    fn terms_of_either_lane_are_accepted_and_everything_that_differs_is_named() {
        let job = job();
        for file in [plain(&job), contested(&job)] {
            assert_eq!(file.require_job(&job), Ok(()));
            let refused = |change: fn(&mut Terms)| refused(&file, change);
            assert!(matches!(refused(|t| t.job = [0; 32]), TermsError::Job { .. }));
            assert!(matches!(refused(|t| t.manifest = [0; 32]), TermsError::Model { .. }));
            assert_eq!(refused(|t| t.max_tokens = 6), TermsError::MaxTokens { ours: 5, theirs: 6 });
            assert!(matches!(refused(|t| t.commit_by = 1_001), TermsError::Expires { .. }));
            assert_eq!(refused(|t| t.acknowledge_by = 1_000), TermsError::Deadlines);
            assert_eq!(refused(|t| t.price_per_token = [255; 12]), TermsError::Price);
            let elsewhere = TermsFile { settlement: Settlement { chain: 1, ..file.settlement }, ..file.clone() };
            assert!(matches!(elsewhere.require_job(&job), Err(TermsError::Place { .. })));
        }
    }

    #[test]
    fn terms_without_a_verifier_promise_nothing_that_only_a_verifier_could_keep() {
        let file = plain(&job());
        assert_eq!(refused(&file, |t| t.record = [1; 32]), TermsError::NotContested("a record"));
        assert_eq!(refused(&file, |t| t.prompt = [1; 32]), TermsError::NotContested("a commitment to the prompt"));
        assert_eq!(refused(&file, |t| t.prompt_tokens = 3), TermsError::NotContested("a length of the prompt"));
        assert_eq!(refused(&file, |t| t.draws = 1), TermsError::NotContested("draws"));
        assert_eq!(refused(&file, |t| t.prove_by = 9_999), TermsError::NotContested("a deadline to prove"));
    }

    #[test]
    fn contested_terms_commit_to_the_jobs_own_prompt_and_leave_time_to_prove() {
        let file = contested(&job());
        assert_eq!(refused(&file, |t| t.record = [0; 32]), TermsError::NoRecord);
        assert!(matches!(refused(&file, |t| t.prompt[0] ^= 1), TermsError::Prompt { .. }));
        assert_eq!(refused(&file, |t| t.prompt_tokens = 2), TermsError::PromptTokens { ours: 3, theirs: 2 });
        assert_eq!(refused(&file, |t| t.draws = 0), TermsError::Draws(0));
        assert_eq!(refused(&file, |t| t.draws = 65), TermsError::Draws(65));
        let least = file.terms.prove_by;
        assert_eq!(refused(&file, |t| t.prove_by -= 1), TermsError::ProveBy { prove_by: least - 1, least });
        assert_eq!(
            refused(&file, |t| t.acknowledge_by = 5_000),
            TermsError::ProveBy { prove_by: least, least: 5_000 + PROVE_TIME }
        );
    }

    #[test]
    fn a_job_that_draws_its_tokens_is_not_paid_on_proofs() {
        let drawn = Job { sampling: Sampling::Draw { temperature: 65_536, top_k: 0, top_p: 65_536 }, ..job() };
        assert_eq!(contested(&drawn).require_job(&drawn), Err(TermsError::Sampling));
        assert_eq!(plain(&drawn).require_job(&drawn), Ok(()));
    }
}
