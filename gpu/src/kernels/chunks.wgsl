// A row of `columns` columns in chunks of 256, each chunk a team of lanes of the row's one workgroup, and the block
// shifts that the teams find. Columns go in pairs, as mantissas are committed; `columns` is even.
const TEAM: u32 = 32u;
const TEAMS: u32 = LANES / TEAM;
const CHUNK_PAIRS: u32 = 128u;
const MAX_CHUNKS: u32 = 256u;

fn chunks_of(columns: u32) -> u32 { return (columns + 255u) / 256u; }
// The pair after the last one of `chunk`.
fn end_of(chunk: u32, columns: u32) -> u32 { return min((chunk + 1u) * CHUNK_PAIRS, columns / 2u); }

// Two shifts may be wanted of a row: kind 0 and kind 1.
var<workgroup> chunk_shifts: array<atomic<u32>, 2u * MAX_CHUNKS>;
var<workgroup> row_shifts: array<atomic<u32>, 2>;

// To be followed by a barrier.
fn clear_shifts(lane: u32, chunks: u32) {
  for (var i = lane; i < chunks; i += LANES) {
    atomicStore(&chunk_shifts[i], 0u);
    atomicStore(&chunk_shifts[MAX_CHUNKS + i], 0u);
  }
  if (lane < 2u) { atomicStore(&row_shifts[lane], 0u); }
}
// What one lane found in `chunk`.
fn note_shift(kind: u32, chunk: u32, shift: u32) {
  atomicMax(&chunk_shifts[kind * MAX_CHUNKS + chunk], shift);
  atomicMax(&row_shifts[kind], shift);
}
// After a barrier.
fn chunk_shift(kind: u32, chunk: u32) -> u32 { return atomicLoad(&chunk_shifts[kind * MAX_CHUNKS + chunk]); }
fn row_shift(kind: u32) -> u32 { return atomicLoad(&row_shifts[kind]); }
