"""From a challenge to its units, and from units to what is opened: docs/protocol.md, sections 5 and 6."""

from blake3 import CHUNK as BYTES
from program import CHUNK, LINEAR, NORMS, ceil


class Draws:
    def __init__(self, stream):
        self.stream, self.at, self.ahead = stream, 0, b""

    def integer(self, n):
        while len(self.ahead) < n:
            self.ahead += self.stream.output(self.at, 64)
            self.at += 64
        v, self.ahead = self.ahead[:n], self.ahead[n:]
        return int.from_bytes(v, "little")

    def below(self, n):
        if n <= 1:
            return 0
        while True:
            word = self.integer(16)
            if word <= 2**128 - 1 - 2**128 % n:
                return word % n

    def by_weight(self, weights):
        x = self.below(sum(weights))
        for i, w in enumerate(weights):
            if x < w:
                return i
            x -= w
        raise AssertionError

    def chance(self, threshold):
        return self.integer(2) < threshold


def drawn(program, challenge, positions, tail_from, last_token):
    """{position: {step: {unit}}}."""
    draws, out = Draws(challenge.stream), {}
    take = lambda t, step, unit: out.setdefault(t, {}).setdefault(step, set()).add(unit)
    works = [program.position_work(t, t >= tail_from) for t in range(positions)]
    last, end = positions - 1, len(program.steps(True))
    if challenge.kind == 1:
        left, chosen = list(works), set()
        for _ in range(min(challenge.count, positions)):
            t = draws.by_weight(left)
            left[t] = 0
            chosen.add(t)
        for t in sorted(chosen):
            out.setdefault(t, {})
            for step, (kind, _) in enumerate(program.steps(t >= tail_from)):
                for unit in range(len(program.units(kind))):
                    if kind in ("embed", "kv", "sample") or challenge.density == 1 << 16 or draws.chance(challenge.density):
                        take(t, step, unit)
        for unit in range(len(program.units("head"))):
            take(last, end - 2, unit)
    else:
        for i in range(challenge.count):
            if i % 2 == 0:
                t = draws.by_weight(works)
                steps = program.steps(t >= tail_from)
                step = draws.by_weight([program.step_work(kind, t) for kind, _ in steps])
                kind = steps[step][0]
                take(t, step, draws.by_weight([program.unit_work(kind, u, t) for u in program.units(kind)]))
            else:
                step = draws.below(end)
                first = tail_from if step >= end - 3 else 0
                t = first + draws.below(positions - first)
                take(t, step, draws.below(len(program.units(program.steps(True)[step][0]))))
        take(last, end - 2, last_token // CHUNK)
    take(last, end - 1, 0)
    return out


def needs(program, units, greedy, token_out):
    """{position: {step: (opened chunks, derived chunks)}}, all sorted."""
    out, derived = {}, {}

    def open_(t, kind, layer, elements):
        size, length, _ = program.shape(kind)
        chunks = out.setdefault(t, {}).setdefault(program.number(kind, layer), set())
        first, end = elements
        if size * length <= BYTES:
            chunks.add(0)
        elif first < end:
            chunks.update(range(first * size // BYTES, (end * size - 1) // BYTES + 1))

    for t, steps in units.items():
        for step, numbers in steps.items():
            kind, layer = program.steps(True)[step]
            size, length, _ = program.shape(kind)
            whole = lambda k: (0, program.shape(k)[1])
            written = set()
            for unit in [program.units(kind)[n] for n in sorted(numbers)]:
                outputs = program.outputs(kind, unit)
                open_(t, kind, layer, outputs)
                written.update(range(outputs[0] * size, outputs[1] * size))
                form, n = unit
                head = lambda part, h: (
                    program.parts("qkv")[part][0] + h * program.head_dim,
                    program.parts("qkv")[part][0] + (h + 1) * program.head_dim,
                )
                if form == "chunk" and kind in NORMS:
                    open_(t, *program.residual(kind, layer), outputs)
                elif form == "chunk" and kind in LINEAR:
                    open_(t, LINEAR[kind], layer, whole(LINEAR[kind]))
                    if kind in ("o", "down"):
                        open_(t, *program.residual(kind, layer), outputs)
                elif kind == "kv":
                    open_(t, "qkv", layer, head(1, n))
                    open_(t, "qkv", layer, head(2, n))
                elif kind == "attention":
                    open_(t, "qkv", layer, head(0, n))
                    group = n // (program.heads // program.kv_heads)
                    for past in range(t + 1):
                        open_(past, "kv", layer, program.outputs("kv", ("head", group)))
                elif form == "chunk" and kind == "attn_pack":
                    open_(t, "attention", layer, outputs)
                elif form == "chunk" and kind == "act":
                    up = program.parts("gate_up")[1][0]
                    open_(t, "gate_up", layer, outputs)
                    open_(t, "gate_up", layer, (outputs[0] + up, outputs[1] + up))
                elif kind == "sample":
                    token = token_out(t)
                    open_(t, "head", 0, (token, token + 1) if greedy else whole("head"))
            if kind != "sample":
                chunks = range(ceil(size * length, BYTES))
                full = lambda c: all(b in written for b in range(c * BYTES, min((c + 1) * BYTES, size * length)))
                derived[t, step] = {c for c in chunks if full(c)}
    return {
        t: {s: (sorted(c - derived.get((t, s), set())), sorted(derived.get((t, s), ()))) for s, c in sorted(steps.items())}
        for t, steps in sorted(out.items())
    }
