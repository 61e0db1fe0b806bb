#!/usr/bin/python3
"""What `trace` says of the demo model, against PyTorch: every figure computed anew, every proof carried out.

    python3 tests/peer/compare_trace.py build/release/bin/quantscope-cli [--scheme S]… [--question Q]… [--faults 20] [--seed 1]

Of each trace: where the models part and by how much, the residual stream at every depth, contributions of tensors and their sum,
which tensors restore the word, and the proof: exactly the named weights (blocks) restored in float64 bring the word back, without
any one of them they do not, and random sets of the size do not. With --faults, damaged files are made (planted_faults.py) and the trace has
to name the tensor first and hold the block in its proved set. Ends with 1 where something is not so.
"""
import argparse
import json
import os
import sys
import tempfile

import numpy as np
import torch

from planted_faults import QUESTIONS, Planter
from trace_oracle import Pair, Program, llama, stored

# schemes and questions of the prototype's table: most weights and blocks of 64 that the set may have
PROTOTYPE = {("int3", "How many mantissa bits does FP32 have?"): (2, 1), ("int4:group=64", "What is a zero-point?"): (10, 4),
             ("int4:group=64", "How many mantissa bits does FP32 have?"): (16, 6),
             ("int4:group=row", "Why are outliers a problem?"): (3, 2), ("int4:group=row", "What is a zero-point?"): (39, 17),
             ("int3", "Why are outliers a problem?"): (62, 19), ("int4:group=64", "Tell me a story about a fox."): (89, 37),
             ("int3", "What is 47 + 38?"): (47185, None), ("int4:group=row", "What is 47 + 38?"): (47185, None)}
ROUNDING = 2e-3  # logits: what the program's float32 may differ by from float64


class Checker:
    def __init__(self):
        self.failures = self.compared = 0

    def expect(self, what, is_so, detail=""):
        self.compared += 1
        self.failures += not is_so
        print(f"  {' ' if is_so else '!'} {what}{': ' if detail else ''}{detail}", flush=True)

    def near(self, what, found, expected, most):
        difference = abs(found - expected)
        self.expect(what, difference <= most, f"{found:.6g} against {expected:.6g} (apart {difference:.2g}, at most {most:g})")


class TraceCheck:
    """One trace and the pair of weight sets that it is about."""

    def __init__(self, check, pair, prompt, trace):
        self.check, self.pair, self.trace = check, pair, trace
        self.answer = pair.greedy(pair.reference, prompt, trace["position"] + 1)
        self.position = trace["position"]
        self.tokens = [*prompt, *self.answer[:self.position]]
        self.wanted, self.other = trace["reference_token"], trace["compared_token"]

    def row(self, weights):
        return self.pair.logits(weights, self.tokens)[-1]

    def difference(self, weights):
        row = self.row(weights)
        return float(row[self.wanted] - row[self.other])

    def brings_back(self, weights):
        """(is the reference's word the argmax, by how much)"""
        margin = self.pair.margin(weights, self.tokens, self.wanted)
        return margin > 0, margin

    def parting(self):
        pair, check = self.pair, self.check
        rows = pair.logits(pair.compared, self.tokens)
        agrees = all(int(rows[len(self.tokens) - 1 - k].argmax()) == word
                     for k, word in enumerate(reversed(self.answer[:self.position]), 1))
        check.expect("both models agree on the tokens before", agrees)
        check.expect("the reference's word", int(self.row(pair.reference).argmax()) == self.wanted)
        check.expect("the compared model's word", int(self.row(pair.compared).argmax()) == self.other)
        for i, (name, weights) in enumerate((("reference", pair.reference), ("compared", pair.compared))):
            check.near(f"logit difference of the {name}", self.trace["logit_difference"][i], self.difference(weights), 5e-3)

    def depth(self):
        """The residual stream at the last position, and the logit lens."""
        pair, worst = self.pair, {}
        streams = [pair.stream(weights, self.tokens) for weights in (pair.reference, pair.compared)]
        tops = True
        for one in self.trace["depth"]:
            a, b = (stream[one["name"]][-1] for stream in streams)
            lens = [llama.normed(x, w["output_norm.weight"], pair.shape.epsilon) @ w["token_embd.weight"].T
                    for x, w in ((a, pair.reference), (b, pair.compared))]
            expected = {"relative error": float((a - b).norm() / a.norm()), "cosine": float(a @ b / a.norm() / b.norm()),
                        "lens, reference": float(lens[0][self.wanted] - lens[0][self.other]),
                        "lens, compared": float(lens[1][self.wanted] - lens[1][self.other])}
            found = dict(zip(expected, (one["relative_error"], one["cosine"], *one["logit_difference"])))
            for name in expected:
                worst[name] = max(worst.get(name, 0), abs(found[name] - expected[name]))
            for row, top in zip(lens, (one["reference_top"], one["compared_top"])):
                p = row.softmax(-1)
                tops &= all(abs(float(p[word["token"]]) - word["probability"]) < 2e-3 for word in top)
                tops &= abs(sum(word["probability"] for word in top) - float(p.topk(len(top)).values.sum())) < 2e-3
        self.check.expect("depth: as many half-layers", len(self.trace["depth"]) == 1 + 2 * pair.shape.layers)
        for name, figure in worst.items():
            self.check.expect(f"depth: {name}", figure < (5e-3 if "lens" not in name else 5e-2), f"worst apart {figure:.2g}")
        self.check.expect("depth: the first words of the lens", tops)

    def tensors(self, points):
        contributions = self.pair.contributions(self.tokens, self.wanted, self.other, points)
        total = self.difference(self.pair.reference) - self.difference(self.pair.compared)
        named = {one["tensor"]: one for one in self.trace["tensors"]}
        found = {name: one["contribution"] for name, one in named.items() if one.get("contribution") is not None}
        scale = max(abs(float(c.sum())) for c in contributions.values())
        worst = max((abs(found[name] - float(contributions[name].sum())), name) for name in found if name in contributions)
        self.check.expect("contributions of tensors", worst[0] <= 0.02 * scale + 1e-3,
                          f"{len(found)}, worst apart {worst[0]:.2g} ({worst[1]}), the largest is {scale:.3g}")
        self.check.expect("every tensor that differs has one", set(found) == set(contributions),
                          ", ".join(sorted(set(found) ^ set(contributions)))[:200])
        remainder = total - sum(found.values())
        self.check.near("their sum and the remainder", sum(found.values()) + self.remainder(), total, 0.005 * abs(total) + 5e-3)
        self.check.expect("the remainder is at most 1 %", abs(remainder) <= 0.0105 * abs(total) + 2e-3, f"{remainder / total:.3%}")
        for name, one in named.items():
            if one.get("restores") is not None:
                is_back, margin = self.brings_back(self.pair.restored(tensors=[name]))
                if one["restores"] != is_back:
                    self.check.expect(f"restoring {name}", abs(margin) < ROUNDING, f"says {one['restores']}, margin {margin:.4f}")
        return contributions

    def remainder(self):
        return self.trace["remainder"] + sum(term["contribution"] for term in self.trace["activation_terms"])

    def proof(self, name, members, restored, universe, random, prune_limit=200):
        """@param restored members → weights @param universe all members that a random set may have"""
        if not members:
            self.check.expect(f"the set of {name}", False, "is empty")
            return
        is_back, margin = self.brings_back(restored(members))
        self.check.expect(f"{len(members)} {name} restored bring the word back", is_back or abs(margin) < ROUNDING, f"margin {margin:.4f}")
        if len(members) <= prune_limit:
            needless = []
            for one in range(len(members)):
                still, by = self.brings_back(restored(members[:one] + members[one + 1:]))
                if still and by > ROUNDING and len(members) > 1:
                    needless.append((members[one], round(by, 4)))
            self.check.expect(f"none of the {name} can be left out", not needless, f"{needless[:3]}" if needless else "")
        back = 0
        for _ in range(10):
            drawn = [universe(random) for _ in members]
            back += self.brings_back(restored(drawn))[0]
        self.check.expect(f"random sets of as many {name} that restore", back == 0, f"{back} of 10")


def members(trace, kind):
    """[(tensor, row, column)] or [(tensor, row, first column, columns)]"""
    return [tuple(one) for one in (trace["proof"] or {}).get(kind) or []]


def check_trace(check, pair, prompt, trace, random, points):
    one = TraceCheck(check, pair, prompt, trace)
    one.parting()
    one.depth()
    one.tensors(points)
    differing = pair.differing
    chances = np.array([pair.compared[name].numel() for name in differing], float)
    chances /= chances.sum()

    def anywhere(width):
        def draw(random):
            name = str(random.choice(differing, p=chances))
            rows, columns = pair.compared[name].shape
            place = name, int(random.integers(rows)), int(random.integers(-(-columns // width))) * width
            return place if width == 1 else (*place, width)
        return draw

    one.proof("weights", members(trace, "weights"), lambda m: pair.restored(weights=m), anywhere(1), random)
    blocks = members(trace, "blocks")
    one.proof("blocks", blocks, lambda m: pair.restored(blocks=m), anywhere(blocks[0][3] if blocks else 32), random)
    return one


def run_schemes(check, program, options, random):
    for scheme, question in PROTOTYPE:
        if (options.scheme and scheme not in options.scheme) or (options.question and question not in options.question):
            continue
        print(f"{scheme}, {question}", flush=True)
        trace = program.json("trace", "demo", "--scheme", scheme, "--prompt", question, "--kv-type", options.kv_type, "--device", options.device)
        pair = Pair(stored(), program.weights("--scheme", scheme))
        check_trace(check, pair, program.prompt(question), trace, random, 9)
        most_weights, most_blocks = PROTOTYPE[scheme, question]
        weights, blocks = len(trace["proof"]["weights"]), trace["proof"]["blocks"]
        check.expect("no more weights than the prototype", weights <= most_weights, f"{weights} of {most_weights}")
        if most_blocks is not None:  # a block of 64 is two of 32
            most_blocks *= 64 // blocks[0][3] if blocks[0][3] < 64 else 1
            check.expect("no more blocks than the prototype", len(blocks) <= most_blocks, f"{len(blocks)} of {blocks[0][3]}, it {most_blocks}")


def run_fault(program, options, planter, fault):
    """Whether the trace names the fault's tensor first and holds its block in the proved set; and what it said."""
    suffix = f"@kv={options.kv_type}" + (f"@{options.device}" if options.device != "auto" else "")
    done = program.run("trace", "demo", "--variant", f"model:{fault.path}{suffix}", "--reference", f"stored{suffix}",
                       "--prompt", fault.question, "--json", check=False)
    if done.returncode:
        return False, done.stderr.strip()
    trace, values = json.loads(done.stdout), planter.files[fault.scheme].values
    blocks = [(name, row, column // values * values) for name, row, column, _ in members(trace, "blocks")]
    first = trace["tensors"][0]["tensor"]
    held = (fault.tensor, fault.row, fault.column) in blocks
    is_there = (trace["position"], trace["reference_token"], trace["compared_token"]) == (fault.position, fault.reference, fault.compared)
    return (first == fault.tensor and held and is_there,
            f"{'the words are' if is_there else 'the words are not'} those, first {'it' if first == fault.tensor else first}, "
            f"block {'held' if held else 'not held'} of {len(blocks)}")


def run_faults(check, program, options, random):
    found = 0
    with tempfile.TemporaryDirectory() as temporary:
        planter = Planter(program, options.keep or temporary)
        for number in range(options.faults):
            fault = planter.plant(random, number)
            is_found, said = run_fault(program, options, planter, fault)
            found += is_found
            print(f"  {' ' if is_found else '!'} {fault.path.name}, {fault.question!r}: {fault.tensor} row {fault.row} column {fault.column}, "
                  f"{fault.scheme}, {fault.change}: {said}", flush=True)
            if not options.keep:
                os.unlink(fault.path)
    check.expect("planted faults found", found >= 0.9 * options.faults, f"{found} of {options.faults}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--scheme", action="append")
    parser.add_argument("--question", action="append")
    parser.add_argument("--faults", type=int, default=0)
    parser.add_argument("--only-faults", action="store_true")
    parser.add_argument("--keep", help="folder that the damaged files stay in")
    parser.add_argument("--kv-type", default="f32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    check, program, random = Checker(), Program(options.program), np.random.default_rng(options.seed)
    if not options.only_faults:
        run_schemes(check, program, options, random)
    if options.faults:
        run_faults(check, program, options, random)
    print(f"{check.compared - check.failures} of {check.compared} as expected")
    sys.exit(check.failures != 0)


if __name__ == "__main__":
    main()
