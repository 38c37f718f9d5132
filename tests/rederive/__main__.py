"""An independent check of an answer: no code is shared with the Rust crates, and nothing but Python's library is used.

    python3 tests/rederive answer DIR      files model.manifest, job.job, job.receipt, job.output, job.challenge, job.proof
    python3 tests/rederive fold FILE.json  a statement and its proof, as in tests/vectors/fold
    python3 tests/rederive self-test

Prints what it derives as JSON and ends with 0 if the fold equation holds, 1 if the files disagree or are malformed, or it
does not. It follows docs/protocol.md and docs/wire.md: digests and roots, drawn units, what is opened and that it is what
was committed, the statement, the transcript, every scalar of the equation, and the pairing. Not here: the receipt's
signature, the arithmetic of the steps (an input that the checks derive instead of opening is an error), the chain that the
manifest's powers of tau carry.
"""

import json
import sys
from pathlib import Path

import blake3
import bn254
import draws
import fold
from answer import Disagrees, Model, check_chain, open_body, open_disclosure, require, statement
from files import Answer, Challenge, Job, Malformed, Manifest, Output, Receipt
from program import Program


def proof_part(context, folds, claims, data, powers):
    proof = fold.Proof(data, len(folds), len({f["width"] for f in folds}))
    k = fold.challenges(context, folds, claims, proof)
    require(k["rho"] and k["z"], "a challenge of zero")
    s = fold.scalars(folds, claims, proof, k)
    number = lambda v: bn254.scalar_bytes(v).hex()
    shown = {name: [number(x) for x in v] if isinstance(v, list) else number(v) for name, v in s.items()}
    return {
        "folds": [
            {"matrix": f["matrix"], "width": f["width"], "tile": f["tile"], "blocks": [[c, n] for c, n, _ in f["blocks"]]}
            for f in folds
        ],
        "claims": [{"fold": c["fold"], "x": c["x"], "acc": c["acc"]} for c in claims],
        "challenges": {name: number(v) for name, v in k.items()},
        "scalars": shown,
        "equation": fold.holds(folds, proof, k, s, powers),
    }


def answer(directory):
    read = lambda name, kind: kind((Path(directory) / name).read_bytes())
    manifest, job, receipt = read("model.manifest", Manifest), read("job.job", Job), read("job.receipt", Receipt)
    output, challenge, reply = read("job.output", Output), read("job.challenge", Challenge), read("job.proof", Answer)
    program = Program(manifest.shape)
    model = Model(manifest, program)
    require(job.manifest == manifest.id, "the job's model")
    check_chain(job, receipt, output)
    require(challenge.receipt == receipt.id, "the challenge's receipt")
    require(reply.challenge == challenge.digest, "the answer's challenge")
    tokens = job.prompt + output.tokens
    tail_from = len(job.prompt) - 1
    units = draws.drawn(program, challenge, len(output.positions), tail_from, output.tokens[-1])
    wanted = draws.needs(program, units, job.greedy, lambda t: tokens[t + 1])
    openings = open_body(model, job, output, tail_from, wanted, reply.body)
    proof = open_disclosure(model, units, lambda t: tokens[t], reply.disclosure)
    folds, claims = statement(model, units, openings)
    context = {
        "srs": manifest.powers.id, "manifest": manifest.id, "receipt": receipt.id, "challenge": challenge.digest,
    }
    return {
        **{name: v.hex() for name, v in context.items()},
        "job": job.digest.hex(),
        "drawn": [[t, s, sorted(units[t][s])] for t in sorted(units) for s in sorted(units[t])],
        **proof_part(context, folds, claims, proof, manifest.powers.in_g2),
    }


def frozen(path):
    file = json.loads(Path(path).read_text())
    context = {name: bytes.fromhex(file[name]) for name in ("srs", "manifest", "receipt", "challenge")}
    folds = [
        {**f, "blocks": [(b["chunk"], b["rows"], [bytes.fromhex(t) for t in b["tiles"]]) for b in f["blocks"]]}
        for f in file["folds"]
    ]
    powers = {int(e): bytes.fromhex(p) for e, p in file["powers"].items()}
    out = proof_part(context, folds, file["claims"], bytes.fromhex(file["proof"]), powers)
    require(out["challenges"] == file["challenges"], "challenges of the file")
    require(blake3.derive_key("assay v1 srs", powers[1]) == context["srs"], "id of the powers")
    return out


def self_test():
    """Known digests, and the pairing's bilinearity."""
    cycle = bytes(i % 251 for i in range(5120))
    return {
        "empty": blake3.hash(b"").hex(),
        "cycle": blake3.hash(cycle).hex(),
        "derived": blake3.derive_key("BLAKE3 2019-12-27 16:29:52 test vectors context", cycle).hex(),
        "equation": bn254.product_is_one([
            (bn254.g1_sum([(bn254.G1, 5)]), bn254.g2_mul(bn254.G2, 7)),
            (bn254.g1_sum([(bn254.G1, -35)]), bn254.G2),
        ])
        and not bn254.product_is_one([(bn254.G1, bn254.G2), (bn254.G1, bn254.G2)]),
    }


def main(arguments):
    commands = {("answer", 2): answer, ("fold", 2): frozen, ("self-test", 1): lambda: self_test()}
    command = commands.get((arguments[0] if arguments else "", len(arguments)))
    if command is None:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        out = command(*arguments[1:])
    except (Malformed, Disagrees, bn254.Bad) as e:
        out = {"error": type(e).__name__.lower(), "message": str(e), "equation": False}
    print(json.dumps(out))
    return 0 if out["equation"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
