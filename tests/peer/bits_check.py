#!/usr/bin/env python3
"""What `quantscope-cli bits --json` says against the definitions of number_formats.py, thousands of times.

    python3 tests/peer/bits_check.py build/release/bin/quantscope-cli [--only values|patterns|arithmetic|chains|links|refused]
                                     [--seed N] [--count N]
"""
import argparse
import json
import random
import subprocess
import sys
from fractions import Fraction

import bits_cases as cases
from bits_row import Mismatch, check_row, check_text, expect
from number_formats import table

sys.set_int_max_str_digits(0)


class Checker:
    """Runs the program and keeps what does not agree."""

    def __init__(self, program):
        self.program, self.calls, self.rows, self.failures = program, 0, 0, []

    def run(self, *arguments):
        self.calls += 1
        done = subprocess.run([self.program, "bits", *arguments, "--json"], capture_output=True, text=True, timeout=20)
        if done.returncode != 0:
            raise Mismatch(f"exit {done.returncode}: {done.stderr.strip()[:200]}")
        return json.loads(done.stdout)

    def check(self, label, body):
        try:
            body()
        except Mismatch as problem:
            self.failures.append(f"{label}: {problem}")
        except (subprocess.TimeoutExpired, ValueError, KeyError, TypeError) as problem:
            self.failures.append(f"{label}: {type(problem).__name__} {problem}")

    def report(self, name):
        print(f"{name}: {self.calls} calls, {self.rows} rows, {len(self.failures)} differences")
        for line in self.failures[:25]:
            print("  " + line[:600])
        return len(self.failures)


def options_of(setting):
    """The command line of a setting, and its formats."""
    arguments = ["--rounding", setting.mode]
    if setting.draw is not None:
        arguments += ["--draw", repr(float(setting.draw))]
    if setting.saturate:
        arguments.append("--saturate")
    if setting.scale != 1:
        arguments += ["--scale", str(setting.scale)]
    if setting.zero_point != 0:
        arguments += ["--zero-point", str(setting.zero_point)]
    if setting.absmax != 1:
        arguments += ["--absmax", str(setting.absmax)]
    for one in setting.formats:
        arguments += ["--format", one.name]
    return arguments


def check_values(checker, rng, count):
    """Numbers of every kind in every format, under every rounding."""
    for text, number in cases.typed_numbers(rng, count):
        setting = cases.setting(rng)

        def body():
            answer = checker.run(text, *options_of(setting))
            expect("number of rows", len(answer["formats"]), len(setting.formats))
            check_text("value", answer["value"], number, most=5000)
            expect("arithmetic", answer["arithmetic"], False)
            for row, one in zip(answer["formats"], setting.formats):
                checker.rows += 1
                check_row(row, one, number, setting)

        checker.check(f"{text[:60]} {' '.join(options_of(setting)[:8])}", body)


def check_patterns(checker, rng, count):
    """The codes of a format: NaN payloads, second zeros, all of the smaller ones."""
    others = list(table().values()) + cases.custom_formats()
    for one in others:
        codes = range(1 << one.bits) if one.bits <= 6 else [rng.randrange(1 << one.bits) for _ in range(count // 20)]
        for code in list(codes) + cases.edge_codes(one):
            text = rng.choice([f"0x{code:x}", f"0b{code:0{one.bits}b}", f"0X{code:X}", f"0x{code:_x}"])

            other = rng.choice(others)

            def body():
                answer = checker.run(text, "--format", one.name, "--format", other.name)
                checker.rows += 2
                check_row(answer["formats"][0], one, one.decode(code), cases.plain_setting([one]), kept_code=code)
                check_row(answer["formats"][1], other, one.decode(code), cases.plain_setting([other]),
                          kept_code=code if other.name == one.name else None)

            checker.check(f"{text} {one.name}", body)


def check_arithmetic(checker, rng, count):
    """Sums, products, quotients and parentheses: step by step in the format, and exactly."""
    for _ in range(count):
        text, terms = cases.expression(rng)
        setting = cases.setting(rng, few=True)

        def body():
            answer = checker.run(text, *options_of(setting))
            exact = cases.exact_value(terms)
            exception = cases.first_exception(terms)
            expect("exception", answer["exception"], exception)
            if exception:
                expect("value", answer["value"], None)
            else:
                check_text("value", answer["value"], exact, most=5000)
            expect("arithmetic", answer["arithmetic"], len(terms) > 1)
            if answer["fraction"] is not None:
                expect("fraction", Fraction(answer["fraction"]), exact.signed)
            for row, one in zip(answer["formats"], setting.formats):
                checker.rows += 1
                number = cases.last_step(terms, one, setting) if exception else exact
                check_row(row, one, number, setting, has_value=not exception)
                if len(terms) > 1:
                    cases.check_steps(row["computed"], terms, one, setting)

        checker.check(f"{text} {' '.join(options_of(setting)[:12])}", body)


def check_chains(checker, rng, count):
    """Conversions from format to format, and whether rounding twice is told."""
    for _ in range(count):
        stops = cases.chain(rng)
        text, number = cases.chain_start(rng, stops[-1][0])
        names = ",".join(one.name + (f"/{mode}" if mode else "") for one, mode in stops)
        mode = rng.choice(cases.MODES[:5])

        def body():
            answer = checker.run(text, "--chain", names, "--format", "fp64", "--rounding", mode)
            cases.check_chain(answer["chain"], number, [(one, own or mode) for one, own in stops])

        checker.check(f"{text} --chain {names} --rounding {mode}", body)


def check_links(checker, rng, count):
    """A link says the same as the options it stands for."""
    for link, arguments in cases.links(rng, count):

        def body():
            found, expected = checker.run(*link), checker.run(*arguments)
            for answer in (found, expected):
                del answer["input"]
            expect("answer", found, expected)

        checker.check(" ".join(link), body)


def check_refused(checker, rng, count):
    """What is no number, format or option is refused at once, with a sentence that a terminal only shows."""
    for arguments in cases.refused():

        def body():
            checker.calls += 1
            done = subprocess.run([checker.program, "bits", *arguments], capture_output=True, text=True, timeout=2)
            expect("status is 1 or 2", done.returncode in (1, 2), True)
            expect("output", done.stdout, "")
            expect("a sentence", done.stderr.strip()[-1:], ".")
            expect("control characters", [c for c in done.stderr if c < " " and c != "\n"], [])

        checker.check(str(arguments)[:80], body)


CHECKS = {"values": check_values, "patterns": check_patterns, "arithmetic": check_arithmetic, "chains": check_chains,
          "links": check_links, "refused": check_refused}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--only", choices=CHECKS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=400)
    options = parser.parse_args()
    failures = 0
    for name, check in CHECKS.items():
        if options.only in (None, name):
            checker = Checker(options.program)
            check(checker, random.Random(options.seed), options.count)
            failures += checker.report(name)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
