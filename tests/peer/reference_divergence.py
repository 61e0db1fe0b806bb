#!/usr/bin/python3
"""Makes tests/data/evaluate: logits of two models and what llama-perplexity's formulas make of them, with 50 digits.

    python3 tests/peer/reference_divergence.py tests/data/evaluate

What the files are is in the README.md there. Divergence and probabilities of each token are computed in decimals of 50 digits from the
float32 logits, so that rows that are nearly alike (divergences of 1e-13) are right too.
"""
import json
import pathlib
import sys
from decimal import Decimal, getcontext

import numpy as np

import divergence_numpy as divergence

TOKENS, VOCABULARY, BLOCK = 120, 80, 12
getcontext().prec = 50


def drawn():
    """Logits as models give them, and rows that are hard on float32: nearly alike, alike, far from 0, one token alone, ties."""
    random = np.random.default_rng(21)
    reference = random.standard_normal((TOKENS, VOCABULARY)) * random.uniform(0.5, 4, (TOKENS, 1))
    compared = reference + random.standard_normal(reference.shape) * random.choice([0.02, 0.2, 1.0], (TOKENS, 1))
    compared[3] = reference[3] + 1e-6 * random.standard_normal(VOCABULARY)
    compared[4] = reference[4]
    reference[5] += 300
    compared[5] += 300
    compared[6] = reference[6] + 7  # the same distribution
    reference[7, 11] = compared[7, 11] = 60
    compared[8, reference[8].argmin()] = compared[8].max() + 12  # all but certain, of what the reference does not expect
    reference[9] = np.round(reference[9])
    reference[9, [5, 17]] = reference[9].max() + 1  # two first choices: the lower index counts
    compared[9] = reference[9]
    compared[9, 17] += 0.5
    targets = np.array([random.choice(VOCABULARY, p=p / p.sum()) for p in np.exp(divergence.log_softmax(reference))])
    return reference.astype("<f4"), compared.astype("<f4"), targets


def exact(reference, compared, target):
    """nll, nll_reference, kl, dp of one row."""
    def log_softmax(row):
        row = [Decimal(float(x)) for x in row]
        top = max(row)
        total = sum((x - top).exp() for x in row).ln()
        return [x - top - total for x in row]

    p, q = log_softmax(reference), log_softmax(compared)
    return -q[target], -p[target], sum(a.exp() * (a - b) for a, b in zip(p, q)), q[target].exp() - p[target].exp()


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    reference, compared, targets = drawn()
    reference.tofile(folder / "reference.logits.f32")
    compared.tofile(folder / "compared.logits.f32")
    nll, nll_reference, kl, dp = np.array([[float(x) for x in exact(*row)] for row in zip(reference, compared, targets)]).T
    scored = divergence.Scored(nll=nll, nll_reference=nll_reference, kl=kl, dp=dp, same=reference.argmax(-1) == compared.argmax(-1))
    quick = divergence.Scored.of(reference, compared, targets)
    assert np.allclose(quick.kl, kl, rtol=1e-9, atol=1e-13) and np.allclose(quick.dp, dp, atol=1e-13)
    block = np.arange(TOKENS) // BLOCK
    numbers = {"tokens": TOKENS, "vocabulary": VOCABULARY, "block": BLOCK, "targets": targets.tolist(),
               "rows": {name: getattr(scored, name).tolist() for name in ("nll", "nll_reference", "kl", "dp")} |
                       {"same": scored.same.astype(int).tolist()},
               "figures": {k: float(v) for k, v in divergence.figures(scored).items()},
               "errors_of_tokens": {k: float(v) for k, v in divergence.errors_of_tokens(scored).items()},
               "errors_of_blocks": divergence.errors_of_blocks(scored, block, draws=4000)}
    (folder / "manifest.json").write_text("{\n" + ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in numbers.items()) + "\n}\n")


if __name__ == "__main__":
    main()
