//! A committed job of the contested lane: wait for the round that decides the draws, fix them, prove one after the other.
//!
//! The chain has all that a run must know: the seed, which draws are decided, and what earlier answers left of the others. A
//! run that was stopped goes on from there.

use super::Run;
use crate::settlement::answerer::{AnswerError, Answerer, CannotProve, Proofs, Work};
use anyhow::{Context, Result, ensure};
use assay_verifier::chain::ChainError;
use assay_verifier::chain::abi::Escrow::{State, proveCall, restartCall};
use assay_verifier::cli::chain::{Case, duration, not_now, seed};
use assay_verifier::cli::hex;
use assay_verifier::settlement::question::Question;
use assay_verifier::settlement::rounds;
use assay_verifier::settlement::terms::Terms;
use assay_verifier::sign::receipt_hash;

/// What to prove with, if it is for the record that the terms name.
///
/// # Errors
/// Nothing, or another record.
pub(super) fn ready<'p>(case: &Case, proofs: Option<&'p dyn Proofs>) -> Result<&'p dyn Proofs, CannotProve> {
    let proofs = proofs.ok_or(CannotProve::Nothing)?;
    let (ours, theirs) = (proofs.record()?, case.file.terms.record);
    if ours == theirs { Ok(proofs) } else { Err(CannotProve::Record { ours, theirs }) }
}

/// The most answers that the draws of a job could take: each that of the head of the last position, which is read four positions
/// at a time, between its query and its outputs; and the two behind the last.
pub(super) fn most_answers(terms: &Terms) -> u64 {
    let positions = u64::from(terms.prompt_tokens).saturating_add(terms.max_tokens.into());
    let head = positions.div_ceil(4).saturating_add(2);
    u64::from(terms.draws).saturating_mul(head).saturating_add(2)
}

/// The least time between the draws and the deadline to prove, whenever the rig commits and the beacon speaks as it should.
pub(super) fn least_time(terms: &Terms, client_first: bool) -> u64 {
    let known = rounds::settled(terms.commit_by);
    let from = if client_first { known.max(terms.acknowledge_by) } else { known };
    terms.prove_by.saturating_sub(from)
}

/// Takes a committed job as far as it can be taken now; with `--wait`, to its end.
///
/// `answerer` is what was made before the commit, if this run committed.
pub(super) fn go_on<'p>(
    run: &mut Run<'_>,
    proofs: Option<&'p dyn Proofs>,
    work: &Work<'p>,
    answerer: Option<Box<dyn Answerer + 'p>>,
) -> Result<()> {
    if run.args.client_first && run.case.now < run.case.file.terms.acknowledge_by {
        if !run.args.wait {
            return Ok(());
        }
        run.wait_for_client()?;
    }
    if run.case.kept.state != State::Committed {
        return Ok(());
    }
    let contest = run.case.contested()?;
    if contest.seed.is_none() && run.case.now >= contest.seed_by {
        return run.expire("the draws did not become known in time");
    }
    // Before the seed: from then on the rig's time runs.
    let proofs = ready(&run.case, proofs)?;
    if !seeded(run)? {
        return Ok(());
    }
    let answerer = match answerer {
        Some(answerer) => answerer,
        None => proofs.answerer(work)?,
    };
    while run.case.kept.state == State::Committed {
        let contest = run.case.contested()?;
        let Some(draw) = contest.left().next() else { break };
        if run.case.now >= contest.prove_by {
            return Err(not_now(format!(
                "the deadline to prove, {}, has passed with {} draws left: anyone can take the stake",
                contest.prove_by,
                contest.left().count()
            )));
        }
        loud("to prove what is left", contest.seeded_at, contest.prove_by, run.case.now);
        let question = question(&run.case, work, draw)?;
        answer(run, answerer.as_ref(), &question, work).or_else(|error| run.outlast(error))?;
    }
    Ok(())
}

/// How a committed job stands, in words.
pub(super) fn stands(case: &Case) -> Result<String> {
    let contest = case.contested()?;
    let next = match (&contest.seed, &contest.deciding) {
        (Some(_), _) => format!("{} of {} draws are left to prove", contest.left().count(), contest.draws()),
        (None, Some(d)) => format!("round {} of the beacon, at {}, decides the draws", d.round, d.at),
        (None, None) => String::new(),
    };
    Ok(format!(
        "committed: send receipt and output to the client. {next}: run this again before {}, or the stake is lost",
        contest.prove_by
    ))
}

/// Sees that the draws are known; false if that must wait, or came to nothing.
fn seeded(run: &mut Run<'_>) -> Result<bool> {
    let mut told = false;
    loop {
        let contest = run.case.contested()?;
        if contest.seed.is_some() {
            return Ok(true);
        }
        let deciding = contest.deciding.context("a committed job has a deciding round")?;
        if run.case.now >= contest.seed_by {
            run.expire("the draws did not become known in time")?;
            return Ok(false);
        }
        if deciding.known {
            let sent = seed::plant(&mut run.case, &run.key, &run.journal, &run.args.sender)?;
            run.sent = Some(sent);
            run.said.push(format!("round {} decided the draws", deciding.round));
            continue;
        }
        if !run.args.wait {
            return Ok(false);
        }
        if !told {
            let left = deciding.at.saturating_sub(run.case.now);
            eprintln!(
                "waiting for round {} of the beacon, which decides the draws, at {}: {} from now",
                deciding.round,
                deciding.at,
                duration(left)
            );
            told = true;
        }
        loud("until which the draws can become known", run.case.kept.committedAt, contest.seed_by, run.case.now);
        run.look_again()?;
        if run.case.kept.state != State::Committed {
            return Ok(false);
        }
    }
}

/// Answers a draw until it is decided, or the job has ended otherwise.
fn answer(run: &mut Run<'_>, answerer: &dyn Answerer, question: &Question, work: &Work<'_>) -> Result<()> {
    let (draw, total) = (question.draw, run.case.contested()?.draws());
    let mut restarted = false;
    loop {
        let before = run.case.chain.progress(&question.id, draw)?;
        let bytes = match answerer.answer(question, &before) {
            Ok(bytes) => bytes,
            Err(AnswerError::Progress(_)) if before != [0; 32] && !restarted => {
                restarted = true;
                let call = restartCall { terms: (&run.case.file.terms).into(), draw };
                if !accepted(run, &call, format!("draw {draw} is begun anew"))? {
                    return Ok(());
                }
                continue;
            }
            Err(error) => return Err(error).with_context(|| format!("draw {draw} of {total}")),
        };
        let (terms, receipt) = ((&run.case.file.terms).into(), work.receipt.into());
        let call = proveCall { terms, receipt, draw, answer: bytes.into() };
        if !accepted(run, &call, format!("answered draw {draw} (of 0 to {})", total.saturating_sub(1)))? {
            return Ok(());
        }
        if run.case.kept.state != State::Committed || run.case.contested()?.is_decided(draw) {
            return Ok(());
        }
        let after = run.case.chain.progress(&question.id, draw)?;
        ensure!(after != before, "draw {draw} stands where it stood, at {}, after an accepted answer", hex(&after));
    }
}

/// Sends a call about a draw; false if the job had ended meanwhile: the client may acknowledge at any time.
fn accepted<C: super::SolCall>(run: &mut Run<'_>, call: &C, said: String) -> Result<bool> {
    let Err(error) = run.send(call, said) else { return Ok(true) };
    if !error.downcast_ref::<ChainError>().is_some_and(ChainError::is_refusal) {
        return Err(error);
    }
    run.case.refresh()?;
    if run.case.kept.state != State::Committed {
        return Ok(false);
    }
    let by = run.case.contested()?.prove_by;
    tracing::warn!("an answer was refused: unless one is accepted before {by}, the stake is lost");
    Err(error)
}

/// What the escrow asks its verifier about a draw.
fn question(case: &Case, work: &Work<'_>, draw: u32) -> Result<Question> {
    let t = &case.file.terms;
    Ok(Question {
        id: case.file.id(),
        job: t.job,
        record: t.record,
        receipt: receipt_hash(work.receipt),
        settlement_root: work.receipt.settlement_root,
        prompt: t.prompt,
        prompt_tokens: t.prompt_tokens,
        tokens: case.kept.tokens,
        seed: case.contested()?.seed.context("the draws are known")?,
        draw,
        draws: t.draws,
        // Said to an answerer besides, since it changes from answer to answer.
        progress: [0; 32],
    })
}

/// Says so when less than a tenth of the time is left.
fn loud(what: &str, from: u64, by: u64, now: u64) {
    if is_late(from, by, now) {
        tracing::warn!("DEADLINE {by} {what}: only {} left", duration(by.saturating_sub(now)));
    }
}

fn is_late(from: u64, by: u64, now: u64) -> bool {
    by.saturating_sub(now) < by.saturating_sub(from) / 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_tenth_of_a_time_is_late() {
        assert!(!is_late(1_000, 2_000, 1_000) && !is_late(1_000, 2_000, 1_900));
        assert!(is_late(1_000, 2_000, 1_901) && is_late(1_000, 2_000, 2_500));
    }
}
