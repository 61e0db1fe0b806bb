"""One format's row of `bits --json` against a definition."""
import re
from fractions import Fraction

from number_formats import INF, NAN, CodeBook, Float, Integer, Number, PowerOfTwo

TINY = Fraction(1, 10 ** 6000)  # nothing between it and zero, for any format
PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$")


class Mismatch(Exception):
    pass


def expect(what, found, expected):
    if found != expected:
        raise Mismatch(f"{what}: found {str(found)[:150]}, expected {str(expected)[:150]}")


def ends(fraction):
    rest = fraction.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def check_text(what, text, number, most=None, digits=40):
    """Every digit and no more; an endless number ends after `digits` of them, a long one after `most`."""
    if not number.is_finite:
        return expect(what, text, ("-" if number.negative and number.magnitude == INF else "") + number.magnitude)
    if number.is_zero:
        return expect(what, text, "-0" if number.negative else "0")
    significant = len(text.replace("-", "").replace(".", "").lstrip("0"))
    if ends(number.magnitude) and (most is None or significant < most):
        if not PLAIN.match(text):
            raise Mismatch(f"{what}: {text[:80]} is no plain decimal")
        return expect(what, Fraction(text), number.signed)
    expect(f"sign of {what}", text.startswith("-"), number.negative)
    rest = number.magnitude - abs(Fraction(text))
    limit = number.magnitude / Fraction(10) ** ((most if ends(number.magnitude) else digits) - 1)
    if not 0 <= rest < limit:
        raise Mismatch(f"{what}: {text[:60]} is not the beginning of {float(number.magnitude)!r}")


def as_double(fraction):
    try:
        return float(fraction)
    except OverflowError:
        return None


def check_fields(row, one, code):
    expect("hex", row["hex"], f"0x{code:0{(one.bits + 3) // 4}x}")
    expect("bits", row["bits"], one.bits)
    bits = f"{code:0{one.bits}b}"
    expect("bits of binary", row["binary"].replace(" ", ""), bits)
    finite = one.decode(code).is_finite
    fields = dict.fromkeys(["sign", "exponent_field", "exponent", "mantissa_field", "integer"])
    if isinstance(one, Float):
        field = int(bits[1:1 + one.e], 2)
        fields.update(sign=int(bits[0]), exponent_field=field, mantissa_field=int(bits[1 + one.e:] or "0", 2),
                      exponent=max(field, 1) - one.bias if finite else None)
        expect("binary", row["binary"], f"{bits[0]} {bits[1:1 + one.e]} {bits[1 + one.e:]}".strip())
    elif isinstance(one, PowerOfTwo):
        fields.update(exponent_field=code, exponent=code - 127 if finite else None)
    elif isinstance(one, Integer):
        fields.update(integer=one.q(code))
    for name, value in fields.items():
        expect(name, row[name], value)
    expect("class", row["class"], one.kind(code))


def check_formula(row, one, code):
    """The formula, computed."""
    number = one.decode(code)
    if not number.is_finite or isinstance(one, CodeBook) or "subnormal" in row["formula"]:
        return
    text = row["formula"].replace("×", "*").replace("^", "**")
    text = re.sub(r"\d+(\.\d+)?", lambda digits: f"Fraction('{digits.group()}')", text)
    expect("formula " + row["formula"], eval(text, {"Fraction": Fraction}), number.signed)  # what matched is digits


def check_decision(row, decision, mode, draw, one):
    rounding = row["rounding"]
    for name in ("overflow", "underflow", "no_such_value", "direction", "tie"):
        expect(name, rounding[name], getattr(decision, name))
    bits = {name: getattr(decision, name) for name in ("guard", "round", "sticky")} if decision.has_bits else None
    expect("cut_off", rounding["cut_off"], bits)
    expect("truncated", int(rounding["truncated"], 16), decision.truncated)
    check_text("fraction", rounding["fraction"], Number(decision.part))
    nearest = float(decision.part)
    if 0 < decision.part < 1:
        nearest = min(max(nearest, 5e-324), 1 - 2.0 ** -53)
    expect("probability_away", rounding["probability_away"], nearest)
    expect("mode", rounding["mode"], mode)
    if mode == "stochastic":
        expect("draw", rounding["draw"], float(draw))


def check_neighbours(row, one, code):
    for name, up in (("previous", False), ("next", True)):
        other = one.next(code, up)
        found = row["neighbours"][name]
        if other is None:
            expect(name, (found, row[name]), (None, ""))
            continue
        expect(name, int(found["hex"], 16), other)
        check_text(name, found["value"], one.decode(other))
        expect(name, row[name], found["value"])


def check_interval(interval, one, code, setting):
    """Both ends by trying: a trace inside gives the code, a trace outside another one."""
    def gives(number):
        return one.round(number, setting.mode, setting.draw, setting.saturate).code == code

    def at(end, trace):
        value = end + trace
        return gives(Number(value)) if value != 0 else gives(Number(Fraction(0)))

    if not ends(getattr(one, "scale", Fraction(1))):
        return  # nor do the digits of its ends
    if interval is None:
        number = one.decode(code)
        probes = [] if not number.is_finite else [Number(number.signed + trace) for trace in (TINY, -TINY)]
        probes += [Number(number.magnitude)] if number.is_finite and not number.is_zero and not number.negative else []
        if any(gives(probe) for probe in probes):
            raise Mismatch("interval: null, but numbers round to it")
        return
    for name, inward in (("low", 1), ("high", -1)):
        if interval[name] is None:
            if not gives(Number(Fraction(10) ** 5000, inward > 0)):
                raise Mismatch(f"interval: {name} has an end")
            expect(f"{name}_closed", interval[f"{name}_closed"], False)
            continue
        end = Fraction(interval[name])
        if interval["low"] != interval["high"] and not at(end, inward * TINY):
            raise Mismatch(f"interval: inside of its {name} end {interval[name][:60]} another code is given")
        if at(end, -inward * TINY):
            raise Mismatch(f"interval: outside of its {name} end {interval[name][:60]} the code is given, too")
        if isinstance(one, Float) and end == 0 and one.decode(code).is_zero and one.specials != "fnuz":
            expect(f"{name}_closed", interval[f"{name}_closed"], code == 0)
        else:
            expect(f"{name}_closed", interval[f"{name}_closed"], at(end, 0))


def decimals_around(magnitude, count):
    """The decimals of so many digits below and above."""
    exponent = len(str(magnitude.numerator)) - len(str(magnitude.denominator))
    while Fraction(10) ** exponent > magnitude:
        exponent -= 1
    while Fraction(10) ** (exponent + 1) <= magnitude:
        exponent += 1
    unit = Fraction(10) ** (exponent - count + 1)
    whole = magnitude // unit
    return whole * unit, (whole + 1) * unit


def check_shortest(row, one, code):
    """Reads back, no shorter one does, and of two of its length the nearer is taken."""
    text, number = row["shortest"], one.decode(code)
    if not number.is_finite or number.is_zero:
        return check_text("shortest", text, number)

    def reads_back(magnitude):
        decision = one.round(Number(magnitude, number.negative), "nearest_even")
        return not decision.overflow and one.decode(decision.code).same(number)

    found = Fraction(text)
    digits = text.lstrip("-").split("e")[0].replace(".", "").strip("0")
    if not reads_back(abs(found)) or (found < 0) != number.negative:
        raise Mismatch(f"shortest: {text} does not read back")
    if len(digits) > 1 and any(map(reads_back, decimals_around(number.magnitude, len(digits) - 1))):
        raise Mismatch(f"shortest: {text} is not the shortest")
    for other in decimals_around(number.magnitude, len(digits)):
        if abs(other - number.magnitude) < abs(abs(found) - number.magnitude) and reads_back(other):
            raise Mismatch(f"shortest: {text} is not the nearest of its length")
    if one.name == "fp64":
        expect("shortest", float(repr(float(number.signed))), float(text))
        expect("digits", digits, repr(abs(float(number.signed))).split("e")[0].replace(".", "").strip("0"))
    magnitude = abs(found)
    expect("exponent in the text", "e" in text, not Fraction(1, 10 ** 7) <= magnitude < 10 ** 21)


def check_literals(row, one, code):
    number, c, python = one.decode(code), row["literals"]["c"], row["literals"]["python"]
    if isinstance(one, Integer) and one.scale == 1 and one.zero_point == 0:
        return expect("literals", (c, python), (str(one.q(code)),) * 2)
    if number.magnitude == NAN:
        return expect("literals", (c, python), ("NAN", "float('nan')"))
    sign = "-" if number.negative else ""
    if number.magnitude == INF or as_double(number.magnitude) is None:
        return expect("literals", (c, python), (sign + "INFINITY", f"float('{sign}inf')"))
    value = as_double(number.signed) if not number.is_zero else -0.0 if number.negative else 0.0
    expect("Python literal", repr(eval(python, {"float": float})), repr(value))
    expect("C literal", repr(float.fromhex(c.removesuffix("F"))), repr(value))
    single = Float("", 8, 23)
    nearest = single.round(Number(abs(Fraction(value))), "nearest_even")
    fits = one.name != "fp64" and not nearest.overflow and single.decode(nearest.code).signed == abs(Fraction(value))
    expect("suffix of " + c, c.endswith("F"), fits)


def check_errors(row, one, code, number, has_value):
    value, ulp = one.decode(code), one.ulp(code)
    if value.is_finite and number.is_finite and has_value:
        error = value.signed - number.signed
        check_text("error", row["error"].removeprefix("-"), Number(abs(error)))
        expect("sign of error", row["error"].startswith("-") and error != 0, error < 0)
        expect("relative_error", row["relative_error"], as_double(error / number.magnitude) if number.signed else None)
        expect("error_ulp", row["error_ulp"], as_double(error / ulp))
    else:
        expect("errors", [row[name] for name in ("error", "relative_error", "error_ulp")], [None] * 3)
    check_text("ulp", row["ulp"], Number(NAN) if ulp is None else Number(ulp))


def check_row(row, one, number, setting, kept_code=None, has_value=True):
    expect("format", row["format"], one.name)
    decision = one.round(number, setting.mode, setting.draw, setting.saturate)
    if kept_code is not None:
        decision.code = decision.truncated = kept_code
    code = decision.code
    check_fields(row, one, code)
    check_text("value", row["value"], one.decode(code))
    check_decision(row, decision, setting.mode, setting.draw, one)
    expect("tie", row["tie"], decision.tie)
    check_errors(row, one, code, number, has_value)
    check_neighbours(row, one, code)
    check_interval(row["interval"], one, code, setting)
    check_formula(row, one, code)
    check_shortest(row, one, code)
    check_literals(row, one, code)
    if isinstance(one, Integer):
        expect("scale", (row["scale"], row["zero_point"]), (float(one.scale), one.zero_point))
        expect("scale_exact", Fraction(row["scale_exact"]), one.scale)
    if isinstance(one, CodeBook):
        expect("absmax", row["absmax"], float(one.scale))
        expect("absmax_exact", Fraction(row["absmax_exact"]), one.scale)
