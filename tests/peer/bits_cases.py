"""What bits_check.py asks: numbers, expressions, chains and links, drawn with a seed, and what they stand for."""
from dataclasses import dataclass
from fractions import Fraction

from bits_row import Mismatch, check_text, expect
from number_formats import INF, Integer, NAN, Number, custom, power, table

MODES = ["nearest_even", "nearest_away", "toward_zero", "up", "down", "stochastic"]


@dataclass
class Setting:
    """How numbers are rounded, and into what."""
    formats: list
    mode: str = "nearest_even"
    draw: Fraction = None
    saturate: bool = False
    scale: Fraction = Fraction(1)
    zero_point: int = 0
    absmax: Fraction = Fraction(1)


def plain_setting(formats):
    return Setting(formats)


def custom_formats():
    specials = ["ieee", "fn", "fnuz", "none"]
    sizes = [(1, 2), (2, 0), (2, 1), (3, 0), (3, 4), (4, 3), (5, 2), (5, 10), (6, 9), (8, 0), (8, 23), (9, 20), (11, 0)]
    formats = []
    for i, (e, m) in enumerate(sizes):
        formats.append(custom(e, m, None, specials[i % 4], (i // 2) % 2 == 0 or e == 1))
        if e < 9:
            formats.append(custom(e, m, [-3, 0, 11, 40][i % 4], specials[(i + 1) % 4], i % 3 != 0 or e == 1))
    return formats


def setting(rng, few=False):
    mode = rng.choice(MODES)
    draw = Fraction(rng.choice([0.0, 0.25, 0.5, 0.7, 1e-300, 1 - 2.0 ** -53, rng.random()])) if mode == "stochastic" else None
    # As typed, exactly: "0.1" is one tenth, and a double where it is written as one.
    scale = Fraction(rng.choice(["1", "1", "0.1", 0.1, "0.7", "0.0078125", "3.7", "1e-40", "1e300", 5e-324, "1/3", "1/127"]))
    absmax = Fraction(rng.choice(["1", "1", "0.1", 0.1, "0.3", "3.25", "1e-30", "1e38", "1/3"]))
    zero_point = rng.choice([0, 0, 1, -3, 128, 127, -128])
    formats = list(table(scale, zero_point, absmax).values()) + custom_formats()
    formats = [one for one in formats if not isinstance(one, Integer) or one.low <= zero_point <= one.high]
    chosen = rng.sample(formats, 4 if few else 12)
    return Setting(chosen, mode, draw, rng.random() < 0.3, scale, zero_point, absmax)


def as_text(rng, value):
    """A fraction whose digits end, as a person types it: plain, with an exponent, with needless zeros."""
    places = 0
    while (value * Fraction(10) ** places).denominator != 1:
        places += 1 if places < 60 else 60
    digits = str(int(abs(value) * 10 ** places))
    sign = "-" if value < 0 else rng.choice(["", "", "+"])
    style = rng.randrange(3)
    if style == 0 and len(digits) < 60000:
        return sign + digits + f"e{-places}"
    digits = digits.rjust(places + 1, "0")
    text = digits[:len(digits) - places] + ("." + digits[len(digits) - places:] if places else "")
    return sign + text + ("0" * rng.randrange(3) if places else "")


def special_numbers():
    for text, magnitude in (("inf", INF), ("infinity", INF), ("nan", NAN), ("NaN", NAN), ("INF", INF), ("∞", INF)):
        yield text, Number(magnitude)
        yield "-" + text, Number(magnitude, True)
    for text in ("0", "0.0", "0e5", "0x0p0", ".0", "00"):
        yield text, Number(Fraction(0))
        yield "-" + text, Number(Fraction(0), True)
    for text in ("1e5000", "1e-5000", "9" * 1000, "0." + "0" * 999 + "1", "1e-324", "2.4703282292062327208e-324", "4.9e-324",
                 "1.7976931348623158e308", "1.7976931348623159e308", "1.79769313486231580793e308", "3.4028235677973366e38",
                 "3.4028235677973367e38", "65519.99", "65520", "464", "464.0000001", "61440", "0.1", "1e23", "9007199254740993",
                 "5e-324", "0.45892", "3.14159265358979323846264338327950288"):
        yield text, Number(Fraction(text))
        yield "-" + text, Number(-Fraction(text))
    for text, value in (("0x1.8p3", Fraction(12)), ("0x.8p-1", Fraction(1, 4)), ("0x1p-1074", power(-1074)),
                        ("0x1.fffffffffffff8p1023", power(1024) - power(970)), ("0x1p-16384", power(-16384)),
                        ("0X1.8P+3", Fraction(12)), ("0xap0", Fraction(10)), ("0x1.921fb54442d18p+1F", Fraction(3.141592653589793)),
                        ("2^-24", power(-24)), ("2^-1075", power(-1075)), ("10^-30", Fraction(1, 10 ** 30)),
                        ("1.5×10⁻⁷", Fraction(15, 10 ** 8)), ("\u22120,25", Fraction(-1, 4)), ("1,234,567", Fraction(1234567)),
                        ("1,234.5", Fraction(2469, 2)), ("float.fromhex('0x1.8p+1')", Fraction(3)), ("2^0.", None)):
        if value is not None:
            yield text, Number(value)


def typed_numbers(rng, count):
    """Texts and their values: special ones, and values, middles and their surroundings of a random format."""
    yield from special_numbers()
    floats = [one for one in list(table().values()) + custom_formats() if hasattr(one, "magnitude")]
    for _ in range(count):
        one = rng.choice(floats)
        code = rng.choice([0, one.first, one.largest, one.largest - 1, rng.randrange(one.largest + 1),
                           rng.randrange(one.largest + 1), min(1 << one.m, one.largest)])
        code = max(code, 0)
        value = one.magnitude(code)
        gap = one.ulp(code)
        part = rng.choice([Fraction(0), Fraction(1, 2), Fraction(1, 2), Fraction(1, 4), Fraction(3, 4), Fraction(1, 3),
                           Fraction(rng.random())])
        number = value + part * gap
        trace = rng.choice([0, 0, 1, -1]) * Fraction(10) ** -rng.choice([400, 800, 1100, 4000])
        if part.denominator == 3:
            number = Fraction(round(number * 10 ** 400), 10 ** 400)
        number += trace
        number *= rng.choice([1, 1, -1])
        yield as_text(rng, number), Number(number)


def edge_codes(one):
    if not hasattr(one, "largest"):
        return []
    sign = getattr(one, "sign_bit", 0)
    last = (1 << one.bits) - 1
    edges = {0, sign, one.largest, one.largest + 1, one.largest + 2, last, last - 1, sign | one.largest, 1, sign | 1,
             sign | (one.largest + 1)}
    return sorted(code for code in edges if code <= last)


# Expressions: terms in the order in which they are computed, (operation, left, right, exact Number).

def add(a, b):
    if NAN in (a.magnitude, b.magnitude):
        return Number(NAN)
    if a.magnitude == INF or b.magnitude == INF:
        if a.magnitude == b.magnitude and a.negative != b.negative:
            return Number(NAN)
        return a if a.magnitude == INF else b
    if a.is_zero and b.is_zero:
        return Number(Fraction(0), a.negative and b.negative)
    return Number(a.signed + b.signed)


def negated(a):
    return Number(a.magnitude, not a.negative)


def multiply(a, b):
    negative = a.negative != b.negative
    if NAN in (a.magnitude, b.magnitude) or (INF in (a.magnitude, b.magnitude) and (a.is_zero or b.is_zero)):
        return Number(NAN)
    return Number(INF if INF in (a.magnitude, b.magnitude) else a.magnitude * b.magnitude, negative)


def divide(a, b):
    negative = a.negative != b.negative
    if NAN in (a.magnitude, b.magnitude) or a.magnitude == b.magnitude == INF or (a.is_zero and b.is_zero):
        return Number(NAN)
    if a.magnitude == INF or b.is_zero:
        return Number(INF, negative)
    return Number(Fraction(0) if b.magnitude == INF else a.magnitude / b.magnitude, negative)


def apply(operation, a, b):
    return {"add": lambda: add(a, b), "subtract": lambda: add(a, negated(b)), "multiply": lambda: multiply(a, b),
            "divide": lambda: divide(a, b), "negate": lambda: negated(a)}[operation]()


LEVEL = {"add": 1, "subtract": 1, "multiply": 2, "divide": 2}
SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def expression(rng):
    """A text and its terms; parentheses only where the usual precedence needs them, and now and then where not."""
    terms = []

    def leaf():
        kind = rng.randrange(8)
        if kind == 0:
            text, value = rng.choice([("2^-3", power(-3)), ("2^10", power(10)), ("0x1.8p1", Fraction(3))])
        else:
            text = rng.choice(["0.1", "0.2", "0.3", "3", "1e-3", "7", "1e10", "0.7", "10", "1", "2", "0.5", "1000.25", "0"])
            value = Fraction(text)
        number = Number(value)
        if rng.random() < 0.04:
            text, number = rng.choice([("inf", Number(INF)), ("nan", Number(NAN)), ("1e400", Number(Fraction("1e400")))])
        if rng.random() < 0.25:
            text, number = "-" + text, negated(number)
        terms.append(("read", None, None, number))
        return text, len(terms) - 1, 3

    def build(depth):
        if depth == 0 or rng.random() < 0.25:
            return leaf()
        operation = rng.choice(list(SIGNS))
        left_text, left, left_level = build(depth - 1)
        right_text, right, right_level = build(depth - 1)
        level = LEVEL[operation]
        if left_level < level or rng.random() < 0.15:
            left_text = f"({left_text})"
        if right_level <= level or rng.random() < 0.15:
            right_text = f"({right_text})"
        terms.append((operation, left, right, apply(operation, terms[left][3], terms[right][3])))
        space = rng.choice(["", " "])
        text, at = left_text + space + SIGNS[operation] + space + right_text, len(terms) - 1
        if rng.random() < 0.15:
            terms.append(("negate", at, None, negated(terms[at][3])))
            return f"-({text})", len(terms) - 1, 3
        return text, at, level

    return build(rng.choice([1, 1, 2, 3]))[0], terms


def exact_value(terms):
    return terms[-1][3]


def exception_of(operation, a, b, result):
    """IEEE 754-2019, clause 7, before rounding."""
    if operation in ("read", "negate"):
        return None
    if result.magnitude == NAN:
        return None if NAN in (a.magnitude, b.magnitude) else "invalid"
    return "division_by_zero" if operation == "divide" and b.is_zero and a.is_finite else None


def first_exception(terms):
    exceptions = [exception_of(o, terms[a][3] if a is not None else None, terms[b][3] if b is not None else None, exact)
                  for o, a, b, exact in terms]
    return next((one for one in exceptions if one), None)


def last_step(terms, one, setting):
    """What the last operation gives on what the format holds, before it is rounded."""
    values = []
    for operation, left, right, exact in terms:
        exact = step_result(operation, left, right, exact, values, setting)
        values.append(one.decode(one.round(exact, setting.mode, setting.draw, setting.saturate).code))
    return exact


def step_result(operation, left, right, exact, values, setting):
    if operation == "read":
        return exact
    a, b = values[left], values[right] if right is not None else None
    exact = apply(operation, a, b)
    down = setting.mode == "down" and operation in ("add", "subtract") and exact.is_zero
    if down and not (a.is_zero and not a.negative and b.negative == (operation == "subtract")):
        exact = Number(Fraction(0), True)
    return exact


def check_steps(computed, terms, one, setting):
    """Every operation on what the format holds, rounded once."""
    expect("number of steps", len(computed["steps"]), len(terms))
    values = []
    for (operation, left, right, exact), step in zip(terms, computed["steps"]):
        expect("operation", step["operation"], operation)
        exact = step_result(operation, left, right, exact, values, setting)
        if operation != "read":
            check_text("left", step["left"]["value"], values[left])
        exception = exception_of(operation, *(values[at] if at is not None else None for at in (left, right)), exact)
        decision = one.round(exact, setting.mode, setting.draw, setting.saturate)
        values.append(one.decode(decision.code))
        check_text(f"exact of {step['text']}", step["exact"], exact, most=5000)
        expect(f"code of {step['text']}", int(step["hex"], 16), decision.code)
        check_text(f"value of {step['text']}", step["value"], values[-1])
        expect(f"exception of {step['text']}", step["exception"],
               "overflow" if decision.overflow and exact.is_finite else exception)
        for name in ("overflow", "underflow", "direction", "tie"):
            expect(f"{name} of {step['text']}", step["rounding"][name], getattr(decision, name))
        if values[-1].is_finite and exact.is_finite:
            check_text("error", step["error"].removeprefix("-"), Number(abs(values[-1].signed - exact.signed)))
        else:
            expect("error", step["error"], None)
    expect("computed", int(computed["hex"], 16), decision.code)


def chain_start(rng, last):
    """Near a border of the last format, as far from it as one of the steps before may lose; or any number."""
    if not hasattr(last, "ulp") or rng.random() < 0.2:
        return rng.choice(list(typed_numbers(rng, 6)))
    code = rng.randrange(1 << last.bits)
    while not last.decode(code).is_finite:
        code = rng.randrange(1 << last.bits)
    offset = rng.choice([0, 1, -1]) * power(-rng.randrange(2, 14))
    number = last.decode(code).signed + last.ulp(code) * (rng.choice([Fraction(1, 2), Fraction(0)]) + offset)
    return as_text(rng, number), Number(number)


def chain(rng):
    formats = [table()[name] for name in ("fp64", "fp32", "tf32", "fp16", "bf16", "fp8_e4m3", "fp8_e5m2", "fp8_e4m3fnuz",
                                          "fp6_e3m2", "fp6_e2m3", "fp4_e2m1", "int8", "nf4", "e8m0")]
    formats += custom_formats()
    stops = rng.sample(formats, rng.choice([2, 2, 3, 3, 4]))
    kind = rng.randrange(4)
    if kind < 2:  # as people do it: finer ones first
        stops.sort(key=lambda one: -getattr(one, "m", 0))
    if kind == 1:  # and back to a fine one before the last
        stops.insert(-1, table()["fp32"])
    return [(one, rng.choice(MODES[:5]) if rng.random() < 0.15 else None) for one in stops]


def check_chain(answer, number, stops):
    """Codes and errors of every step; rounding twice is told exactly where it changes the result."""
    current, steps = number, []
    expect("number of steps", len(answer["steps"]), len(stops))
    for (one, mode), step in zip(stops, answer["steps"]):
        decision, direct = one.round(current, mode), one.round(number, mode)
        value, straight = one.decode(decision.code), one.decode(direct.code)
        expect(f"{one.name} code", int(step["hex"], 16), decision.code)
        expect(f"{one.name} direct", int(step["direct_hex"], 16), direct.code)
        check_text(f"{one.name} value", step["value"], value)
        for name, start in (("step_error", current), ("total_error", number)):
            if value.is_finite and start.is_finite:
                check_text(name, step[name].removeprefix("-"), Number(abs(value.signed - start.signed)))
            else:
                expect(name, step[name], None)
        lost = decision.overflow or decision.no_such_value or (value.is_zero and not current.is_zero)
        steps.append((not value.same(current), lost, value.same(straight)))
        current = value
    expect("diverges", answer["divergence"] is not None, not steps[-1][2])
    # Rounded twice: the last change is not the first, it did not come out as one rounding would, and what it was made
    # from had not left the range.
    changes = [i for i, (changed, _, _) in enumerate(steps) if changed]
    twice = len(changes) > 1 and not steps[-1][2] and not steps[changes[-1]][2]
    if any(lost for _, lost, _ in steps[:-1]):
        return  # then there are several reasons
    expect("double_rounding", answer["double_rounding"], twice)


def links(rng, count):
    """Pairs of arguments that mean the same: with a link, and without."""
    pairs = [(["quantscope://bits/fp32/0x3eeaf790"], ["0x3eeaf790", "--format", "fp32"]),
             (["QuantScope://Bits/FP32/0X3EEAF790"], ["0x3eeaf790", "--format", "fp32"]),
             ([" quantscope://bits/fp32/0x3eeaf790 "], ["0x3eeaf790", "--format", "fp32"]),
             (["quantscope://bits//fp32//0x3eeaf790/"], ["0x3eeaf790", "--format", "fp32"]),
             (["quantscope://bits?text=0.1"], ["0.1"]),
             (["quantscope://bits/?text=0%2E1"], ["0.1"]),
             (["quantscope://bits/fp16?text=0.1+0.2"], ["0.1+0.2", "--format", "fp16"]),
             (["quantscope://bits/fp16?text=0.1%2b0.2&rounding=up"], ["0.1+0.2", "--format", "fp16", "--rounding", "up"]),
             (["quantscope://bits/e4m3:bias=3,specials=none/0x7f"], ["0x7f", "--format", "e4m3:bias=3,specials=none"]),
             (["quantscope://bits/e4m3%3Abias%3D3%2Cspecials%3Dnone/0x7f"], ["0x7f", "--format", "e4m3:bias=3,specials=none"]),
             (["quantscope://bits/bf16?text=1%2F3"], ["1/3", "--format", "bf16"]),
             (["quantscope://bits/bf16?text=1/3&view=line"], ["1/3", "--format", "bf16"]),
             (["quantscope://bits/int8?text=0.3&scale=0.1&zero_point=3"],
              ["0.3", "--format", "int8", "--scale", "0.1", "--zero-point", "3"]),
             (["quantscope://bits/int8?text=0.3&int8.scale=0.1&int8.zero_point=3&absmax=9&spacing=values"],
              ["0.3", "--format", "int8", "--scale", "1/10", "--zero-point", "3"]),
             (["quantscope://bits/fp8_e4m3?text=1.3&rounding=stochastic&draw=0.25"],
              ["1.3", "--format", "fp8_e4m3", "--rounding", "stochastic", "--draw", "0.25"]),
             (["quantscope://bits/fp32?text=0.3&chain=fp32,bf16,fp8_e4m3"],
              ["0.3", "--format", "fp32", "--chain", "fp32,bf16,fp8_e4m3"]),
             (["quantscope://bits/fp32?text=%E2%88%920,25"], ["-0.25", "--format", "fp32"])]
    yield from pairs
    names = list(table().values()) + custom_formats()
    for _ in range(count // 4):
        one = rng.choice(names)
        code = rng.randrange(1 << one.bits)
        mode = rng.choice(MODES[:5])
        plain = [f"0x{code:x}", "--format", one.name, "--rounding", mode]
        name = "".join(f"%{ord(c):02X}" if rng.random() < 0.2 else c for c in one.name)
        yield [f"quantscope://bits/{name}/0x{code:x}?rounding={mode}"], plain


def refused():
    numbers = ["", " ", "+", "\u2212", "0x", "0b2", "1e", "1e+", ".", "1..2", "e5", "1e5001", "1e99999999999999999999", "0x1p99999",
               "0x1.8p", "\uff11", "\u0663", "1\u202e2", "\x1b[31m1", "1\x07", "1\n2", "\x7f", "infx", "nan(1)", "1//2", "1/", "(1",
               "1)", "()", "(" * 60 + "1" + ")" * 60, "(" * 60000, "1" + "+1" * 100, "2^", "2^1.5", "0^-1", "9" * 65537,
               "1e5000" + "*1e5000" * 20, "0x" + "f" * 1000, "0b" + "1" * 64, "1,23,4", "1,234", "2^3^2", "-0x1", "https://x"]
    links = ["", "bits", "bits/fp32", "bits/fp32/0x1/2", "bits/fp32/0x1?text=1", "bits/fp99/0x1", "bits/fp32/0x100000000",
             "bits/fp32/%", "bits/fp32/%zz", "bits/fp32/%1b[31m", "bits/%00/1", "quantize?scheme=q4_0", "bits/fp32?text=1&text=2",
             "bits/fp32?text=1&foo=2", "bits/int8?text=1&absmax=0", "bits/int8?text=1&low=nan", "bits/fp32/" + "1" * 9000]
    formats = ["", "e", "e0m0", "e1m0", "e20m60", "e4m", "e-1m3", "e4m3:", "e4m3:bias=x", "e4m3:bias=99999999999", "e4m3:bias=4096",
               "e11m52:specials=none", "e4m3:specials=x", "e4m3:subnormals=maybe", "e4m3:foo=1", "e1m0:specials=fn",
               "e1m3:subnormals=off", "fp\x1b[31m32", "int9", "x" * 1000]
    options = [["--rounding", "x"], ["--rounding", ""], ["--draw", "0.5"], ["--scale", "-1"], ["--scale", "0"], ["--scale", "nan"],
               ["--scale", "\x1b[31m"], ["--scale", "1e400"], ["--zero-point", "1.5"], ["--zero-point", "256"],
               ["--absmax", "0"], ["--chain", ","], ["--chain", "fp32/"], ["--chain", ",".join(["fp32"] * 65)], ["--nope"], ["2"],
               ["--rounding", "stochastic", "--draw", "1"], ["--rounding", "stochastic", "--seed", "-1"]]
    yield from [["--", one] for one in numbers]
    yield from [["quantscope://" + one] for one in links]
    yield from [["1.3", "--format", one] for one in formats]
    yield from [["1", *one] for one in options]
