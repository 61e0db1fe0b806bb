#!/usr/bin/python3
"""`perplexity` against llama.cpp: the figures of llama-perplexity --kl-divergence over llama.cpp's own logits.

    python3 tests/peer/compare_perplexity.py NODE_MODULES build/release/bin/quantscope-cli [--text FILE] [--tokens 4096] [--context 256]

The demo model is quantized by llama.cpp (`--type`, default Q4_0, Q4_K_M, IQ4_XS); llama.cpp and the program read the same windows of the same
tokens: the quantized file against the model in F32. llama.cpp rounds the inputs of products with quantized weights to 8 bits,
which the program does not; so each file is also decoded to F32 and read by both: then the logits are the same but for rounding. And by PyTorch in
float64. Every figure has to lie within the combined standard error of llama.cpp's, on decoded files within 5 % of one, within 1e-5 of PyTorch's,
and errors have to be those of a bootstrap over windows in numpy. Ends with 1 where one does not.
"""
import argparse
import json
import pathlib
import sys
import tempfile

import numpy as np

import divergence_numpy as divergence
import llama_logits
from trace_oracle import DEMO, Pair, Program, stored

TEXT = DEMO.parent / "facts/floating_point.txt"
KEYS = ["perplexity", "reference_perplexity", "perplexity_ratio", "kl_mean", "kl_median", "kl_p90", "kl_p99", "kl_p999", "kl_max", "same_top1",
        "mean_delta_p", "rms_delta_p"]
EXTREME = ("kl_p999", "kl_max")  # whose bootstrap says little


def windows(program, text, tokens, context):
    """As llama-perplexity cuts: BOS and the text's tokens, in parts of `context`, the first of each replaced by BOS."""
    joined = [1, *program.json("tokenize", "demo", text)["tokens"]][:tokens]
    return [[1, *joined[at + 1:at + context]] for at in range(0, len(joined) - context + 1, context)]


def scored(reference, compared, cut):
    """The second half of each window, and which window each token is of. @param reference, compared tokens → logits"""
    first = len(cut[0]) // 2
    parts = [divergence.Scored.of(reference(tokens)[first:-1], compared(tokens)[first:-1], np.array(tokens[first + 1:])) for tokens in cut]
    return divergence.Scored.joined(parts), np.repeat(np.arange(len(parts)), len(parts[0].kl))


def scored_by_llama(peer, reference, compared, cut):
    with peer.open(reference, len(cut[0])) as a, peer.open(compared, len(cut[0])) as b:
        return scored(a.logits, b.logits, cut)


def scored_by_torch(reference, compared, cut):
    pair = Pair(stored(reference), stored(compared))
    return scored(*(lambda tokens, w=w: pair.logits(w, tokens).numpy() for w in (pair.reference, pair.compared)), cut)


class Checker:
    def __init__(self):
        self.failures = 0

    def row(self, name, ours, theirs, allowed, peer="llama.cpp"):
        fine = abs(ours - theirs) <= allowed
        self.failures += not fine
        print(f"  {' ' if fine else '!'} {name:22} ours {ours:<12.6g} {peer} {theirs:<12.6g} apart {abs(ours - theirs):<9.2g} allowed {allowed:.2g}", flush=True)


def compare(check, what, ours, one, block, share):
    """@param share of the standard error by which figures may differ"""
    print(what)
    theirs, by_tokens = divergence.figures(one), divergence.errors_of_tokens(one)
    by_blocks = divergence.errors_of_blocks(one, block)
    if ours["scored"] != len(one.kl):
        sys.exit(f"{ours['scored']} tokens scored, {len(one.kl)} expected")
    for key in KEYS:
        error = np.hypot(ours[key + "_error"], by_tokens.get(key, by_blocks[key])) * (3 if key in EXTREME else 1)
        check.row(key, ours[key], float(theirs[key]), share * error + (3 / len(one.kl) if key == "same_top1" else 0))
    return by_blocks, by_tokens


def compare_exactly(check, ours, one):
    for key, value in divergence.figures(one).items():
        check.row(key, ours[key], float(value), 1e-5 * abs(value), "PyTorch  ")


def compare_errors(check, ours, by_blocks, by_tokens):
    print("  standard errors: ours, bootstrap over windows here, tokens as if independent (llama-perplexity)")
    for key in KEYS:
        fine = key in EXTREME or 0.6 < ours[key + "_error"] / by_blocks[key] < 1.6
        check.failures += not fine
        print(f"  {' ' if fine else '!'} {key:22} {ours[key + '_error']:<10.3g} {by_blocks[key]:<10.3g} {by_tokens.get(key, float('nan')):.3g}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("node_modules")
    parser.add_argument("program")
    parser.add_argument("--text", type=pathlib.Path, default=TEXT)
    parser.add_argument("--tokens", type=int, default=4096)
    parser.add_argument("--context", type=int, default=256)
    parser.add_argument("--type", action="append")
    options = parser.parse_args()
    program, peer, check = Program(options.program), llama_logits.LlamaLogits(options.node_modules), Checker()
    cut = windows(program, options.text.read_text(), options.tokens, options.context)
    with tempfile.TemporaryDirectory() as folder:
        reference = f"{folder}/f32.gguf"
        peer.quantize(DEMO, reference, "F32")
        for kind in options.type or ("Q4_0", "Q4_K_M", "IQ4_XS"):
            file, decoded = f"{folder}/{kind}.gguf", f"{folder}/{kind}-decoded.gguf"
            peer.quantize(reference, file, kind)
            program.run("quantize", file, "--recipe", "F32", "-o", decoded)
            ours = program.json("perplexity", file, "--variant", "stored", "--reference", f"model:{reference}", "--text", options.text,
                                "--tokens", options.tokens, "--context", options.context, "--device", "cpu", "--kv-type", "f32", "--no-cache")[0]
            compare(check, f"{kind}", ours, *scored_by_llama(peer, reference, file, cut), 1)
            errors = compare(check, f"{kind}, decoded", ours, *scored_by_llama(peer, reference, decoded, cut), 0.05)
            compare_exactly(check, ours, scored_by_torch(reference, decoded, cut)[0])
            compare_errors(check, ours, *errors)
    print("all as expected" if check.failures == 0 else f"{check.failures} not as expected")
    sys.exit(check.failures != 0)


if __name__ == "__main__":
    main()
