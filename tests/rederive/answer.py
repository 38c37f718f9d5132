"""The body and the disclosure of an answer: every opened byte against its root, and the claims that are to be proved."""

import blake3
from blake3 import CHUNK as BYTES
from blake3 import derive, derive_key, join, left_leaves
from files import Malformed, Reader, framed, u32
from program import KINDS, LINEAR, MATRICES, NORMS, ceil


class Disagrees(Exception):
    """Well-formed bytes that are not what was committed, signed or asked."""


def require(holds, what):
    if not holds:
        raise Disagrees(what)


def root(label, leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = left_leaves(len(leaves))
    return derive_key(label, root(label, leaves[:split]) + root(label, leaves[split:]))


def opened_root(n, leaves, siblings, parent, first=0):
    """Root over n leaves from {number: leaf}; the reader gives the roots of subtrees without an opened one."""
    inside = [i for i in leaves if first <= i < first + n]
    if not inside:
        return siblings.take(32)
    if n == 1:
        return leaves[first]
    split = left_leaves(n)
    left = opened_root(split, leaves, siblings, parent, first)
    return parent(left, opened_root(n - split, leaves, siblings, parent, first + split))


def tensor_digest(length, values, siblings):
    chunks = ceil(length, BYTES)
    if chunks == 1:
        return values[0]
    split = left_leaves(chunks)
    left = opened_root(split, values, siblings, join)
    return join(left, opened_root(chunks - split, values, siblings, join, split), root=True)


def accumulators(r, bounds):
    widths = [(2 * b).bit_length() for b in bounds]
    word = r.int(ceil(sum(widths), 8))
    out = []
    for bound, bits in zip(bounds, widths):
        v = (word & (1 << bits) - 1) - bound
        if v > bound:
            raise Malformed("an accumulator above its bound")
        out.append(v)
        word >>= bits
    if word:
        raise Malformed("bits behind the accumulators")
    return out


class Model:
    """A manifest with the shape's view of its tensors."""

    def __init__(self, manifest, program):
        self.manifest, self.program = manifest, program

    def matrix(self, kind, layer, part):
        tensors = self.manifest.tensors
        if kind == "head":
            return tensors.get("output.weight") or tensors["token_embd.weight"]
        return tensors["blk.%d.%s.weight" % (layer, MATRICES[kind][part])]

    def bound(self, kind, layer, part):
        m = self.matrix(kind, layer, part)
        return m["columns"] * m["max_abs"] * 32767


def tile_height(width):
    """Rows of a tile: the largest power of two up to 256 with at most 2^15 weights."""
    return max((h for h in (2**i for i in range(9)) if h * width <= 1 << 15), default=1)


def check_chain(job, receipt, output):
    """Steps 3 and 4 of docs/protocol.md, section 8, as far as they bind roots."""
    require(job.digest == receipt.job, "the job's digest")
    tokens = job.prompt + output.tokens
    leaves = [derive_key("assay v1 token leaf", u32(i) + u32(t)) for i, t in enumerate(output.tokens)]
    require(len(leaves) == receipt.token_count and root("assay v1 token node", leaves) == receipt.tokens_root, "tokens")
    require(len(output.positions) == len(tokens) - 1, "number of positions")
    links, last = [], job.digest
    for t, position in enumerate(output.positions):
        last = derive_key("assay v1 link", last + u32(t) + u32(tokens[t]) + position + u32(tokens[t + 1]))
        links.append(last)
    require(links[-1] == receipt.tip, "tip")
    require(root("assay v1 link node", links) == receipt.positions_root, "root over the positions")


def open_body(model, job, output, tail_from, wanted, body):
    """{(position, step): (opened chunks, {chunk: accumulators})}, all under the positions' roots."""
    program, r, out = model.program, Reader(body), {}
    for t, steps in wanted.items():
        kinds = program.steps(t >= tail_from)
        salts = derive("assay v1 salt", job.secret + job.digest + u32(t))
        leaves = {}
        for step, (opened, derived) in steps.items():
            kind, layer = kinds[step]
            size, length, header_bytes = program.shape(kind)
            header = r.take(header_bytes)
            bytes_of, values = {}, {}
            for c in sorted(opened + derived):
                if c in derived:
                    values[c] = r.take(32)
                    continue
                data = r.take(min(BYTES, size * length - c * BYTES))
                bytes_of[c] = data
                values[c] = blake3.hash(data) if size * length <= BYTES else blake3.chunk_value(c, data)
            if not values:
                # The root cannot be left out: its two children stand for it.
                digest = join(r.take(32), r.take(32), root=True)
            else:
                digest = tensor_digest(size * length, values, r)
            acc = {}
            if kind in LINEAR:
                places = {c: program.chunk_rows(kind, c) for c in derived}
                bounds = [b for c in derived for b in [model.bound(kind, layer, places[c][0])] * places[c][2]]
                all_ = accumulators(r, bounds)
                for c in derived:
                    acc[c], all_ = all_[: places[c][2]], all_[places[c][2] :]
            preimage = salts.output(32 * step, 32) + job.digest + u32(t) + u32(step)
            preimage += bytes([KINDS.index(kind), size]) + u32(length) + u32(header_bytes) + header + digest
            leaves[step] = derive_key("assay v1 step leaf", preimage + bytes(-len(preimage) % 64))
            out[t, step] = (bytes_of, acc)
        parent = lambda a, b: derive_key("assay v1 step node", a + b)
        require(opened_root(len(kinds), leaves, r, parent) == output.positions[t], "opening at position %d" % t)
    r.end()
    return out


def open_disclosure(model, units, token_in, disclosure):
    """Checks rows and gains against the manifest; gives the bytes of the fold proof."""
    program, tensors, r = model.program, model.manifest.tensors, Reader(disclosure)
    rows, norms = set(), set()
    for t, steps in units.items():
        for step, numbers in steps.items():
            kind, layer = program.steps(True)[step]
            if kind == "embed":
                rows.add(token_in(t))
            if kind in NORMS and any(program.units(kind)[n][0] == "chunk" for n in numbers):
                norms.add((step, kind, layer))
    leaf = lambda row: derive_key("assay v1 weight row", row)
    if rows:
        leaves = {token: leaf(r.take(4 * program.dim)) for token in sorted(rows)}
        parent = lambda a, b: derive_key("assay v1 weight node", a + b)
        got = opened_root(program.vocab, leaves, r, parent)
        require(got == tensors["token_embd.weight"]["root"], "rows of the embedding")
    # Norms stand in the order of kinds and layers of the program's table.
    for _, kind, layer in sorted(norms, key=lambda n: (KINDS.index(n[1]), n[2])):
        gains = r.take(2 * program.dim)
        wide = b"".join(
            int.from_bytes(gains[i : i + 2], "little", signed=True).to_bytes(4, "little", signed=True)
            for i in range(0, len(gains), 2)
        )
        name = "output_norm.weight" if kind == "final_norm" else "blk.%d.%s.weight" % (layer, kind)
        require(leaf(wide) == tensors[name]["root"], "gains of " + name)
    return disclosure[r.at :]


def statement(model, units, openings):
    """Folds and claims: docs/protocol.md; one claim a step and position, claims on the same chunks share a fold."""
    program, folds, claims, numbers = model.program, [], [], {}
    for t in sorted(units):
        for step in sorted(units[t]):
            kind, layer = program.steps(True)[step]
            if kind not in LINEAR:
                continue
            chunks = {c: a for c, a in sorted(openings[t, step][1].items()) if a}
            if not chunks:
                continue
            source = program.number(LINEAR[kind], layer)
            size, length, _ = program.shape(LINEAR[kind])
            opened = openings[t, source][0]
            if sorted(opened) != list(range(ceil(size * length, BYTES))):
                raise Disagrees("position %d, step %d: an input that is derived, which is not re-derived here" % (t, step))
            x = b"".join(opened[c] for c in sorted(opened))
            key = (step, tuple(chunks))
            if key not in numbers:
                numbers[key] = len(folds)
                blocks = []
                for c in chunks:
                    part, first, rows = program.chunk_rows(kind, c)
                    matrix = model.matrix(kind, layer, part)
                    h = matrix["tile"]
                    require(h == tile_height(matrix["columns"]), "tile height")
                    blocks.append((c, rows, matrix["tiles"][first // h : ceil(first + rows, h)]))
                folds.append({"matrix": step, "width": matrix["columns"], "tile": h, "blocks": blocks})
            claims.append({
                "fold": numbers[key],
                "x": [int.from_bytes(x[i : i + 2], "little", signed=True) for i in range(0, len(x), 2)],
                "acc": [a for acc in chunks.values() for a in acc],
            })
    return folds, claims
