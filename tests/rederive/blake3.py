"""BLAKE3 by its paper: hash and derive_key, extended output, and the tree over 1 KiB chunks."""

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT, DERIVE_CONTEXT, DERIVE_MATERIAL = 1, 2, 4, 8, 32, 64
CHUNK = 1024
MASK = 0xFFFFFFFF
COLUMNS_AND_DIAGONALS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)


def compress(cv, words, counter, length, flags):
    """The 16 words that the compression function gives."""
    v = [*cv, *IV[:4], counter & MASK, counter >> 32 & MASK, length, flags]
    m = list(words)
    for round_ in range(7):
        for i, (a, b, c, d) in enumerate(COLUMNS_AND_DIAGONALS):
            v[a] = v[a] + v[b] + m[2 * i] & MASK
            x = v[d] ^ v[a]
            v[d] = (x >> 16 | x << 16) & MASK
            v[c] = v[c] + v[d] & MASK
            x = v[b] ^ v[c]
            v[b] = (x >> 12 | x << 20) & MASK
            v[a] = v[a] + v[b] + m[2 * i + 1] & MASK
            x = v[d] ^ v[a]
            v[d] = (x >> 8 | x << 24) & MASK
            v[c] = v[c] + v[d] & MASK
            x = v[b] ^ v[c]
            v[b] = (x >> 7 | x << 25) & MASK
        if round_ < 6:
            m = [m[i] for i in PERMUTATION]
    return [v[i] ^ v[i + 8] for i in range(8)] + [v[i + 8] ^ cv[i] for i in range(8)]


def _words(data):
    return [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data), 4)]


def _bytes(words):
    return b"".join(w.to_bytes(4, "little") for w in words)


class Node:
    """An input of the compression function that may still become the root."""

    def __init__(self, cv, block, counter, length, flags):
        self.input = (cv, _words(block.ljust(64, b"\0")), counter, length, flags)

    def chaining_value(self):
        return _bytes(compress(*self.input)[:8])

    def output(self, first, count):
        """Bytes first .. first + count of the extended output."""
        cv, words, _, length, flags = self.input
        out = b""
        for counter in range(first // 64, (first + count + 63) // 64):
            out += _bytes(compress(cv, words, counter, length, flags | ROOT))
        return out[first % 64 :][:count]


def _chunk(key, flags, index, data):
    cv = key
    blocks = [data[i : i + 64] for i in range(0, len(data), 64)] or [b""]
    for i, block in enumerate(blocks):
        f = flags | (CHUNK_START if i == 0 else 0) | (CHUNK_END if i == len(blocks) - 1 else 0)
        if i == len(blocks) - 1:
            return Node(cv, block, index, len(block), f)
        cv = compress(cv, _words(block), index, 64, f)[:8]


def left_leaves(n):
    """Leaves of the left subtree over n >= 2 leaves: the largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1


def _tree(key, flags, first, data):
    chunks = max(1, -(-len(data) // CHUNK))
    if chunks == 1:
        return _chunk(key, flags, first, data)
    split = left_leaves(chunks)
    left = _tree(key, flags, first, data[: split * CHUNK]).chaining_value()
    right = _tree(key, flags, first + split, data[split * CHUNK :]).chaining_value()
    return Node(key, left + right, 0, 64, flags | PARENT)


def hash(data):
    return _tree(IV, 0, 0, data).output(0, 32)


def chunk_value(index, data):
    """Chaining value of a chunk of a longer input."""
    return _chunk(IV, 0, index, data).chaining_value()


def join(left, right, root=False):
    """Parent of two chaining values in hash mode."""
    node = Node(IV, left + right, 0, 64, PARENT)
    return node.output(0, 32) if root else node.chaining_value()


_KEYS = {}


def derive(context, material):
    """The node that derive_key gives its output from."""
    if context not in _KEYS:
        _KEYS[context] = _words(_tree(IV, DERIVE_CONTEXT, 0, context.encode()).output(0, 32))
    return _tree(_KEYS[context], DERIVE_MATERIAL, 0, material)


def derive_key(context, material):
    return derive(context, material).output(0, 32)
