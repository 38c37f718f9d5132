"""BN254 on integers: canonical encodings, both groups, the optimal ate pairing."""

P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
# 6x + 2 for the parameter x of the curve.
LOOP = 6 * 4965661367192848881 + 2
LARGER, IDENTITY = 0x80, 0x40


class Bad(Exception):
    """Bytes that are no canonical point or scalar."""


# ---- Fp2 = Fp[u]/(u^2 + 1), as pairs; xi = 9 + u.


def f2_add(a, b):
    return ((a[0] + b[0]) % P, (a[1] + b[1]) % P)


def f2_sub(a, b):
    return ((a[0] - b[0]) % P, (a[1] - b[1]) % P)


def f2_mul(a, b):
    return ((a[0] * b[0] - a[1] * b[1]) % P, (a[0] * b[1] + a[1] * b[0]) % P)


def f2_scale(a, k):
    return (a[0] * k % P, a[1] * k % P)


def f2_inv(a):
    n = pow(a[0] * a[0] + a[1] * a[1], -1, P)
    return (a[0] * n % P, -a[1] * n % P)


def f2_pow(a, e):
    out = (1, 0)
    while e:
        if e & 1:
            out = f2_mul(out, a)
        a = f2_mul(a, a)
        e >>= 1
    return out


def f2_conj(a):
    return (a[0], -a[1] % P)


def f2_sqrt(a):
    """A root, or None: by the norm, as p = 3 mod 4."""
    if a == (0, 0):
        return a
    if a[1] == 0:
        root = sqrt(a[0])
        return (root, 0) if root is not None else (0, sqrt(-a[0] % P))
    norm = sqrt((a[0] * a[0] + a[1] * a[1]) % P)
    if norm is None:
        return None
    for sign in (norm, -norm):
        c0 = sqrt((a[0] + sign) * pow(2, -1, P) % P)
        if c0:
            root = (c0, a[1] * pow(2 * c0, -1, P) % P)
            if f2_mul(root, root) == a:
                return root
    return None


def sqrt(a):
    root = pow(a, (P + 1) // 4, P)
    return root if root * root % P == a % P else None


XI = (9, 1)
B2 = f2_mul((3, 0), f2_inv(XI))
G1 = (1, 2)
G2 = (
    (
        10857046999023057135944570762232829481370756359578518086990519993285655852781,
        11559732032986387107991004021392285783925812861821192530917403151452391805634,
    ),
    (
        8495653923123431417604973247489272438418190587263600148770280649306958101930,
        4082367875863433681332203403145435568316851327593401208105741076214120093531,
    ),
)


# ---- Encodings.


def scalar(data):
    v = int.from_bytes(data, "little")
    if v >= R:
        raise Bad("a scalar that is not below r")
    return v


def scalar_bytes(v):
    return v.to_bytes(32, "little")


def _flags(data):
    flags = data[-1] & (LARGER | IDENTITY)
    data = data[:-1] + bytes([data[-1] & 0x3F])
    if flags == LARGER | IDENTITY:
        raise Bad("contradicting flags")
    if flags == IDENTITY and any(data):
        raise Bad("an identity with coordinates")
    return data, flags


def _coordinate(data):
    v = int.from_bytes(data, "little")
    if v >= P:
        raise Bad("a coordinate that is not below p")
    return v


def g1(data):
    data, flags = _flags(data)
    if flags == IDENTITY:
        return None
    x = _coordinate(data)
    y = sqrt((x**3 + 3) % P)
    if y is None:
        raise Bad("no point of G1")
    return (x, max(y, P - y) if flags == LARGER else min(y, P - y))


def g1_bytes(point):
    if point is None:
        return bytes(31) + bytes([IDENTITY])
    out = bytearray(point[0].to_bytes(32, "little"))
    out[31] |= LARGER if point[1] > P - point[1] else 0
    return bytes(out)


def g2(data):
    data, flags = _flags(data)
    if flags == IDENTITY:
        return None
    x = (_coordinate(data[:32]), _coordinate(data[32:]))
    y = f2_sqrt(f2_add(f2_mul(x, f2_mul(x, x)), B2))
    if y is None:
        raise Bad("no point of the curve of G2")
    other = f2_sub((0, 0), y)
    # Compared by c1, then c0.
    larger, smaller = (y, other) if y[::-1] > other[::-1] else (other, y)
    point = (x, larger if flags == LARGER else smaller)
    if g2_mul(point, R) is not None:
        raise Bad("outside the subgroup")
    return point


# ---- G1 in Jacobian coordinates.


def _double(p):
    x, y, z = p
    if not z:
        return p
    a, b = x * x % P, y * y % P
    c = b * b % P
    d = 2 * ((x + b) ** 2 - a - c) % P
    e = 3 * a % P
    x3 = (e * e - 2 * d) % P
    return (x3, (e * (d - x3) - 8 * c) % P, 2 * y * z % P)


def _add(p, q):
    if not p[2]:
        return q
    if not q[2]:
        return p
    zz1, zz2 = p[2] * p[2] % P, q[2] * q[2] % P
    u1, u2 = p[0] * zz2 % P, q[0] * zz1 % P
    s1, s2 = p[1] * q[2] * zz2 % P, q[1] * p[2] * zz1 % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    if not h:
        return _double(p) if not r else (1, 1, 0)
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return (x3, (r * (v - x3) - s1 * hhh) % P, h * p[2] * q[2] % P)


def g1_sum(terms):
    """The sum of scalar times point; bit by bit over all terms at once."""
    terms = [((x, y, 1), k % R) for point, k in terms if point is not None for x, y in [point]]
    total = (1, 1, 0)
    for bit in range(R.bit_length() - 1, -1, -1):
        total = _double(total)
        for point, k in terms:
            if k >> bit & 1:
                total = _add(total, point)
    x, y, z = total
    if not z:
        return None
    inverse = pow(z, -1, P)
    return (x * inverse**2 % P, y * inverse**3 % P)


def g1_neg(point):
    return None if point is None else (point[0], -point[1] % P)


# ---- G2 in affine coordinates.


def _slope(p, q):
    if p == q:
        square = f2_mul(p[0], p[0])
        return f2_mul(f2_scale(square, 3), f2_inv(f2_scale(p[1], 2)))
    return f2_mul(f2_sub(q[1], p[1]), f2_inv(f2_sub(q[0], p[0])))


def g2_add(p, q):
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0] and p[1] != q[1]:
        return None
    s = _slope(p, q)
    x = f2_sub(f2_sub(f2_mul(s, s), p[0]), q[0])
    return (x, f2_sub(f2_mul(s, f2_sub(p[0], x)), p[1]))


def g2_mul(p, k):
    out = None
    while k:
        if k & 1:
            out = g2_add(out, p)
        p = g2_add(p, p)
        k >>= 1
    return out


# ---- Fp12 = Fp2[w]/(w^6 - xi), as six coefficients; the twist is (x, y) -> (x w^2, y w^3).

ONE = [(1, 0)] + [(0, 0)] * 5


def f12_mul(a, b):
    c = [[0, 0] for _ in range(11)]
    for i, (a0, a1) in enumerate(a):
        if a0 or a1:
            for j, (b0, b1) in enumerate(b):
                if b0 or b1:
                    c[i + j][0] += a0 * b0 - a1 * b1
                    c[i + j][1] += a0 * b1 + a1 * b0
    # w^6 = 9 + u.
    for k in range(10, 5, -1):
        c[k - 6][0] += 9 * c[k][0] - c[k][1]
        c[k - 6][1] += 9 * c[k][1] + c[k][0]
    return [(x % P, y % P) for x, y in c[:6]]


def f12_pow(a, e):
    out = ONE
    for bit in bin(e)[2:]:
        out = f12_mul(out, out)
        if bit == "1":
            out = f12_mul(out, a)
    return out


def _line(t, q, at):
    """The line through the twists of t and q, at a point of G1; and t + q."""
    s = _slope(t, q)
    constant = f2_sub(f2_mul(s, t[0]), t[1])
    value = [(at[1], 0), f2_scale(s, -at[0]), (0, 0), constant, (0, 0), (0, 0)]
    return value, g2_add(t, q)


def _frobenius(q):
    x = f2_mul(f2_conj(q[0]), f2_pow(XI, (P - 1) // 3))
    return (x, f2_mul(f2_conj(q[1]), f2_pow(XI, (P - 1) // 2)))


def miller(p, q):
    if p is None or q is None:
        return ONE
    f, t = ONE, q
    for bit in bin(LOOP)[3:]:
        line, t = _line(t, t, p)
        f = f12_mul(f12_mul(f, f), line)
        if bit == "1":
            line, t = _line(t, q, p)
            f = f12_mul(f, line)
    first = _frobenius(q)
    second = _frobenius(first)
    line, t = _line(t, first, p)
    f = f12_mul(f, line)
    line, _ = _line(t, (second[0], f2_sub((0, 0), second[1])), p)
    return f12_mul(f, line)


def product_is_one(pairs):
    """Whether the product of the pairings is 1."""
    f = ONE
    for p, q in pairs:
        f = f12_mul(f, miller(p, q))
    return f12_pow(f, (P**12 - 1) // R) == ONE
