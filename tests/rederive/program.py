"""The step machine of docs/protocol.md, section 1: steps, units, shapes, work."""

CHUNK = 256
LAYER = ["attn_norm", "qkv", "kv", "attention", "attn_pack", "o", "ffn_norm", "gate_up", "act", "down"]
KINDS = ["embed", *LAYER, "final_norm", "head", "sample"]
NORMS = ("attn_norm", "ffn_norm", "final_norm")
LINEAR = {"qkv": "attn_norm", "o": "attn_pack", "gate_up": "ffn_norm", "down": "act", "head": "final_norm"}
MATRICES = {
    "qkv": ["attn_q", "attn_k", "attn_v"], "o": ["attn_output"], "gate_up": ["ffn_gate", "ffn_up"], "down": ["ffn_down"],
}


def ceil(a, b):
    return -(-a // b)


def padded(rows):
    return ceil(rows, CHUNK) * CHUNK


class Program:
    def __init__(self, shape):
        self.__dict__.update(shape)
        self.q, self.kv = self.heads * self.head_dim, self.kv_heads * self.head_dim

    def steps(self, tail):
        """(kind, layer) by step number."""
        layers = [(kind, layer) for layer in range(self.layers) for kind in LAYER]
        return [("embed", 0), *layers] + ([("final_norm", 0), ("head", 0), ("sample", 0)] if tail else [])

    def number(self, kind, layer):
        return self.steps(True).index((kind, layer))

    def parts(self, kind):
        """(first output, rows) of each matrix of a linear step."""
        rows = {
            "qkv": [self.q, self.kv, self.kv], "gate_up": [self.ffn] * 2,
            "o": [self.dim], "down": [self.dim], "head": [self.vocab],
        }.get(kind, [])
        return [(sum(map(padded, rows[:i])), n) for i, n in enumerate(rows)]

    def width(self, kind):
        return {"o": self.q, "down": self.ffn}.get(kind, self.dim)

    def shape(self, kind):
        """Bytes of an element, number of elements, bytes of the header."""
        chunks = lambda n: ceil(n, CHUNK)
        if kind in NORMS:
            return 2, self.dim, 10 * chunks(self.dim) + 7
        return {
            "embed": (4, self.dim, 0), "o": (4, self.dim, 0), "down": (4, self.dim, 0),
            "qkv": (4, padded(self.q) + 2 * padded(self.kv), 0),
            "kv": (2, 2 * self.kv, 2 * self.kv_heads),
            "attention": (4, self.q, 0),
            "attn_pack": (2, self.q, chunks(self.q) + 1),
            "gate_up": (4, 2 * padded(self.ffn), 0),
            "act": (2, self.ffn, chunks(self.ffn) + 1),
            "head": (4, self.vocab, 4 * chunks(self.vocab)),
            "sample": (4, 1, 0),
        }[kind]

    def units(self, kind):
        """Units as (form, number)."""
        chunks = [("chunk", c) for c in range(ceil(self.shape(kind)[1], CHUNK))]
        if kind in NORMS or kind in ("attn_pack", "act"):
            return [("header", 0), *chunks]
        if kind in ("kv", "attention"):
            return [("head", h) for h in range(self.kv_heads if kind == "kv" else self.heads)]
        return [("whole", 0)] if kind == "sample" else chunks

    def chunk_rows(self, kind, chunk):
        """Part, first row within it, number of rows of a chunk of a linear step."""
        at = chunk * CHUNK
        part, (first, rows) = [(i, p) for i, p in enumerate(self.parts(kind)) if p[0] <= at][-1]
        return part, at - first, min(max(rows - (at - first), 0), CHUNK)

    def unit_work(self, kind, unit, t):
        form, number = unit
        if form in ("header", "whole"):
            return 1
        if form == "head":
            return 2 * self.head_dim * (t + 1 if kind == "attention" else 1)
        if kind in LINEAR:
            return max(1, self.chunk_rows(kind, number)[2] * self.width(kind))
        return min(CHUNK, self.shape(kind)[1] - number * CHUNK)

    def step_work(self, kind, t):
        return sum(self.unit_work(kind, u, t) for u in self.units(kind))

    def position_work(self, t, tail):
        return sum(self.step_work(kind, t) for kind, _ in self.steps(tail))

    def outputs(self, kind, unit):
        """Range of elements that a unit writes."""
        form, number = unit
        n = self.shape(kind)[1]
        size = {"header": 0, "whole": n, "chunk": CHUNK, "head": self.head_dim * (2 if kind == "kv" else 1)}[form]
        return min(number * size, n), min((number + 1) * size, n)

    def residual(self, kind, layer):
        if kind in ("ffn_norm", "down"):
            return "o", layer
        if kind == "final_norm":
            return "down", self.layers - 1
        return ("embed", 0) if layer == 0 else ("down", layer - 1)
