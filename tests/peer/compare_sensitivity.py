#!/usr/bin/python3
"""`sensitivity`, output errors and `design` against PyTorch in float64 on the demo model.

    python3 tests/peer/compare_sensitivity.py build/release/bin/quantscope-cli [--tokens 1024] [--context 256]
    python3 tests/peer/compare_sensitivity.py build/release/bin/quantscope-cli --recipe FILE --against "int4" [--texts 64]

KL of the model with one tensor (layer, role) swapped or restored, weight error and ‖X(W−Ŵ)ᵀ‖/‖XWᵀ‖ of some tensors over the windows of a text are computed anew.
With --recipe: KL of a recipe and of what it is compared with on texts of the built-in evaluation text, and the interval of their
difference when texts are drawn with replacement. Ends with 1 where a figure differs.
"""
import argparse
import json
import pathlib
import sys

import numpy as np
import torch

import compare_perplexity as perplexity
import divergence_numpy as divergence
from trace_oracle import DEMO, Pair, Program, stored

TENSORS = ["blk.0.attn_v.weight", "blk.2.ffn_gate.weight", "blk.4.attn_output.weight", "blk.5.ffn_down.weight", "blk.1.attn_q.weight"]

ROLES = {"query": "attn_q", "key": "attn_k", "value": "attn_v", "attention output": "attn_output", "gate": "ffn_gate", "up": "ffn_up",
         "down": "ffn_down"}
OUTPUT_TOKENS, OUTPUT_CONTEXT = 2048, 256  # what sensitivity reads for output errors, whatever KL is measured on


class Checker:
    def __init__(self):
        self.failures = self.compared = 0

    def near(self, what, found, expected, relative, absolute=0.0):
        fine = found is not None and abs(found - expected) <= relative * abs(expected) + absolute
        self.compared += 1
        self.failures += not fine
        print(f"{' ' if fine else '!'} {what:60} {found if found is None else format(found, '12.6g')} {expected:12.6g}", flush=True)


class Reading:
    """A text's windows read by the reference: logits, and what enters each matrix."""

    def __init__(self, pair, cut, first):
        self.pair, self.cut, self.first, self.inputs = pair, cut, first, {}
        self.rows = [pair.logits(pair.reference, tokens, self.kept)[first:-1].numpy() for tokens in cut]

    def kept(self, name, value):
        if name in self.pair.differing:
            self.inputs.setdefault(name, []).append(value)
        return value

    def kl(self, weights):
        """(mean, by window)"""
        parts = [divergence.Scored.of(row, self.pair.logits(weights, tokens)[self.first:-1].numpy(), np.array(tokens[self.first + 1:])).kl
                 for row, tokens in zip(self.rows, self.cut)]
        return np.concatenate(parts).mean(), np.array([part.mean() for part in parts])

    def second_order(self, name, compared):
        """½ Δᵀ F Δ: half the variance, under the reference's distribution, of what a small step towards the compared weights does to the
        logits, by central differences; the mean over positions. What KL is for small changes."""
        step, reference, total = 1e-4, self.pair.reference, []
        for tokens, row in zip(self.cut, self.rows):
            ends = [self.pair.logits({**reference, name: torch.lerp(reference[name], compared[name], at)}, tokens)[self.first:-1].numpy()
                    for at in (step, -step)]
            change, p = (ends[0] - ends[1]) / (2 * step), np.exp(divergence.log_softmax(row))
            total.append(((p * change ** 2).sum(-1) - (p * change).sum(-1) ** 2) / 2)
        return np.concatenate(total).mean()

    def output_error(self, name, weights):
        x = torch.cat(self.inputs[name])
        return float((x @ (weights[name] - self.pair.reference[name]).T).norm() / (x @ self.pair.reference[name].T).norm())


def parts(row, differing):
    """The tensors that a row of the answer is about."""
    if row["level"] == "tensor":
        return [row["tensor"]]
    if row["level"] == "layer":
        number = "".join(filter(str.isdigit, str(row["tensor"])))
        return [name for name in differing if name.startswith(f"blk.{number}.")]
    return [name for name in differing if name.split(".")[2] == ROLES[row["tensor"]]]


def check_rows(check, program, scheme, options, text):
    pair = Pair(stored(), program.weights("--scheme", scheme))
    cut = perplexity.windows(program, text.read_text(), options.tokens, options.context)
    reading = Reading(pair, cut, options.context // 2)
    for_outputs = Reading(pair, perplexity.windows(program, text.read_text(), OUTPUT_TOKENS, OUTPUT_CONTEXT), 1)
    rows = program.json("sensitivity", "demo", "--scheme", scheme, "--text", text, "--tokens", options.tokens, "--context", options.context,
                        "--level", "tensor", "--level", "layer", "--level", "role", "--direction", "both", "--device", "cpu", "--kv-type", "f32", "--no-cache")
    if rows[0]["scored"] != sum(len(row) for row in reading.rows):
        sys.exit(f"{rows[0]['scored']} tokens scored, {sum(len(row) for row in reading.rows)} expected")
    check.near(f"{scheme}: whole model, KL", rows[0]["recipe_kl"], reading.kl(pair.compared)[0], 1e-4)
    taken = 0
    for row in rows:
        names = parts(row, pair.differing)
        if row["level"] == "tensor" and row["tensor"] not in TENSORS:
            continue
        if row["level"] != "tensor":
            taken += 1
            if taken % 5:
                continue
        swapped = row["direction"] == "swap"
        weights = {**(pair.reference if swapped else pair.compared), **{name: (pair.compared if swapped else pair.reference)[name] for name in names}}
        what = f"{scheme}, {row['tensor']}, {row['direction']}"
        check.near(f"{what}: KL", row["kl"], reading.kl(weights)[0], 1e-3, 1e-8)
        if row["level"] == "tensor" and swapped:
            w, q = pair.reference[names[0]], pair.compared[names[0]]
            check.near(f"{what}: weight error", row["weight_error"], float((w - q).norm() / w.norm()), 1e-5)
            check.near(f"{what}: output error", row["output_error"], for_outputs.output_error(names[0], pair.compared), 1e-4)
            check.near(f"{what}: gradient estimate", row["gradient_estimate"], reading.second_order(names[0], pair.compared), 0.8)
            spread = reading.kl(weights)[1]
            check.near(f"{what}: error of KL", row["kl_error"], spread.std(ddof=1) / np.sqrt(len(spread)), 0.5)


def conversations(program, count):
    """[(tokens, positions whose prediction is scored)]: an answer's tokens with the end of the turn."""
    texts = []
    for line in (DEMO.parent / "evaluation/conversations.jsonl").read_text().splitlines()[-count:]:
        tokens, scored = [1], []
        for message in json.loads(line)["messages"]:
            head = program.json("tokenize", "demo", f"<|{message['role']}|>\n", "--special")["tokens"]
            body = program.json("tokenize", "demo", message["content"] + "</s>", "--special")["tokens"]
            tail = program.json("tokenize", "demo", "\n", "--special")["tokens"]
            tokens += head
            if message["role"] == "assistant":
                scored += range(len(tokens) - 1, len(tokens) + len(body) - 1)
            tokens += body + tail
        texts.append((tokens[:512], [at for at in scored if at < 511]))
    return texts


def compare_recipes(program, options):
    """Two weight sets on the same conversations, over all positions and over answers alone."""
    reference, texts = stored(), conversations(program, options.texts)
    names = (options.recipe, options.against)
    pairs = [Pair(reference, program.weights("--recipe" if name == options.recipe else "--scheme", name), torch.float32) for name in names]
    sums = {"all positions": [], "answers": []}
    for tokens, scored in texts:
        rows = pairs[0].logits(pairs[0].reference, tokens)[:-1].numpy()
        kl = [divergence.Scored.of(rows, pair.logits(pair.compared, tokens)[:-1].numpy(), np.array(tokens[1:])).kl for pair in pairs]
        sums["all positions"].append([len(rows), *(one.sum() for one in kl)])
        sums["answers"].append([len(scored), *(one[scored].sum() for one in kl)])
    random = np.random.default_rng(1)
    for what, rows in sums.items():
        rows = np.array(rows)
        less = lambda part: 1 - part[:, 1].sum() / part[:, 2].sum()
        low, high = np.quantile([less(rows[random.integers(len(rows), size=len(rows))]) for _ in range(5000)], [0.025, 0.975])
        count, ours, theirs = rows.sum(0)
        print(f"{what} ({len(rows)} texts, {count:.0f} tokens): KL {ours / count:.6f}, {options.against} {theirs / count:.6f}; "
              f"less by {less(rows):.1%}, 95 % interval {low:.1%} to {high:.1%} (texts drawn with replacement, in pairs)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--scheme", default="int4")
    parser.add_argument("--text", type=pathlib.Path, default=DEMO.parent / "facts/floating_point.txt")
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--context", type=int, default=256)
    parser.add_argument("--recipe")
    parser.add_argument("--against", default="int4")
    parser.add_argument("--texts", type=int, default=128)
    options = parser.parse_args()
    if options.recipe:
        return compare_recipes(Program(options.program), options)
    check, program = Checker(), Program(options.program)
    check_rows(check, program, options.scheme, options, options.text)
    print(f"{check.compared - check.failures} of {check.compared} agree")
    sys.exit(check.failures != 0)


if __name__ == "__main__":
    main()
