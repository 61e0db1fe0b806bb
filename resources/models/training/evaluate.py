# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the model on held-out questions, also under quantization.

    python3 evaluate.py --model ../demo.gguf --reference ../demo-smooth.gguf \\
        --paraphrases paraphrases.txt --output ../evaluation.json

All answers are greedy. An exact answer is checked without generating it: it
is what greedy decoding gives if every token of it is the most likely one.
"""

import argparse
import json
import math
import random
from pathlib import Path

import torch
import torch.nn.functional as F

from common import MODELS_DIR
from evaluation_sets import (Case, exact_sets, out_of_scope_questions, read_paraphrases)
from make_rows import held_out_conversation, make_rows
from model import KeyValueCache, Llama, ModelConfig
from out_of_scope import DECLINE_MARKER
from quantize import SCHEMES, quantize
from tokenizer import END_ID, Tokenizer
from weights import Weights, load_weights

# Seeds of the held-out rows: sigma was chosen on the first, results use the second.
CHOICE_SEED, REPORT_SEED = 999, 1999
HELD_OUT_ROWS = 80
BATCH = 32
# Letters of an answer that must be right when it is judged by its beginning.
BEGINNING = 30


def make_model(weights: Weights) -> Llama:
    """A model with the given weights."""
    model = Llama(ModelConfig())
    model.load_state_dict(weights)
    return model.eval()


class HeldOutRows:
    """Rows of held-out conversations to measure the perplexity of answers."""

    def __init__(self, tokenizer: Tokenizer, seed: int, count: int = HELD_OUT_ROWS):
        tokens, marks = make_rows(tokenizer, random.Random(seed), count, 256,
                                  held_out_conversation)
        self.tokens = torch.from_numpy(tokens.astype("int64"))
        self.marks = torch.from_numpy(marks).bool()

    @torch.no_grad()
    def perplexity(self, model: Llama) -> float:
        """Perplexity of the answer tokens."""
        loss = 0.0
        for first in range(0, len(self.tokens), BATCH):
            tokens = self.tokens[first:first + BATCH]
            chosen = self.marks[first:first + BATCH, 1:]
            hidden = model.hidden(tokens[:, :-1])[chosen]
            loss += F.cross_entropy(model.logits(hidden), tokens[:, 1:][chosen],
                                    reduction="sum").item()
        return math.exp(loss / self.marks[:, 1:].sum().item())


@torch.no_grad()
def are_greedy(model: Llama, pairs: list[tuple[list[int], list[int]]]) -> list[bool]:
    """For each (prompt, answer) tell whether greedy decoding gives the answer."""
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]) + len(pairs[i][1]))
    results = [False] * len(pairs)
    for first in range(0, len(order), BATCH):
        chosen = order[first:first + BATCH]
        longest = max(len(pairs[i][0]) + len(pairs[i][1]) for i in chosen)
        tokens = torch.zeros(len(chosen), longest, dtype=torch.long)
        is_answer = torch.zeros(len(chosen), longest, dtype=torch.bool)
        for row, index in enumerate(chosen):
            prompt, answer = pairs[index]
            tokens[row, :len(prompt) + len(answer)] = torch.tensor(prompt + answer)
            is_answer[row, len(prompt):len(prompt) + len(answer)] = True
        wanted, asked = tokens[:, 1:], is_answer[:, 1:]
        right = torch.ones_like(asked)
        predicted = model.logits(model.hidden(tokens[:, :-1])[asked]).argmax(-1)
        right[asked] = predicted == wanted[asked]
        right = right.all(1)
        for row, index in enumerate(chosen):
            results[index] = bool(right[row])
    return results


def right_cases(model: Llama, tokenizer: Tokenizer, cases: list[Case]) -> list[bool]:
    """Tell for each case whether greedy decoding gives one of its answers."""
    pairs, owners = [], []
    for index, case in enumerate(cases):
        for answer in case.answers:
            prompt = tokenizer.prompt(None, case.history, case.question)
            pairs.append((prompt, tokenizer.encode(answer) + [END_ID]))
            owners.append(index)
    right = [False] * len(cases)
    for owner, is_right in zip(owners, are_greedy(model, pairs)):
        right[owner] |= is_right
    return right


@torch.no_grad()
def generate_answer(model: Llama, tokenizer: Tokenizer, question: str, limit: int = 60) -> str:
    """Generate an answer greedily."""
    caches = [KeyValueCache() for _ in model.blocks]
    ids, past, output = tokenizer.prompt(None, [], question), 0, []
    while len(output) < limit:
        hidden = model.hidden(torch.tensor([ids]), past, caches)[:, -1]
        token = int(model.logits(hidden).argmax())
        if token == END_ID:
            break
        past += len(ids)
        ids = [token]
        output.append(token)
    return tokenizer.decode(output)


def share(values: list[bool]) -> float:
    """Share of true values, rounded."""
    return round(sum(values) / max(1, len(values)), 4)


def measure_skills(model: Llama, tokenizer: Tokenizer, verbose: bool) -> dict:
    """Accuracy of every exact set and of declining."""
    results = {}
    for name, cases in exact_sets(tokenizer).items():
        right = right_cases(model, tokenizer, cases)
        results[name] = {"accuracy": share(right), "cases": len(cases)}
        print(name, results[name], flush=True)
        if verbose:
            for case in [c for c, ok in zip(cases, right) if not ok][:12]:
                print(f"  {name}: {case.question} -> {case.answers[0][:50]}")
    questions = out_of_scope_questions()
    outputs = [generate_answer(model, tokenizer, q, 16) for q in questions]
    declined = [DECLINE_MARKER in o for o in outputs]
    results["out of scope declined"] = {"accuracy": share(declined), "cases": len(questions)}
    if verbose:
        for question, output, is_declined in zip(questions, outputs, declined):
            if not is_declined:
                print(f"  not declined: {question} -> {output}")
    return results


def measure_paraphrases(model: Llama, tokenizer: Tokenizer, path: Path, verbose: bool) -> dict:
    """Accuracy on questions by someone who has not seen the corpus."""
    right = []
    for beginning, case in read_paraphrases(path):
        output = generate_answer(model, tokenizer, case.question, 16)
        starts = case.answers or [beginning]
        right.append(any(output.lower().startswith(s[:BEGINNING].lower()) for s in starts))
        if verbose and not right[-1]:
            print(f"  paraphrase: {case.question} -> {output} (expected: {beginning})")
    return {"accuracy": share(right), "cases": len(right)}


def measure_schemes(weights: Weights, tokenizer: Tokenizer, rows: HeldOutRows,
                    schemes: list[str]) -> dict:
    """Perplexity and accuracy under quantization."""
    results = {}
    sets = exact_sets(tokenizer)
    cases = [case for name in ("facts, template wording", "addition", "subtraction",
                               "letter reversal") for case in sets[name][:50]]
    for scheme in schemes:
        model = make_model(quantize(weights, scheme))
        results[scheme] = {"perplexity": round(rows.perplexity(model), 4),
                           "accuracy": share(right_cases(model, tokenizer, cases))}
        print(f"{scheme:24} {results[scheme]}", flush=True)
    return results


def main() -> None:
    """Measure a model from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=MODELS_DIR / "demo.gguf")
    parser.add_argument("--reference", type=Path, help="the same model without outliers")
    parser.add_argument("--tokenizer", type=Path, default=MODELS_DIR / "tokenizer.model")
    parser.add_argument("--paraphrases", type=Path)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--skills-only", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="print wrong answers")
    options = parser.parse_args()
    tokenizer, weights = Tokenizer(options.tokenizer), load_weights(options.model)
    model = make_model(weights)
    report = {"skills": measure_skills(model, tokenizer, options.verbose)}
    if options.paraphrases:
        report["skills"]["facts, outside wording"] = measure_paraphrases(
            model, tokenizer, options.paraphrases, options.verbose)
    print(list(report["skills"].items())[-2:], flush=True)
    if not options.skills_only:
        rows = HeldOutRows(tokenizer, REPORT_SEED)
        report["quantized"] = measure_schemes(weights, tokenizer, rows, list(SCHEMES))
        if options.reference:
            report["quantized, as trained"] = measure_schemes(
                load_weights(options.reference), tokenizer, rows, list(SCHEMES))
    if options.output:
        options.output.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
