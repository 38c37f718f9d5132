//! What the host reads back of a batch: one buffer, mapped once.

use assay_model::program::StepKind;
use assay_model::sampling;

use super::buffers::{Buffers, SLOTS};
use super::{Fetch, Outcome, Row, Stage, Traffic};
use crate::canary::{self, CANARY, Nonce};
use crate::error::GpuError;
use crate::layout::{Layout, Place, SAMPLE};
use crate::ops::sample::{Finish, finish};

/// Words of a buffer of which a copy is read back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Copy {
    pub source: Source,
    pub from: u64,
    pub to: u64,
    pub words: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    Report,
    Slots,
    Arena,
}

impl Stage {
    /// What is read back: the report's rows, the canaries, then tensors. Returns the words of the report, too.
    pub(super) fn copies(&mut self, b: &Buffers, count: u32, fetch: &[Fetch], place_of: &[u32]) -> (u64, Vec<Copy>) {
        let report = u64::from(count) * u64::from(b.layout.report_row);
        let mut copies = vec![Copy { source: Source::Report, from: 0, to: 0, words: report }];
        let mut add = |source, from, words| {
            let to = copies.last().map_or(0, |c: &Copy| c.to + c.words);
            copies.push(Copy { source, from, to, words });
        };
        add(Source::Slots, 0, u64::from(SLOTS * CANARY));
        let mut tensor = |row: u32, place: Place| {
            let from = u64::from(row) * u64::from(b.layout.arena_row) + u64::from(place.tensor);
            add(Source::Arena, from, u64::from(place.words));
        };
        fetch.iter().for_each(|f| tensor(place_of[f.row], f.place));
        if let Some(out) = self.outgoing_place(&b.layout) {
            place_of.iter().for_each(|&row| tensor(row, out));
        }
        let words = copies.last().map_or(0, |c| c.to + c.words);
        if self.staging.as_ref().is_none_or(|(_, room)| *room < words) {
            self.staging = Some((self.gpu.readback("staging", words), words));
        }
        (report, copies)
    }

    /// What the next card reads, if there is one.
    fn outgoing_place(&self, layout: &Layout) -> Option<Place> {
        let last = self.share.layers.end.checked_sub(1)?;
        (!self.share.tail).then(|| layout.place(StepKind::Down, last))
    }

    pub(super) fn outcome(
        &self,
        b: &Buffers,
        report: &[u32],
        rest: &[u32],
        fetch: &[Fetch],
        place_of: &[u32],
        copies: &[Copy],
    ) -> Outcome {
        let stride = b.layout.report_row as usize;
        let reports = place_of.iter().map(|&at| report[at as usize * stride..][..stride].to_vec()).collect();
        let base = copies[1].to + copies[1].words;
        let mut tensors: Vec<Vec<u32>> =
            copies[2..].iter().map(|c| rest[(c.to - base) as usize..][..c.words as usize].to_vec()).collect();
        let outgoing = tensors.split_off(fetch.len());
        Outcome { reports, sampled: Vec::new(), tensors, outgoing, traffic: Traffic::default() }
    }

    /// The token of a row, from its report or, where that does not decide, from its logits.
    pub(super) fn sampled(
        &mut self,
        b: &Buffers,
        row: &Row,
        place: u32,
        report: &[u32],
    ) -> Result<Option<u32>, GpuError> {
        let Some((sampling, seed)) = row.tail else { return Ok(None) };
        let tables = &self.model.tables;
        let words = &report[b.layout.sample as usize..][..SAMPLE as usize];
        if let Finish::Token(token) = finish(&sampling, &seed, row.position, tables, words) {
            return Ok(Some(token));
        }
        let head = b.layout.place(StepKind::Head, 0);
        let first = u64::from(place) * u64::from(b.layout.arena_row) + u64::from(head.tensor);
        let logits = self.gpu.read(&b.arena, first, head.words.into())?;
        self.read_back += Traffic { bytes: 4 * u64::from(head.words), transfers: 1 };
        let (tables, logits): (_, &[i32]) = (&self.model.tables, bytemuck::cast_slice(&logits));
        Ok(Some(sampling::sample(logits, &sampling, &seed, row.position, tables)))
    }

    pub(super) fn check_canaries(&self, report: &[u32], slots: &[u32], nonces: &[Nonce]) -> Result<(), GpuError> {
        for (i, (&nonce, found)) in nonces.iter().zip(slots.chunks(CANARY as usize)).enumerate() {
            let over = if i + 1 == nonces.len() { report } else { &[] };
            if canary::expected(over, nonce) != found {
                return Err(self.gpu.wrong("a submission did not run to its end"));
            }
        }
        Ok(())
    }
}
