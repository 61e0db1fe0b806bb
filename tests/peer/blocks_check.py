#!/usr/bin/env python3
"""What `quantize --explain --json` says of blocks, against their bytes read anew.

    python3 tests/peer/blocks_check.py build/release/bin/quantscope-cli [--blocks N] [--ggml LIBRARY]

Of every scheme: the fields cover every bit of the bytes once and hold what stands there; the bytes decode to the decoded
column (block_decoders.py) and to what `dump` writes; the errors are differences; the parts of the size add up. With ggml's
library (libggml-base.so) it also decodes the blocks of every GGUF type.
"""
import argparse
import ctypes
import json
import random
import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

from block_decoders import decoders, dynamic_map
from number_formats import NAN, table

TENSOR, ROWS, COLUMNS = "blk.0.ffn_up.weight", 768, 256
FORMATS = table()
READINGS = {"FP16": "fp16", "FP32": "fp32", "BF16": "bf16", "FP8 E4M3": "fp8_e4m3", "FP8 E5M2": "fp8_e5m2", "FP6 E3M2": "fp6_e3m2",
            "FP6 E2M3": "fp6_e2m3", "FP4 E2M1": "fp4_e2m1", "E8M0": "e8m0"}


class Program:
    def __init__(self, path):
        self.path = path

    def json(self, *arguments):
        done = subprocess.run([self.path, *arguments, "--json"], capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise ValueError(done.stderr.strip())
        return json.loads(done.stdout)

    def dump(self, scheme):
        """All weights of the tensor, quantized and read back."""
        done = subprocess.run([self.path, "dump", "demo", "--tensor", TENSOR, "--scheme", scheme, "-o", "-"], capture_output=True,
                              check=True, timeout=300)
        header = struct.unpack_from("<H", done.stdout, 8)[0]
        return struct.unpack_from(f"<{ROWS * COLUMNS}f", done.stdout, 10 + header)


def field_problems(answer, data):
    """Every bit of the block belongs to one field; what the field holds is what stands there."""
    stream, seen = int.from_bytes(data, "little"), [0] * (8 * len(data))
    for field in answer["fields"]:
        bits = 0
        for part in field["ranges"]:
            bits |= (stream >> part["first"] & ((1 << part["bits"]) - 1)) << part["shift"]
            for at in range(part["first"], part["first"] + part["bits"]):
                seen[at] += 1
        if bits != field["bits"]:
            yield f"{field['symbol']} holds {field['bits']}, its bits are {bits}"
        reading, width = field["reads_as"], sum(part["bits"] for part in field["ranges"])
        if reading in READINGS:
            number = FORMATS[READINGS[reading]].decode(bits)
            if number.magnitude != NAN and Fraction(field["number"]) != number.signed:
                yield f"{field['symbol']} = {field['number']}, {reading} {bits:#x} is {float(number.signed)}"
        elif reading in ("unsigned integer", "signed integer", "two's complement"):
            signed = bits - (1 << width) if reading != "unsigned integer" and bits >> (width - 1) else bits
            if field["number"] != signed:
                yield f"{field['symbol']} = {field['number']}, {reading} is {signed}"
    if set(seen) != {1}:
        yield f"bits that no field or several have: {[(i, n) for i, n in enumerate(seen) if n != 1][:5]}"


def size_problems(answer, weights):
    bits = sum(part["bits"] for part in answer["size"])
    if abs(bits / weights - answer["bits_per_weight"]) > 1e-12:
        yield f"the size is {bits} bits of {weights} weights, not {answer['bits_per_weight']} each"
    for part in answer["size"]:
        if abs(part["bits"] / weights - part["bits_per_weight"]) > 1e-12:
            yield f"{part['part']}: {part['bits']} bits are not {part['bits_per_weight']} per weight"


def near(found, expected, largest):
    """Within the rounding of single precision arithmetic on the block's largest value."""
    return abs(found - float(expected)) <= 3e-7 * largest


def column(answer, name):
    return next(step["values"] for step in answer["steps"] if step["id"] == name)


def value_problems(answer, data, decoder, dumped, ggml):
    values, decoded, error = (column(answer, name) for name in ("value", "decoded", "error"))
    first, count = answer["first_value"], answer["count"]
    largest = max(map(abs, decoded))
    if decoder:
        for i, (found, expected) in enumerate(zip(decoded, decoder(data)[:count])):
            if not near(found, expected, largest):
                yield f"weight {i} is {found}, its bytes say {float(expected)}"
                break
    if tuple(decoded) != dumped[first:first + count]:
        yield "dump writes other values"
    if ggml and not all(near(a, b, largest) for a, b in zip(decoded, ggml[:count])):
        yield "ggml decodes other values"
    if any(abs((d - v) - e) > 1e-12 for v, d, e in zip(values, decoded, error)):
        yield "an error is not what is read back minus the weight"


class Ggml:
    """dequantize_row_TYPE of libggml-base."""

    def __init__(self, path):
        self.ggml = ctypes.CDLL(path)

    def decode(self, scheme, data, count):
        function = next((getattr(self.ggml, name) for name in (f"dequantize_row_{scheme}", f"dequantize_row_{scheme[:-2]}_K")
                         if hasattr(self.ggml, name)), None)
        if function is None:
            return None
        out = (ctypes.c_float * count)()
        function(ctypes.c_char_p(data), out, ctypes.c_int64(count))
        return list(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--ggml")
    parser.add_argument("--only")
    options = parser.parse_args()
    program, rng = Program(options.program), random.Random(1)
    known = decoders(dynamic_map(Path(__file__).parent.parent / "data/floats/dynamic_map.signed.f32"))
    ggml = Ggml(options.ggml) if options.ggml else None
    failures = checked = 0
    unread = []
    for row in program.json("schemes"):
        scheme = row["scheme"]
        if row["family"] == "recipe" or (options.only and options.only != scheme):
            continue
        problems, with_ggml = [], 0
        dumped = program.dump(scheme)
        for _ in range(options.blocks):
            at = rng.randrange(ROWS)
            try:
                answer = program.json("quantize", "demo", "--scheme", scheme, "--explain", f"{TENSOR}:{at}:0")
            except ValueError as problem:
                problems.append(str(problem))
                break
            data = bytes.fromhex(answer["bytes"])
            decoded = ggml.decode(scheme, data, answer["count"]) if ggml and row["family"] == "gguf_block" else None
            with_ggml += decoded is not None
            problems += field_problems(answer, data)
            problems += size_problems(answer, ROWS * COLUMNS)
            problems += value_problems(answer, data, known.get(scheme), dumped, decoded)
            checked += 1
        failures += len(problems)
        if scheme not in known and not with_ggml:
            unread.append(scheme)
        if problems or options.only:
            print(f"{scheme}: {len(problems)} problems; {'decoded anew' if scheme in known else 'not decoded anew'}, {with_ggml} by ggml")
        for problem in problems[:6]:
            print("  " + problem[:300])
    print(f"{checked} blocks, {failures} problems; not decoded anew: {', '.join(unread) or 'none'}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
