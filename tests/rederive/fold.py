"""The fold proof of docs/protocol.md: its transcript, every scalar of its equation, and the equation itself."""

import bn254
from blake3 import derive
from bn254 import R
from files import Malformed, framed, u64

TAGS = {
    name: number
    for number, name in enumerate(
        "srs manifest receipt challenge counts matrix blocks claim input accumulators rho fold delta product gamma degree "
        "quotient z fold_value product_value nu opening_z opening_inverse e".split(),
        1,
    )
}


class Transcript:
    def __init__(self):
        self.bytes = b""

    def absorb(self, name, data):
        self.bytes += bytes([TAGS[name]]) + framed(data)

    def draw(self, name):
        self.absorb(name, b"")
        return int.from_bytes(derive("assay v1 fold", self.bytes).output(0, 64), "little") % R


class Proof:
    """Encoded elements, in the order of the wire."""

    def __init__(self, data, folds, widths):
        if len(data) != 32 * (2 * folds + widths + 5):
            raise Malformed("a fold proof of %d bytes" % len(data))
        elements = iter([data[i : i + 32] for i in range(0, len(data), 32)])
        take = lambda n: [next(elements) for _ in range(n)]
        self.folds, (self.product, self.degree), self.quotients = take(folds), take(2), take(widths)
        self.values, (self.product_value,), (self.at_z, self.at_inverse) = take(folds), take(1), take(2)


def words(values):
    return b"".join(map(u64, values))


def signed(values, size):
    return b"".join(v.to_bytes(size, "little", signed=True) for v in values)


def challenges(context, folds, claims, proof):
    """rho, delta, gamma, z, nu, e."""
    t, k = Transcript(), {}
    for name in ("srs", "manifest", "receipt", "challenge"):
        t.absorb(name, context[name])
    t.absorb("counts", words([len(folds), len(claims)]))
    for f in folds:
        t.absorb("matrix", words([f["matrix"], f["width"], f["tile"]]))
        t.absorb("blocks", words([n for chunk, rows, _ in f["blocks"] for n in (chunk, rows)]))
    for c in claims:
        t.absorb("claim", words([c["fold"]]))
        t.absorb("input", signed(c["x"], 2))
        t.absorb("accumulators", signed(c["acc"], 8))
    for drawn, sent in (
        ("rho", []),
        ("delta", [("fold", c) for c in proof.folds]),
        ("gamma", [("product", proof.product)]),
        ("z", [("degree", proof.degree)] + [("quotient", q) for q in proof.quotients]),
        ("nu", [("fold_value", v) for v in proof.values] + [("product_value", proof.product_value)]),
        ("e", [("opening_z", proof.at_z), ("opening_inverse", proof.at_inverse)]),
    ):
        for name, data in sent:
            t.absorb(name, data)
        k[drawn] = t.draw(drawn)
    return k


def polynomial(coefficients, x):
    total = 0
    for c in reversed(coefficients):
        total = (total * x + c) % R
    return total


def scalars(folds, claims, proof, k):
    """Every scalar of the equation: what the verifier multiplies each point by."""
    rho, delta, gamma, z, nu, e = (k[name] for name in ("rho", "delta", "gamma", "z", "nu", "e"))
    inverse = pow(z, -1, R)
    values = [bn254.scalar(v) for v in proof.values]
    product_value = bn254.scalar(proof.product_value)
    own = [0] * len(folds)
    sums, total = [], -z * product_value
    for m, c in enumerate(claims):
        weight = pow(delta, m, R)
        own[c["fold"]] = (own[c["fold"]] + weight) % R
        # Rows are counted with 256 to a block.
        acc, row, at = 0, 0, iter(c["acc"])
        for b, (_, rows, _) in enumerate(folds[c["fold"]]["blocks"]):
            for row in range(256 * b, 256 * b + rows):
                acc += next(at) * pow(rho, row, R)
        sums.append(acc % R)
        total += weight * (values[c["fold"]] * polynomial(c["x"], inverse) - sums[-1])
    for f, weight, value in zip(folds, own, values):
        total += gamma * weight * value * pow(inverse, f["width"], R)
    degree_value = total * z % R
    widths = sorted({f["width"] for f in folds})
    width_weights = [pow(e, 2 + i, R) for i in range(len(widths))]
    value = product_value + sum(pow(nu, 1 + f, R) * v for f, v in enumerate(values))
    of_folds, tiles = [], []
    for number, (f, weight) in enumerate(zip(folds, own)):
        base = width_weights[widths.index(f["width"])] * weight
        of_folds.append((pow(nu, 1 + number, R) - base) % R)
        for b, (_, _, points) in enumerate(f["blocks"]):
            tiles += [base * pow(rho, 256 * b + f["tile"] * i, R) % R for i in range(len(points))]
    return {
        "sums": sums,
        "degree_value": degree_value,
        "generator": -(value + e * degree_value) % R,
        "product": 1,
        "degree": e,
        "at_z": z,
        "at_inverse": e * inverse % R,
        "folds": of_folds,
        "tiles": tiles,
        "quotients": [w * rho % R for w in width_weights],
        "widths": width_weights,
    }


def holds(folds, proof, k, s, powers):
    """The pairing equation; powers gives the encoded [tau^e]_2."""
    g1, g2 = bn254.g1, bn254.g2
    at_z, at_inverse, quotients = g1(proof.at_z), g1(proof.at_inverse), [g1(q) for q in proof.quotients]
    tiles = [g1(p) for f in folds for _, _, points in f["blocks"] for p in points]
    left = bn254.g1_sum(
        [(bn254.G1, s["generator"]), (g1(proof.product), 1), (g1(proof.degree), s["degree"]), (at_z, s["at_z"])]
        + [(at_inverse, s["at_inverse"]), *zip(map(g1, proof.folds), s["folds"]), *zip(tiles, s["tiles"])]
        + list(zip(quotients, s["quotients"]))
    )
    pairs = [(left, bn254.G2), (bn254.g1_sum([(at_z, -1), (at_inverse, -k["e"])]), g2(powers[1]))]
    for width, quotient, weight in zip(sorted({f["width"] for f in folds}), quotients, s["widths"]):
        pairs.append((bn254.g1_sum([(quotient, -weight)]), g2(powers[width])))
    return bn254.product_is_one(pairs)
