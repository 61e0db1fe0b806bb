"""Number formats from their published definitions, in fractions: nothing is rounded but where a format rounds.

IEEE 754-2019 (binary16, 32, 64); bfloat16; TF32 (the upper 19 bits of binary32); OCP OFP8 1.0 (E4M3, E5M2); Noune et al.
2022 (FNUZ); OCP MX 1.0 (FP6, FP4, E8M0); QLoRA 2023 (NF4); bitsandbytes (FP4); INTn: value = scale (q - zero point).
A magnitude is rounded by looking for the two values around it, never by its bits.
"""
import struct
from bisect import bisect_right
from fractions import Fraction
from functools import lru_cache

INF, NAN = "inf", "nan"


class Number:
    """A sign and a magnitude: a Fraction, INF or NAN."""

    def __init__(self, magnitude, negative=False):
        if isinstance(magnitude, Fraction) and magnitude < 0:
            magnitude, negative = -magnitude, not negative
        self.magnitude, self.negative = magnitude, bool(negative)

    is_finite = property(lambda self: isinstance(self.magnitude, Fraction))
    is_zero = property(lambda self: self.magnitude == 0)
    signed = property(lambda self: -self.magnitude if self.negative else self.magnitude)

    def same(self, other):
        """Equal, the sign of a zero included; one NaN is as good as another."""
        if self.magnitude == NAN or other.magnitude == NAN:
            return self.magnitude == other.magnitude
        return self.magnitude == other.magnitude and self.negative == other.negative


@lru_cache(maxsize=None)
def power(exponent):
    return Fraction(2) ** exponent


def floor_log2(magnitude):
    guess = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    return guess if magnitude >= power(guess) else guess - 1


class Decision:
    """How a number was rounded; `part` is how much of the gap between two values is cut off."""

    def __init__(self, code, truncated=None, part=Fraction(0), **flags):
        self.code, self.part = code, part
        self.truncated = code if truncated is None else truncated
        self.overflow = flags.get("overflow", False)
        self.underflow = flags.get("underflow", False)
        self.no_such_value = flags.get("no_such_value", False)
        self.direction = flags.get("direction", "exact")
        self.has_bits = flags.get("has_bits", False)

    tie = property(lambda self: self.part == Fraction(1, 2))
    guard = property(lambda self: self.part * 2 >= 1)
    round = property(lambda self: int(self.part * 4) % 2 == 1)
    sticky = property(lambda self: (self.part * 4).denominator != 1)


def goes_away(part, mode, negative, even_goes_away, draw):
    if part == 0:
        return False
    return {"nearest_even": part > Fraction(1, 2) or (part == Fraction(1, 2) and even_goes_away),
            "nearest_away": part >= Fraction(1, 2), "toward_zero": False, "up": not negative, "down": negative,
            "stochastic": draw is not None and part > draw}[mode]


def direction_of(part, away):
    return "exact" if part == 0 else "away_from_zero" if away else "toward_zero"


class Float:
    """Sign, exponent and mantissa; specials as on the command line: ieee, fn, fnuz, none."""
    is_scaled = False

    def __init__(self, name, exponent_bits, mantissa_bits, bias=None, specials="ieee", subnormals=True):
        self.name, self.e, self.m, self.specials, self.subnormals = name, exponent_bits, mantissa_bits, specials, subnormals
        usual = 2 ** (exponent_bits - 1) - (specials != "fnuz")
        self.bias = usual if bias is None else bias
        self.bits = 1 + exponent_bits + mantissa_bits
        self.sign_bit = 1 << (self.bits - 1)
        ones = self.sign_bit - 1
        self.largest = {"ieee": ones - (1 << mantissa_bits), "fn": ones - 1, "fnuz": ones, "none": ones}[specials]
        self.first = 1 if subnormals else 1 << mantissa_bits  # the smallest positive number

    def magnitude(self, code):
        """(-1)^S 2^(E - bias) (1 + M / 2^m), of E = 0: 2^(1 - bias) M / 2^m; codes beyond the largest go on as it."""
        field, mantissa = code >> self.m, Fraction(code & ((1 << self.m) - 1), 1 << self.m)
        if field == 0:
            return power(1 - self.bias) * mantissa if self.subnormals else Fraction(0)
        return power(field - self.bias) * (1 + mantissa)

    def decode(self, code):
        negative, rest = code >= self.sign_bit, code & (self.sign_bit - 1)
        if self.specials == "fnuz":
            if negative and rest == 0:
                return Number(NAN)
            return Number(self.magnitude(rest), negative and self.magnitude(rest) != 0)
        if rest > self.largest:
            return Number(INF if self.specials == "ieee" and rest == self.largest + 1 else NAN, negative)
        return Number(self.magnitude(rest), negative)

    def kind(self, code):
        number, rest = self.decode(code), code & (self.sign_bit - 1)
        if not number.is_finite:
            return "infinity" if number.magnitude == INF else "nan"
        return "zero" if number.is_zero else "subnormal" if rest < 1 << self.m else "normal"

    def ulp(self, code):
        rest = code & (self.sign_bit - 1)
        if not self.decode(code).is_finite:
            return None
        if not self.subnormals and rest < self.first:
            return self.magnitude(self.first)
        return power(max(rest >> self.m, 1) - self.bias - self.m)

    def signed(self, code, negative):
        return code | self.sign_bit if negative and not (self.specials == "fnuz" and code == 0) else code

    def special(self, number):
        has_nan = self.m > 0 if self.specials == "ieee" else self.specials != "none"
        if number.magnitude == INF:
            return Decision(self.beyond(number.negative), no_such_value=self.specials != "ieee")
        if not has_nan:
            return Decision(0, no_such_value=True)
        return Decision(self.nan(number.negative))

    def nan(self, negative):
        if self.specials == "fnuz":
            return self.sign_bit
        quiet = self.sign_bit - 1 if self.specials == "fn" else self.largest + 1 + (1 << (self.m - 1))
        return quiet | (self.sign_bit if negative else 0)

    def beyond(self, negative):
        if self.specials == "ieee":
            return self.signed(self.largest + 1, negative)
        return self.signed(self.largest, negative) if self.specials == "none" else self.nan(negative)

    def round(self, number, mode, draw=None, saturate=False):
        if not number.is_finite:
            return self.special(number)
        a, negative = number.magnitude, number.negative
        low = self.below(a)
        step = self.magnitude(self.first) if low == 0 else None
        near = self.magnitude(low)
        if a >= self.magnitude(self.largest) + self.ulp(self.largest):  # the part in its own binade
            unit = power(max(floor_log2(a), 1 - self.bias) - self.m)
            part, away, code = a / unit % 1, False, self.largest + 1
        else:
            step = step or (self.magnitude(low + 1) - near if low < self.largest else self.ulp(low))
            part = (a - near) / step
            away = goes_away(part, mode, negative, low % 2 == 1, draw)
            code = low if not away else self.first if low == 0 else low + 1
        flags = {"has_bits": True, "direction": direction_of(part, away), "underflow": code == 0 and a != 0}
        if code > self.largest:
            stays = saturate or self.specials == "none" or mode == "toward_zero" or mode == ("up" if negative else "down")
            code = self.signed(self.largest, negative) if stays else self.beyond(negative)
            flags.update(overflow=True, direction="toward_zero" if stays else "away_from_zero")
        else:
            code = self.signed(code, negative)
        return Decision(code, self.signed(low, negative), part, **flags)

    def below(self, a):
        """The last code whose value is at most a."""
        low, high = 0, self.largest
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.magnitude(middle) <= a else (low, middle - 1)
        return 0 if low < self.first else low

    def next(self, code, up):
        if self.decode(code).magnitude == NAN:
            return None
        negative, rest = code >= self.sign_bit, code & (self.sign_bit - 1)
        if rest < self.first:
            return self.first if up else self.sign_bit | self.first
        last = self.largest + (self.specials == "ieee")
        if negative == up:
            return 0 if rest == self.first else code - 1
        return None if rest == last else code + 1


class PowerOfTwo:
    """E8M0: 2^(code - 127), 255 is NaN; no zero, no sign."""
    name, bits, is_scaled, largest = "e8m0", 8, False, 254

    def decode(self, code):
        return Number(NAN) if code == 255 else Number(power(code - 127))

    def kind(self, code):
        return "nan" if code == 255 else "normal"

    def ulp(self, code):
        return None if code == 255 else power(code - 127)

    def next(self, code, up):
        return None if code == 255 or code == (254 if up else 0) else code + (1 if up else -1)

    def round(self, number, mode, draw=None, saturate=False):
        if not number.is_finite:
            return Decision(255, no_such_value=number.magnitude == INF)
        if number.negative or number.is_zero:
            return Decision(0 if saturate else 255, no_such_value=True)
        a = number.magnitude
        exponent = floor_log2(a)
        if exponent < -127:
            return Decision(0, 0, Fraction(1), direction="away_from_zero")
        part = a / power(exponent) - 1
        away = goes_away(part, mode, False, True, draw)  # ties up (OCP)
        code, flags = exponent + 127 + away, {"has_bits": True, "direction": direction_of(part, away)}
        if code > 254:
            stays = saturate or mode in ("toward_zero", "down")
            code = 254 if stays else 255
            flags.update(overflow=True, direction="toward_zero" if stays else "away_from_zero")
        return Decision(code, min(exponent + 127, 254), part, **flags)


class Integer:
    """INTn and UINTn: value = scale (q - zero point), q = round(value / scale) + zero point, clamped."""
    is_scaled = True

    def __init__(self, bits, is_signed, scale=Fraction(1), zero_point=0):
        self.name, self.bits = ("int" if is_signed else "uint") + str(bits), bits
        self.low, self.high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if is_signed else (0, (1 << bits) - 1)
        self.scale, self.zero_point = scale, zero_point

    def q(self, code):
        return code - (1 << self.bits) if code > self.high else code

    def decode(self, code):
        return Number(self.scale * (self.q(code) - self.zero_point))

    def kind(self, code):
        return "zero" if self.q(code) == self.zero_point else "normal"

    def ulp(self, code):
        return self.scale

    def next(self, code, up):
        q = self.q(code) + (1 if up else -1)
        return q % (1 << self.bits) if self.low <= q <= self.high else None

    def code(self, q):
        return min(max(q, self.low), self.high) % (1 << self.bits)

    def round(self, number, mode, draw=None, saturate=False):
        if not number.is_finite:
            is_nan = number.magnitude == NAN
            q = self.zero_point if is_nan else self.low if number.negative else self.high
            return Decision(self.code(q), no_such_value=True, overflow=not is_nan,
                            direction="exact" if is_nan else "toward_zero")
        steps, sign = number.magnitude / self.scale, -1 if number.negative else 1
        near = int(steps)
        part = steps - near if near < 1 << 52 else Fraction(0)  # so far out nobody asks what is cut off
        away = goes_away(part, mode, number.negative, near % 2 == 1, draw)
        wanted = sign * (near + away) + self.zero_point
        code = self.code(wanted)
        flags = {"has_bits": near < 1 << 52, "direction": direction_of(part, away), "overflow": self.q(code) != wanted}
        if flags["overflow"]:
            stored = self.q(code) - self.zero_point
            flags["direction"] = "away_from_zero" if abs(stored) > near else "toward_zero"
        flags["underflow"] = near + away == 0 and steps != 0 and not flags["overflow"]
        return Decision(code, self.code(sign * near + self.zero_point), part, **flags)


class CodeBook:
    """Sixteen values under an absmax; of two nearest the lower one (bitsandbytes)."""
    is_scaled, bits = True, 4

    def __init__(self, name, values, absmax=Fraction(1)):
        self.name, self.scale = name, absmax
        self.entries = [Fraction(struct.unpack("<f", struct.pack("<f", v))[0]) for v in values]
        self.order = sorted({v: c for c, v in reversed(list(enumerate(self.entries)))}.items())  # the first code of each

    def decode(self, code):
        return Number(self.scale * self.entries[code])

    def kind(self, code):
        return "zero" if self.entries[code] == 0 else "normal"

    def place(self, code):
        return [v for v, _ in self.order].index(self.entries[code])

    def ulp(self, code):
        """To the neighbour away from zero, at the ends to the other one."""
        at, last = self.place(code), len(self.order) - 1
        up = (self.entries[code] >= 0) != (at in (0, last) and at == (last if self.entries[code] >= 0 else 0))
        return self.scale * abs(self.order[at + (1 if up else -1)][0] - self.entries[code])

    def next(self, code, up):
        at = self.place(code) + (1 if up else -1)
        return self.order[at][1] if 0 <= at < len(self.order) else None

    def round(self, number, mode, draw=None, saturate=False):
        values = [v for v, _ in self.order]
        zero = values.index(0)
        if not number.is_finite:
            is_nan = number.magnitude == NAN
            at = zero if is_nan else 0 if number.negative else -1
            return Decision(self.order[at][1], no_such_value=True, direction="exact" if is_nan else "toward_zero")
        x = number.signed / self.scale
        at = bisect_right(values, x) - 1 if x >= 0 else next(i for i, v in enumerate(values + [0]) if v >= x)
        near, code = values[at], self.order[at][1]
        if x == near:
            return Decision(code)
        if at == (0 if x < 0 else len(values) - 1):
            return Decision(code, direction="toward_zero", overflow=True)
        far = at + (-1 if x < 0 else 1)
        part = (x - near) / (values[far] - near)
        away = goes_away(part, mode, number.negative, number.negative, draw)  # below zero the lower one is farther away
        return Decision(self.order[far][1] if away else code, code, part, direction=direction_of(part, away),
                        underflow=near == 0 and not away)


NF4 = [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
       -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
       0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0]
FP4_PARTS = [0.0, 0.005208333333, 0.66666667, 1.0, 0.33333333, 0.5, 0.16666667, 0.25]
FP4 = FP4_PARTS + [-v if v else 0.0 for v in FP4_PARTS]


def table(scale=Fraction(1), zero_point=0, absmax=Fraction(1)):
    """The named formats by name."""
    floats = [Float("fp64", 11, 52), Float("fp32", 8, 23), Float("tf32", 8, 10), Float("fp16", 5, 10), Float("bf16", 8, 7),
              Float("fp8_e4m3", 4, 3, 7, "fn"), Float("fp8_e5m2", 5, 2), Float("fp8_e4m3fnuz", 4, 3, 8, "fnuz"),
              Float("fp8_e5m2fnuz", 5, 2, 16, "fnuz"), Float("fp6_e3m2", 3, 2, 3, "none"),
              Float("fp6_e2m3", 2, 3, 1, "none"), Float("fp4_e2m1", 2, 1, 1, "none")]
    books = [CodeBook("nf4", NF4, absmax), CodeBook("fp4", FP4, absmax)]
    integers = [Integer(bits, sign, scale, zero_point) for bits in range(8, 1, -1) for sign in (True, False)]
    return {f.name: f for f in floats + [PowerOfTwo()] + books + integers}


def custom(exponent_bits, mantissa_bits, bias=None, specials="ieee", subnormals=True):
    """A format of one's own under its canonical name."""
    one = Float("", exponent_bits, mantissa_bits, bias, specials, subnormals)
    options = [f"bias={one.bias}"] if one.bias != Float("", exponent_bits, mantissa_bits, None, specials).bias else []
    options += [f"specials={specials}"] if specials != "ieee" else []
    options += ["subnormals=off"] if not subnormals else []
    one.name = f"e{exponent_bits}m{mantissa_bits}" + (":" + ",".join(options) if options else "")
    return one
