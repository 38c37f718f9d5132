"""The files of docs/wire.md."""

from blake3 import derive, derive_key


class Malformed(Exception):
    """Bytes that are no such file."""


def u32(v):
    return v.to_bytes(4, "little")


def u64(v):
    return v.to_bytes(8, "little")


def framed(data):
    return u64(len(data)) + data


class Reader:
    def __init__(self, data, kind=None):
        self.data, self.at = data, 0
        if kind is not None and self.take(7) != b"assay" + kind + b"\x01":
            raise Malformed("magic, kind or version of " + kind.decode())

    def take(self, n):
        if n > len(self.data) - self.at:
            raise Malformed("the bytes end early")
        self.at += n
        return self.data[self.at - n : self.at]

    def int(self, n):
        return int.from_bytes(self.take(n), "little")

    def u32s(self):
        return [self.int(4) for _ in range(self.int(4))]

    def digests(self):
        return [self.take(32) for _ in range(self.int(4))]

    def framed(self):
        return self.take(self.int(4))

    def end(self):
        if self.at != len(self.data):
            raise Malformed("bytes follow the end")


SHAPE = ("layers", "dim", "heads", "kv_heads", "head_dim", "ffn", "vocab", "context")


class Manifest:
    def __init__(self, data):
        r = Reader(data, b"M")
        if r.int(4) != 1 or r.framed() != b"llama":
            raise Malformed("arithmetic or architecture")
        self.shape = {name: r.int(4) for name in SHAPE}
        for _ in range(r.int(4)):
            r.framed(), r.take(32)
        r.take(12), r.u32s(), r.framed()
        self.tensors = {}
        order = []
        for _ in range(r.int(4)):
            name = r.framed().decode()
            r.take(4)
            columns, rows = r.int(8), r.int(8)
            r.take(36)
            self.tensors[name] = {"columns": columns, "rows": rows, "max_abs": r.int(4), "root": r.take(32)}
            order.append(name)
        if len(self.tensors) != len(order) or r.int(1) != 1:
            raise Malformed("a tensor that stands twice, or no commitments")
        self.powers = Powers(r.framed())
        for name in order:
            self.tensors[name]["tile"] = r.int(4)
            self.tensors[name]["tiles"] = r.digests()
        r.end()
        self.id = derive_key("assay v1 manifest", framed(data))


class Powers:
    """Encoded points of every exponent on the chains to the widths."""

    def __init__(self, data):
        r = Reader(data)
        exponents = set()
        for e in r.u32s():
            while e:
                exponents.add(e)
                e = e // 2 if e % 2 == 0 else e - 1
        self.in_g2 = {}
        for e in sorted(exponents):
            r.take(32)
            self.in_g2[e] = r.take(64)
        r.end()
        self.id = derive_key("assay v1 srs", self.in_g2[1])


class Job:
    def __init__(self, data):
        r = Reader(data, b"J")
        self.manifest, settlement = r.take(32), r.take(28)
        self.prompt = r.u32s()
        sampling = r.take(13)
        self.greedy = sampling[0] == 0
        seed, limit = r.take(32), r.take(4)
        stop = r.u32s()
        nonce, self.secret = r.take(32), r.take(32)
        rest = r.take(40)
        r.end()
        tokens = lambda list_: framed(b"".join(map(u32, list_)))
        self.digest = derive_key(
            "assay v1 job",
            self.manifest + settlement + tokens(self.prompt) + framed(sampling) + seed + limit + tokens(stop)
            + nonce + derive_key("assay v1 secret", self.secret) + rest,
        )


class Receipt:
    def __init__(self, data):
        r = Reader(data, b"R")
        self.job = r.take(32)
        r.take(28)
        self.tokens_root, self.token_count = r.take(32), r.int(4)
        self.tip, self.positions_root = r.take(32), r.take(32)
        r.take(32 + 20)
        self.id = derive_key("assay v1 receipt", framed(data[: r.at]))
        r.take(65)
        r.end()


class Output:
    def __init__(self, data):
        r = Reader(data, b"O")
        self.tokens, self.positions = r.u32s(), r.digests()
        r.end()


class Challenge:
    def __init__(self, data):
        r = Reader(data, b"C")
        self.receipt, self.seed = r.take(32), r.take(32)
        policy = r.take(9)
        r.end()
        self.kind, self.count, self.density = policy[0], int.from_bytes(policy[1:5], "little"), int.from_bytes(policy[5:], "little")
        all_ = self.seed + self.receipt + policy
        self.digest = derive_key("assay v1 challenge", all_)
        self.stream = derive("assay v1 draw", all_)


class Answer:
    def __init__(self, data):
        r = Reader(data, b"P")
        self.challenge = r.take(32)
        self.disclosure = r.framed()
        self.body = data[r.at :]
