#!/usr/bin/env python3
"""What the program makes of a calibration text, against methods_numpy.py on demo_model.py: both restate it in float64.

    python3 tests/peer/methods_check.py build/release/bin/quantscope-cli
        [--only statistics|errors|gptq|columns|hqq|ranges|inputs|cache]

Prints what was compared and how far apart it is; ends with 1 where that is more than rounding explains. Needs numpy.
"""
import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np

import demo_model
import methods_numpy as methods

DOWN, KEY, UP = "blk.1.ffn_down.weight", "blk.3.attn_k.weight", "blk.4.ffn_up.weight"


class Checker:
    """Runs the program on the demo model, knows what numpy says of it, and keeps what does not agree."""

    def __init__(self, program):
        self.program, self.failures, self.compared = program, 0, 0
        self.folder = tempfile.TemporaryDirectory()
        self.model = demo_model.DemoModel()
        self.weights = self.model.weights
        self.known = {}

    def run(self, *arguments):
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def array(self, verb, *arguments):
        path = pathlib.Path(self.folder.name) / "answer.npy"
        self.run(verb, "demo", *arguments, "-o", str(path))
        return np.load(path).astype(np.float64)

    def inputs(self, text="demo"):
        """{matrix: [tokens, in]} over a text."""
        if text not in self.known:
            self.known[text] = self.model.inputs(demo_model.windows(self.program, text))
        return self.known[text]

    def hessian(self, name, text="demo"):
        x = self.inputs(text)[name]
        return x.T @ x / len(x)

    def expect(self, what, figure, most):
        self.compared += 1
        is_fine = figure <= most
        self.failures += not is_fine
        print(f"{'  ' if is_fine else '! '}{what:78} {figure:.3g}  (at most {most:g})", flush=True)


def apart(found, expected):
    """‖found − expected‖ / ‖expected‖"""
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def read_dat(data):
    """{weight: (sums, calls)} of the older form."""
    count, at, entries = *struct.unpack_from("<i", data), 4, {}
    for _ in range(count):
        length, = struct.unpack_from("<i", data, at)
        name = data[at + 4:at + 4 + length].decode()
        calls, values = struct.unpack_from("<ii", data, at + 4 + length)
        at += 12 + length
        entries[name] = np.frombuffer(data, "<f4", values, at).astype(np.float64), calls
        at += 4 * values
    return entries


def check_statistics(check):
    """The importance matrices that `calibrate` writes."""
    for text, tokens, context in [("demo", 4096, 512), ("prose", 4096, 512), ("demo", 1000, 96), ("prose", 300, 300)]:
        path = pathlib.Path(check.folder.name) / "matrix.gguf"
        reading = ["--text", text, "--tokens", str(tokens), "--context", str(context)]
        said = json.loads(check.run("calibrate", "demo", *reading, "-o", str(path), "--json"))
        tensors = demo_model.gguf.read_tensors(path)
        check.run("calibrate", "demo", *reading, "-o", str(path.with_suffix(".dat")))
        older = read_dat(path.with_suffix(".dat").read_bytes())
        inputs = check.model.inputs(demo_model.windows(check.program, text, tokens, context))
        sums = {name: (x * x).sum(0) for name, x in inputs.items()}
        rows = {name: float(np.asarray(tensors[name + ".counts"]).ravel()[0]) for name in sums}
        label = f"{text}, {tokens} tokens in {context}: "
        check.expect(label + "names", len(set(older) ^ set(sums)) + abs(len(tensors) - 2 * len(sums)), 0)
        check.expect(label + "tokens", abs(said["tokens"] - tokens // context * context), 0)
        check.expect(label + "rows of every matrix", max(abs(rows[name] - len(inputs[name])) for name in sums), 0)
        worst = max(np.max(np.abs(tensors[name + ".in_sum2"].ravel() - sums[name]) / sums[name]) for name in sums)
        check.expect(label + "Σ x² of a column, relative", worst, 2e-5)
        means = max(apart(values / calls, sums[name] / len(inputs[name])) for name, (values, calls) in older.items())
        check.expect(label + "mean x² in the .dat", means, 1e-5)


def dumped(check, name, scheme, text="demo"):
    return check.array("dump", "--tensor", name, "--scheme", scheme, "--calibration", text)


def check_errors(check):
    """error --metric output_error: ‖ΔW x‖ over ‖W x‖, from dumped weights and numpy's inputs."""
    for method in ["int4:group=128,range=minmax", "int4:group=128,range=minmax,method=gptq",
                   "int3:group=128,range=minmax,method=awq", "q4_0:method=gptq", "nf4:method=gptq", "q4_k:method=imatrix"]:
        for name in (DOWN, KEY):
            for text in ("demo", "prose"):
                answer = json.loads(check.run("error", "demo", "--tensor", name, "--scheme", method, "--calibration", text,
                                              "--metric", "output_error", "--json"))
                x, weight = check.inputs(text)[name], check.weights[name]
                errors = dumped(check, name, method, text) - weight
                expected = np.linalg.norm(x @ errors.T) / np.linalg.norm(x @ weight.T)
                check.expect(f"output error of {method}, {name}, {text}", abs(answer[0]["output_error"] / expected - 1), 1e-4)


def compare_weights(check, what, found, expected, weight, hessian, most=1e-3):
    """The share of weights that have another code, and the cost in the output."""
    is_other = np.abs(found - expected) > 0.02 * np.abs(expected - weight).max()
    check.expect(what + ": other codes", np.mean(is_other), most)
    ratio = methods.squared(found - weight, hessian) / methods.squared(expected - weight, hessian)
    check.expect(what + ": output error over numpy's, less 1", abs(ratio - 1), 1e-3)


def check_gptq(check):
    for name in (DOWN, KEY):
        for bits, group, options in [(4, 128, {}), (4, 128, {"act_order": True}), (4, 128, {"static_groups": True}),
                                     (4, 128, {"act_order": True, "static_groups": True}), (4, 128, {"damping": 0.1}),
                                     (3, 64, {}), (2, 32, {"act_order": True}), (4, 128, {"symmetric": True})]:
            text = [f"int{bits}:group={group}"] + ([] if options.get("symmetric") else ["range=minmax"]) + ["method=gptq"]
            text += [f"{key}={'on' if value is True else value}" for key, value in options.items() if key != "symmetric"]
            scheme = ",".join(text)
            weight, hessian = check.weights[name], check.hessian(name)
            expected = methods.gptq(weight, hessian, bits, group, **options)
            compare_weights(check, f"{name}, {scheme}", dumped(check, name, scheme), expected, weight, hessian)


def check_columns(check):
    """AWQ and SmoothQuant: what is dumped stands for the original columns."""
    for name in (DOWN, KEY, UP):
        x, weight, hessian = check.inputs()[name], check.weights[name], check.hessian(name)
        for bits, clip in [(4, True), (4, False), (3, True)]:
            scheme = f"int{bits}:group=128,range=minmax,method=awq" + ("" if clip else ",clip=off")
            expected, _, exponent = methods.awq(weight, hessian, np.abs(x).mean(0), bits, 128, clip)
            label = f"{name}, {scheme} (exponent {exponent})"
            compare_weights(check, label, dumped(check, name, scheme), expected, weight, hessian)
        for alpha in (0.5, 0.25, 1):
            expected, _ = methods.smooth(weight, np.abs(x).max(0), alpha)
            scheme = f"int8:method=smooth,alpha={alpha}"
            compare_weights(check, f"{name}, {scheme}", dumped(check, name, scheme), expected, weight, hessian)


def check_hqq(check):
    for name in (DOWN, KEY, UP):
        for bits in (4, 3, 2):
            scheme = f"int{bits}:group=64,range=minmax,method=hqq"
            weight = check.weights[name]
            expected = methods.hqq(weight, bits, 64)
            found = check.array("dump", "--tensor", name, "--scheme", scheme)
            # Weights in BF16 often lie in the middle of two levels: float32 and float64 then see different sides.
            compare_weights(check, f"{name}, {scheme}", found, expected, weight, check.hessian(name), most=5e-3)


def check_ranges(check):
    """Scale and zero-point of static inputs, as `quantize --explain` says them; how much percentiles owe to bins."""
    for name in (DOWN, KEY, "blk.5.attn_output.weight"):
        for text in ("demo", "prose"):
            x = check.inputs(text)[name]
            for activations, is_fp8 in (("int8:activations=int8_static", False), ("fp8_e4m3:activations=fp8_static", True)):
                for how, percent in [("minmax", 100), ("percentile", 99.99), ("percentile", 99), ("entropy", 0)]:
                    scheme = f"{activations},input_range={how}" + (f",input_p={percent}" if how == "percentile" else "")
                    said = json.loads(check.run("quantize", "demo", "--scheme", scheme, "--calibration", text, "--explain",
                                                name + ":0:0", "--json"))["input"]
                    low, high = methods.static_range(x, how, percent, symmetric=is_fp8)
                    scale = max(-low, high) / 448 if is_fp8 else (high - low) / 255
                    exact = 0 if is_fp8 else np.clip(-128 - low / scale, -128, 127)  # of ±T: half of a code, rounded either way
                    label = f"{name}, {text}, {scheme}: "
                    check.expect(label + f"scale {scale:.5g}", abs(said["scale"] / scale - 1), 1e-5)
                    check.expect(label + "zero-point", abs(said["zero_point"] - exact), 0.50001)
        magnitudes, (counts, edge) = np.abs(x), methods.histogram(x)
        half = len(counts) // 2
        binned = methods.quantile(counts[half:] + counts[:half][::-1], 0.9999) * edge / half
        check.expect(f"{name}: 99.99th percentile of |x|, by bins, off in bins",
                     abs(binned - np.percentile(magnitudes, 99.99)) / (edge / half), 2)


def product_of(scheme, x, weight):
    """(x → outputs) of a layer under a scheme, from the text's inputs x."""
    kind, _, options = scheme.partition(":")
    options = dict(one.split("=") for one in options.split(",") if one)
    if kind == "llm_int8":
        return lambda one: methods.llm_int8(one, weight, float(options.get("threshold", 6)))
    activations, how = options["activations"], options.get("input_range", "minmax")
    percent = float(options.get("input_p", 99.99))
    is_fp8 = kind == "fp8_e4m3"
    width = weight.shape[1]
    if options.get("method") == "smooth":
        made, scales = methods.smooth(weight, np.abs(x).max(0), 0.5)
        made, x = made * scales, x / scales
    else:
        scales = 1.0
        scale = np.abs(weight).max(1, keepdims=True) / 448
        made = methods.e4m3(weight / scale) * scale if is_fp8 else methods.nearest(weight, 8, width, True, half=False)
    if activations.endswith("static"):
        low, high = methods.static_range(x, how, percent, symmetric=is_fp8)
        if is_fp8:
            scale = max(-low, high) / 448
            return lambda one: methods.e4m3(one / scale) * scale @ made.T
        return lambda one: methods.static_int8(one / scales, low, high) @ made.T
    return lambda one: (methods.token_fp8 if is_fp8 else methods.token_int8)(one / scales) @ made.T


def check_inputs(check):
    """Rounded inputs of one layer, by what they do to the logits after a text."""
    tokens = demo_model.windows(check.program, "prose", 96, 96)
    listed = ",".join(map(str, tokens[0]))
    plain = check.model.logits(tokens)[0]
    found = check.array("logits", "--tokens", listed, "--device", "cpu")
    check.expect("logits of the model as it is stored", apart(found, plain), 1e-5)
    fp8 = "fp8_e4m3:scale=row,activations="
    static = "int8:activations=int8_static,input_range="
    for scheme in ["int8:activations=int8_dynamic", static + "minmax", static + "percentile", static + "percentile,input_p=99",
                   static + "entropy", "int8:method=smooth,activations=int8_dynamic", fp8 + "fp8_dynamic", fp8 + "fp8_static",
                   fp8 + "fp8_static,input_range=percentile,input_p=99.9", fp8 + "fp8_static,input_range=entropy", "llm_int8",
                   "llm_int8:threshold=3", "llm_int8:threshold=0"]:
        for name in ("blk.5.ffn_down.weight", "blk.5.attn_output.weight", "blk.5.ffn_up.weight"):
            rule = ["--tensor-type", name.replace(".", "\\.") + "=" + scheme, "--calibration", "demo"]
            if "threshold=0" in scheme:
                product = product_of("llm_int8:threshold=inf", None, check.weights[name])
            else:
                product = product_of(scheme, check.inputs()[name], check.weights[name])
            times = lambda of, x: product(x[0])[None] if of == name else x @ check.weights[of].T
            expected = check.model.logits(tokens, times)[0]
            found = check.array("logits", "--tokens", listed, "--device", "cpu", *rule)
            cost = apart(expected, plain)
            label = f"{name} as {scheme}: of a change of {cost:.2g} in the logits"
            check.expect(label, apart(found - plain, expected - plain), 0.05)


def check_cache(check):
    """Keys and values as bytes: their size and what they do to the logits."""
    tokens = demo_model.windows(check.program, "prose", 200, 200)
    listed = ",".join(map(str, tokens[0]))
    exact = check.model.logits(tokens)[0]
    for kind, kept in [("f16", lambda x: x.astype(np.float16).astype(np.float64)), ("int8", methods.token_int8)]:
        expected = check.model.logits(tokens, kept=kept)[0]
        found = check.array("logits", "--tokens", listed, "--device", "cpu", "--kv-type", kind)
        cost = apart(expected, exact)
        # A value that rounds the other way turns others in the layers after it: the size of the change is what can be compared.
        label = f"keys and values as {kind}: a change of {cost:.2g}, over numpy's, less 1"
        check.expect(label, abs(apart(found, exact) / cost - 1), 0.1)
        check.expect(f"keys and values as {kind}: of that change", apart(found - exact, expected - exact), 0.5)
    model = check.model
    width = model.kv_heads * model.size
    for kind, row in [("f32", 4 * width), ("f16", 2 * width), ("int8", width + 4 * model.kv_heads)]:
        answer = json.loads(check.run("generate", "demo", "--prompt", "Hi", "--max-tokens", "2", "--kv-type", kind, "--device",
                                      "cpu", "--json"))
        positions = answer["kv_bytes"] / (2 * model.blocks * row)
        check.expect(f"bytes of keys and values as {kind}: positions, off 512", abs(positions - 512), 0)


CHECKS = {"statistics": check_statistics, "errors": check_errors, "gptq": check_gptq, "columns": check_columns,
          "hqq": check_hqq, "ranges": check_ranges, "inputs": check_inputs, "cache": check_cache}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--only", choices=CHECKS)
    options = parser.parse_args()
    check = Checker(options.program)
    for name, body in CHECKS.items():
        if options.only in (None, name):
            print(name)
            body(check)
    print(f"{check.compared} comparisons, {check.failures} differences")
    sys.exit(1 if check.failures else 0)


if __name__ == "__main__":
    main()
