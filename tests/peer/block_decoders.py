"""Blocks of quantized weights decoded from their bytes alone, as their projects define them: the layouts of ggml, OCP MX 1.0,
NVFP4 and bitsandbytes. Each takes the bytes and gives the weights as fractions."""
import struct
from fractions import Fraction

from number_formats import FP4, NF4, CodeBook, table

FORMATS = table()


def half(data, at):
    return FORMATS["fp16"].decode(int.from_bytes(data[at:at + 2], "little")).signed


def single(data, at):
    return Fraction(struct.unpack_from("<f", data, at)[0])


def code_of(data, first, bits):
    """Bits of a little-endian stream."""
    return int.from_bytes(data, "little") >> first & ((1 << bits) - 1)


def signed_byte(value):
    return value - 256 if value > 127 else value


def nibbles(data, at, count=16):
    """ggml: the low halves first, then the high ones."""
    part = data[at:at + count]
    return [b & 15 for b in part] + [b >> 4 for b in part]


def q4_0(b):
    return [half(b, 0) * (q - 8) for q in nibbles(b, 2)]


def q4_1(b):
    return [half(b, 0) * q + half(b, 2) for q in nibbles(b, 4)]


def fifths(b, at):
    high = int.from_bytes(b[at:at + 4], "little")
    return [q | (high >> j & 1) << 4 for j, q in enumerate(nibbles(b, at + 4))]


def q5_0(b):
    return [half(b, 0) * (q - 16) for q in fifths(b, 2)]


def q5_1(b):
    return [half(b, 0) * q + half(b, 2) for q in fifths(b, 4)]


def q8_0(b):
    return [half(b, 0) * signed_byte(q) for q in b[2:34]]


def q2_k(b):
    scales, qs, d, dmin = b[:16], b[16:80], half(b, 80), half(b, 82)
    return [d * (scales[i // 16] & 15) * (qs[32 * (i // 128) + i % 32] >> 2 * (i % 128 // 32) & 3) - dmin * (scales[i // 16] >> 4)
            for i in range(256)]


def q3_k(b):
    mask, qs, packed, d = b[:32], b[32:96], b[96:108], half(b, 108)
    scales = [(packed[j] & 15 if j < 8 else packed[j - 8] >> 4) | (packed[8 + j % 4] >> 2 * (j // 4) & 3) << 4 for j in range(16)]
    values = []
    for i in range(256):
        low = qs[32 * (i // 128) + i % 32] >> 2 * (i % 128 // 32) & 3
        values.append(d * (scales[i // 16] - 32) * (low - (0 if mask[i % 32] >> (i // 32) & 1 else 4)))
    return values


def six_bit_pairs(packed):
    """Scales and minima of Q4_K and Q5_K."""
    low = [(packed[j] & 63, packed[j + 4] & 63) for j in range(4)]
    high = [(packed[j + 4] & 15 | packed[j - 4] >> 6 << 4, packed[j + 4] >> 4 | packed[j] >> 6 << 4) for j in range(4, 8)]
    return low + high


def q4_k(b):
    d, dmin, pairs, qs = half(b, 0), half(b, 2), six_bit_pairs(b[4:16]), b[16:]
    return [d * pairs[i // 32][0] * (qs[32 * (i // 64) + i % 32] >> 4 * (i % 64 // 32) & 15) - dmin * pairs[i // 32][1]
            for i in range(256)]


def q5_k(b):
    d, dmin, pairs, high, qs = half(b, 0), half(b, 2), six_bit_pairs(b[4:16]), b[16:48], b[48:]
    return [d * pairs[i // 32][0] * (qs[32 * (i // 64) + i % 32] >> 4 * (i % 64 // 32) & 15 | (high[i % 32] >> (i // 32) & 1) << 4)
            - dmin * pairs[i // 32][1] for i in range(256)]


def q6_k(b):
    low, high, scales, d = b[:128], b[128:192], b[192:208], half(b, 208)
    values = []
    for i in range(256):
        n, quarter, l = i // 128, i % 128 // 32, i % 32
        q = low[64 * n + 32 * (quarter % 2) + l] >> 4 * (quarter // 2) & 15 | (high[32 * n + l] >> 2 * quarter & 3) << 4
        values.append(d * signed_byte(scales[i // 16]) * (q - 32))
    return values


IQ4 = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]


def iq4_nl(b):
    return [half(b, 0) * IQ4[q] for q in nibbles(b, 2)]


def iq4_xs(b):
    d, high, low, qs = half(b, 0), int.from_bytes(b[2:4], "little"), b[4:8], b[8:]
    scales = [(low[g // 2] >> 4 * (g % 2) & 15 | (high >> 2 * g & 3) << 4) - 32 for g in range(8)]
    return [d * scales[g] * IQ4[q] for g in range(8) for q in nibbles(qs, 16 * g)]


def fp4(code):
    return FORMATS["fp4_e2m1"].decode(code).signed


def mxfp4(b):
    return [Fraction(2) ** (b[0] - 127) * fp4(q) for q in nibbles(b, 1)]


def nvfp4(b):
    return [FORMATS["fp8_e4m3"].decode(b[s]).signed * fp4(q) for s in range(4) for q in nibbles(b, 4 + 8 * s, 8)]


def trits(packed, rounds):
    return [(byte * 3 ** n % 256 * 3 >> 8) - 1 for n in range(rounds) for byte in packed]


def tq1_0(b):
    return [half(b, 52) * t for t in trits(b[:32], 5) + trits(b[32:48], 5) + trits(b[48:52], 4)]


def tq2_0(b):
    return [half(b, 64) * ((b[32 * (i // 128) + i % 32] >> 2 * (i % 128 // 32) & 3) - 1) for i in range(256)]


def q1_0(b):
    return [half(b, 0) * (1 if b[2 + i // 8] >> i % 8 & 1 else -1) for i in range(8 * (len(b) - 2))]


GGUF = {f.__name__: f for f in (q4_0, q4_1, q5_0, q5_1, q8_0, q2_k, q3_k, q4_k, q5_k, q6_k, iq4_nl, iq4_xs, mxfp4, nvfp4, tq1_0,
                                tq2_0, q1_0)}


def microscaled(name):
    """A shared E8M0 scale, then 32 elements one after the other; INT8 elements are 64ths."""
    def decode(b):
        scale = Fraction(2) ** (b[0] - 127)
        if name == "int8":
            return [scale * Fraction(signed_byte(q), 64) for q in b[1:33]]
        one = FORMATS[("fp8_" if name in ("e4m3", "e5m2") else "fp6_" if name in ("e3m2", "e2m3") else "fp4_") + name]
        return [scale * one.decode(code_of(b, 8 + one.bits * i, one.bits)).signed for i in range(32)]
    return decode


def nv_e2m1(b):
    scale = FORMATS["fp8_e4m3"].decode(b[4]).signed / single(b, 0)
    return [scale * fp4(code_of(b, 40 + 4 * i, 4)) for i in range(16)]


def bitsandbytes(book, dynamic=None):
    """Absmax, or its code with offset and absmax of absmaxima; of two codes in a byte the first is the high half."""
    def decode(b):
        at = 9 if dynamic else 4
        absmax = dynamic[b[8]] * single(b, 4) + single(b, 0) if dynamic else single(b, 0)
        return [absmax * book.entries[q] for byte in b[at:] for q in (byte >> 4, byte & 15)]
    return decode


def uniform(bits, scale, minmax=False, nested=False):
    """A scale, perhaps a zero-point in bytes of its own, codes one after the other, counted from the smallest integer."""
    def decode(b):
        at = 5 if nested else 2 if scale is half else 4
        step = scale(b, 0) * Fraction(b[4], 255) if nested else scale(b, 0)
        zero = (1 << (bits - 1)) - 1
        if minmax:
            zero, at = b[at] & ((1 << bits) - 1), at + (bits + 7) // 8
        return [step * (code_of(b, 8 * at + bits * i, bits) - zero) for i in range((len(b) - at) * 8 // bits)]
    return decode


def k_means(bits):
    """Levels in FP16, then codes."""
    return lambda b: [half(b, 2 * code_of(b, (16 << bits) + bits * i, bits)) for i in range((8 * len(b) - (16 << bits)) // bits)]


def logarithmic(bits, base):
    """A sign, and zero or a power of the base up to 1."""
    side = (1 << (bits - 1)) - 1

    def level(code):
        power = code & side
        return (-1 if code > side else 1) * base ** (power - side) if power else Fraction(0)

    return lambda b: [half(b, 0) * level(code_of(b, 16 + bits * i, bits)) for i in range((len(b) - 2) * 8 // bits)]


def casts(one, scale_bytes=0):
    def decode(b):
        scale = single(b, 0) if scale_bytes else 1
        count = 8 * (len(b) - scale_bytes) // one.bits
        return [scale * one.decode(code_of(b, 8 * scale_bytes + one.bits * i, one.bits)).signed for i in range(count)]
    return decode


def dynamic_map(path):
    """The signed dynamic map of bitsandbytes, from its test data."""
    with open(path, "rb") as file:
        return [Fraction(v) for v in struct.unpack("<256f", file.read())]


def decoders(dynamic):
    """By scheme: from bytes to weights."""
    found = dict(GGUF)
    found.update({"mx_" + name: microscaled(name) for name in ("e4m3", "e5m2", "e3m2", "e2m3", "e2m1", "int8")})
    found["nv_e2m1"] = nv_e2m1
    for name, values in (("nf4", NF4), ("fp4", FP4)):
        found[name] = bitsandbytes(CodeBook(name, values))
        found[name + ":double=on"] = bitsandbytes(CodeBook(name, values), dynamic)
    found["dynamic8"] = lambda b: [dynamic[q] * single(b, 0) for q in b[4:]]
    for name in ("fp32", "bf16", "fp16", "fp8_e4m3", "fp8_e5m2"):
        found[name] = casts(FORMATS[name])
        found.update({f"{name}:scale={of}": casts(FORMATS[name], 4) for of in ("tensor", "row", "block128")})
    for bits in range(2, 9):
        groups = {"": single if bits == 8 else half, ":group=64": half, ":group=row": single, ":group=tensor": single,
                  ":range=mse": half, ":group=row,range=percentile": single}
        found.update({f"int{bits}{options}": uniform(bits, scale) for options, scale in groups.items()})
        found[f"int{bits}:range=minmax"] = uniform(bits, single if bits == 8 else half, minmax=True)
        found[f"int{bits}:range=mse,zero=on"] = uniform(bits, half, minmax=True)
        found[f"int{bits}:group=64,scales=uint8"] = uniform(bits, single, nested=True)
        found[f"kmeans{bits}"] = k_means(bits)
        found[f"log{bits}"] = logarithmic(bits, Fraction(2))
        for base in ("1.1", "1.25", "1.5"):
            found[f"log{bits}:base={base}"] = logarithmic(bits, Fraction(base))
    return found
