#!/usr/bin/env python3
"""What `inspect --format` counts of a tensor's values, counted anew from `dump` by the definitions of number_formats.py.

    python3 tests/peer/census_check.py build/release/bin/quantscope-cli [MODEL] [--tensors N]
"""
import argparse
import collections
import json
import math
import struct
import subprocess
import sys
from fractions import Fraction

from bits_cases import custom_formats
from number_formats import CodeBook, Integer, Number, power, table

FATES = ["exact", "rounded", "subnormal", "became_zero", "zero", "clipped", "overflowed", "non_finite"]


def values_of(program, model, tensor):
    done = subprocess.run([program, "dump", model, "--tensor", tensor, "-o", "-"], capture_output=True, check=True, timeout=300)
    start = 10 + struct.unpack_from("<H", done.stdout, 8)[0]
    return struct.unpack_from(f"<{(len(done.stdout) - start) // 4}f", done.stdout, start)


def covering(name, absmax):
    """The scale that brings the largest magnitude to the largest integer, or to the entry 1; as doubles."""
    one = table()[name]
    if isinstance(one, CodeBook):
        return table(absmax=Fraction(absmax))[name]
    if not isinstance(one, Integer):
        return one
    if one.low < 0:
        return table(scale=Fraction(absmax / one.high))[name]
    scale = (absmax + absmax) / (one.high - one.low)
    zero = math.floor(abs(one.low + absmax / scale) + 0.5)  # halves away from zero
    return table(Fraction(scale), zero)[name]


def fate_of(one, value):
    if not math.isfinite(value):
        return "non_finite", 0.0
    exact = Fraction(value)
    decision = one.round(Number(exact, math.copysign(1, value) < 0 and value == 0), "nearest_even")
    stored = one.decode(decision.code)
    if not stored.is_finite:
        return "overflowed", 0.0
    kept = float(stored.signed)
    error = (kept - value) ** 2
    if decision.overflow or (one.name == "e8m0" and exact < power(-128)):
        return "clipped", error
    if stored.is_zero:
        return ("zero" if value == 0 else "became_zero"), error
    if one.kind(decision.code) == "subnormal":
        return "subnormal", error
    return ("exact" if kept == value else "rounded"), error


def count(one, values):
    fates, error, squares = collections.Counter(), [], []
    for value, times in values.items():
        fate, squared = fate_of(one, value)
        fates[fate] += times
        if fate not in ("overflowed", "non_finite"):
            error.append(times * squared)
            squares.append(times * value * value)
    if not squares:
        return fates, None
    return fates, math.fsum(error) / math.fsum(squares) if any(error) else 0.0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("model", nargs="?", default="demo")
    parser.add_argument("--tensors", type=int, default=3)
    options = parser.parse_args()
    owned = {one.name: one for one in custom_formats()[:8]}
    names = list(table()) + list(owned)
    arguments = [word for name in names for word in ("--format", name)]
    listed = json.loads(subprocess.run([options.program, "inspect", options.model, "--json"], capture_output=True, check=True).stdout)
    failures = checked = 0
    for tensor in sorted((row["name"] for row in listed["tensors"]), key=lambda name: name[::-1])[:options.tensors]:
        done = subprocess.run([options.program, "inspect", options.model, "--tensor", tensor, *arguments, "--json"],
                              capture_output=True, check=True)
        row = json.loads(done.stdout)["tensors"][0]
        values = collections.Counter(values_of(options.program, options.model, tensor))
        for name, found in zip(names, row["formats"]):
            one = owned.get(name) or covering(name, row["abs_max"])
            if found["format"] != name or found.get("scale", 1) != float(getattr(one, "scale", 1)):
                print(f"{tensor} {name}: scale {found.get('scale')}, expected {float(getattr(one, 'scale', 1))}")
                failures += 1
                continue
            fates, error = count(one, values)
            checked += 1
            wrong = {fate: (found[fate], fates[fate]) for fate in FATES if found[fate] != fates[fate]}
            said = found["relative_squared_error"]
            if (said is None) != (error is None) or (error is not None and abs(said - error) > 1e-9 * max(error, 1e-300)):
                wrong["relative_squared_error"] = (said, error)
            if wrong:
                failures += 1
                print(f"{tensor} {name}: (found, expected) {wrong}")
        print(f"{tensor}: {sum(values.values())} values, {len(values)} different ones")
    print(f"{checked} counts, {failures} differences")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
