#!/usr/bin/env python3
"""Rounding, printing and arithmetic by Python's own big integers, straight from the definitions. See README.md.

Run as: python3 make_vectors.py > vectors.txt"""
import random
import struct
from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path

getcontext().prec = 2000
draw = random.Random(754)

# exponent bits, mantissa bits, bias, specials (IEEE 754-2019 table 3.5; OCP OFP8 1.0 table 1; OCP MX 1.0 table 5;
# FNUZ: Noune et al. 2022), subnormals
FLOATS = {
    "fp64": (11, 52, 1023, "ieee", True), "fp32": (8, 23, 127, "ieee", True), "tf32": (8, 10, 127, "ieee", True),
    "fp16": (5, 10, 15, "ieee", True), "bf16": (8, 7, 127, "ieee", True), "fp8_e4m3": (4, 3, 7, "fn", True),
    "fp8_e5m2": (5, 2, 15, "ieee", True), "fp8_e4m3fnuz": (4, 3, 8, "fnuz", True),
    "fp8_e5m2fnuz": (5, 2, 16, "fnuz", True), "fp6_e3m2": (3, 2, 3, "none", True), "fp6_e2m3": (2, 3, 1, "none", True),
    "fp4_e2m1": (2, 1, 1, "none", True), "e6m20:bias=40": (6, 20, 40, "ieee", True),
    "e4m3:subnormals=off": (4, 3, 7, "ieee", False), "e5m0": (5, 0, 15, "ieee", True),
    "e3m12:specials=fn": (3, 12, 3, "fn", True), "e10m30:bias=500,specials=fnuz": (10, 30, 500, "fnuz", True),
}
INTEGERS = {f"{'u' if not signed else ''}int{bits}": (bits, signed) for bits in range(2, 9) for signed in (True, False)}
MODES = ["nearest_even", "nearest_away", "toward_zero", "up", "down", "stochastic"]


def power(exponent):
    return Fraction(2) ** exponent


def floor_log2(x):
    guess = x.numerator.bit_length() - x.denominator.bit_length()
    return guess if power(guess) <= x else guess - 1


def goes_away(part, odd, mode, negative, chance):
    """Whether a number with `part` of the gap behind it goes to the end away from zero."""
    if part == 0:
        return False
    if mode == "nearest_even":
        return part > Fraction(1, 2) or (part == Fraction(1, 2) and odd)
    if mode == "nearest_away":
        return part >= Fraction(1, 2)
    if mode == "stochastic":
        return part > Fraction(chance)
    return {"toward_zero": False, "up": not negative, "down": negative}[mode]


def round_float(x, negative, definition, mode, chance):
    exponent_bits, mantissa_bits, bias, specials, subnormals = definition
    bits = 1 + exponent_bits + mantissa_bits
    sign = (1 << (bits - 1)) if negative else 0
    ones = (1 << (exponent_bits + mantissa_bits)) - 1
    largest = {"ieee": ones - (1 << mantissa_bits), "fn": ones - 1, "fnuz": ones, "none": ones}[specials]
    a = abs(x)
    smallest = 1 - bias
    if a != 0 and a < power(smallest) and not subnormals:
        code = (1 << mantissa_bits) if goes_away(a / power(smallest), False, mode, negative, chance) else 0
    elif a == 0:
        code = 0
    else:
        exponent = max(floor_log2(a), smallest)
        units = a / power(exponent - mantissa_bits)
        whole = units.numerator // units.denominator
        code = ((exponent - smallest) << mantissa_bits) + whole  # a code if the exponent field had no end
        stays = mode == "toward_zero" or mode == ("up" if negative else "down")
        if goes_away(units - whole, code % 2 == 1, mode, negative, chance):
            code += 1
        if code > largest:
            if stays or specials == "none":
                code = largest
            elif specials == "ieee":
                code = largest + 1
            elif specials == "fn":
                code = ones
            else:
                return 1 << (bits - 1)
    return code if code == 0 and specials == "fnuz" else code | sign


def round_integer(x, negative, bits, signed, scale, zero, mode, chance):
    steps = x / Fraction(scale)
    a = abs(steps)
    whole = a.numerator // a.denominator
    whole += goes_away(a - whole, whole % 2 == 1, mode, negative, chance)
    q = (-whole if (steps < 0) else whole) + zero
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    return min(max(q, low), high) & ((1 << bits) - 1)


def round_book(x, negative, book, scale, mode, chance):
    values = sorted({Fraction(value): code for code, value in reversed(list(enumerate(book)))}.items())
    y = x / Fraction(scale)
    if y <= values[0][0]:
        return values[0][1]
    if y >= values[-1][0]:
        return values[-1][1]
    for (low, low_code), (high, high_code) in zip(values, values[1:]):
        if low <= y <= high:
            if y == high:
                return high_code
            part = (y - low) / (high - low)
            if mode == "nearest_even":  # bitsandbytes: a tie is the lower value
                return high_code if part > Fraction(1, 2) else low_code
            far_is_high = low >= 0
            part = part if far_is_high else 1 - part
            away = goes_away(part, False, mode, negative, chance)
            return high_code if away == far_is_high else low_code
    raise AssertionError


def decimal_text(x):
    """All digits of a fraction whose denominator has only twos and fives."""
    places = 0
    while (x * 10**places).denominator != 1:
        places += 1
    digits = str(abs((x * 10**places).numerator)).rjust(places + 1, "0")
    return ("-" if x < 0 else "") + (digits[:-places] + "." + digits[-places:] if places else digits)


def texts_near(x):
    """Texts on and just beyond a dyadic fraction, with the fraction that each one is."""
    text = decimal_text(x)
    yield text, x
    places = len(text.partition(".")[2]) + 25
    tail = Fraction(1, 10**places)
    yield (text if "." in text else text + ".") + "0" * 24 + "1", x + (tail if x >= 0 else -tail)


def inputs_for(definition):
    exponent_bits, mantissa_bits, bias, _, _ = definition
    for _ in range(16):
        field = draw.randrange(0, 1 << exponent_bits)
        mantissa = draw.randrange(0, 1 << mantissa_bits)
        unit = power(max(field, 1) - bias - mantissa_bits)
        units = mantissa + (1 << mantissa_bits if field else 0)
        for numerator in (2 * units, 2 * units + 1):
            x = numerator * unit / 2 * draw.choice([1, -1])
            yield from list(texts_near(x))[draw.randrange(2):][:1]
    top = power((1 << exponent_bits) - bias)
    for factor in (Fraction(1, 2), Fraction(15, 16), Fraction(31, 32), 1, 1000):
        yield decimal_text(top * factor), top * factor
    yield from (("1/3", Fraction(1, 3)), ("-22/7", Fraction(-22, 7)), ("1e-400", Fraction(1, 10**400)))
    digits = "".join(draw.choice("0123456789") for _ in range(40))
    yield "-0." + digits, -Fraction(int(digits), 10**40)


def emit_round(name, scale, zero, chance, text, code):
    print("round", name, scale, zero, chance, text, " ".join(hex(code(mode)) for mode in MODES), sep=";")


def emit_rounding():
    for name, definition in FLOATS.items():
        for text, x in inputs_for(definition):
            chance = draw.choice([0.0, 0.25, 0.5, 0.9375])
            emit_round(name, 1, 0, chance, text,
                       lambda mode: round_float(x, text.startswith("-"), definition, mode, chance))
    scales = [1.0, 0.1, 1 / 127, 3e-5, 2.0]
    books = {name: struct.unpack("<16f", (Path(__file__).parent.parent / "floats" / f"{name}_code.f32").read_bytes())
             for name in ("nf4", "fp4")}
    for name, (bits, signed) in INTEGERS.items():
        for _ in range(16):
            scale, zero = draw.choice(scales), draw.choice([0, 0, 3, -5, 128])
            half = Fraction(draw.randrange(-(1 << bits), 1 << bits) * 2 + 1, 2)
            ideal = half * Fraction(scale)
            text = decimal_text(ideal) if draw.random() < 0.5 else f"{float(ideal):.6g}"
            x = Fraction(text)
            emit_round(name, repr(scale), zero, 0.5, text,
                       lambda mode: round_integer(x, x < 0, bits, signed, scale, zero, mode, 0.5))
    for name, book in books.items():
        for _ in range(30):
            scale = draw.choice([1.0, 0.1, 0.0371])
            i = draw.randrange(0, 15)
            low, high = sorted(set(map(Fraction, book)))[min(i, len(set(book)) - 2):][:2]
            x = draw.choice([low, (low + high) / 2, low + (high - low) / 3, 2 * high, 2 * low]) * Fraction(scale)
            text = decimal_text(x) if x.denominator.bit_count() == 1 else f"{float(x):.9g}"
            x = Fraction(text)
            emit_round(name, repr(scale), 0, 0.25, text, lambda mode: round_book(x, x < 0, book, scale, mode, 0.25))


def emit_printing():
    for _ in range(60):
        bits = draw.getrandbits(64)
        value = struct.unpack("<d", struct.pack("<Q", bits))[0]
        if value == value and abs(value) != float("inf"):
            print("exact", hex(bits), format(Decimal(value), "f"), sep=";")
            digits = Decimal(repr(value)).normalize()
            print("shortest", "fp64", hex(bits), "".join(map(str, digits.as_tuple().digits)),
                  digits.as_tuple().exponent, sep=";")
    for _ in range(40):
        x = Fraction(draw.randrange(1, 10**12), draw.randrange(1, 10**9))
        count = draw.randrange(1, 60)
        exponent = len(str(x.numerator // x.denominator)) - 1 if x >= 1 else -1
        while x < Fraction(10) ** exponent:
            exponent -= 1
        cut = int(x / Fraction(10) ** (exponent - count + 1))
        print("digits", f"{x.numerator}/{x.denominator}", count, cut, exponent, sep=";")


def expression(depth):
    if depth == 0 or draw.random() < 0.2:
        text = draw.choice([str(draw.randrange(1, 1000)), f"{draw.randrange(1, 10**6)}e-{draw.randrange(0, 9)}",
                            f"{draw.randrange(0, 100)}.{draw.randrange(1, 1000)}"])
        return text, Fraction(text)
    (left, a), (right, b) = expression(depth - 1), expression(depth - 1)
    operation = draw.choice("+-*/")
    if operation == "/" and b == 0:
        operation = "+"
    value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else None}[operation]
    text, value = f"({left}{operation}{right})", value
    return (f"-{text}", -value) if draw.random() < 0.2 else (text, value)


def emit_arithmetic():
    for _ in range(60):
        text, value = expression(draw.randrange(1, 5))
        print("value", text, f"{value.numerator}/{value.denominator}", sep=";")


emit_rounding()
emit_printing()
emit_arithmetic()
