# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures how the strength of the rescaling changes quantized perplexity.

    python3 choose_sigma.py --checkpoint work/model.pt --sigmas 0.5 0.6 0.7
    python3 choose_sigma.py --checkpoint work/model.pt --sigmas 0.6 --seeds 0 1 2 --report \\
        --output ../evaluation.json

The strength is chosen on one set of held-out rows and reported on another.
"""

import argparse
import json
from pathlib import Path

from common import MODELS_DIR
from evaluate import CHOICE_SEED, REPORT_SEED, HeldOutRows, make_model
from quantize import SCHEMES, quantize
from rescale import rescale
from tokenizer import Tokenizer
from weights import load_weights

CHOICE_SCHEMES = ["FP32", "NF4 block 64", "INT4 absmax group 64", "INT3 absmax group 32",
                  "INT2 affine group 32"]


def main() -> None:
    """Print one line of perplexities per strength and seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, default=MODELS_DIR / "tokenizer.model")
    parser.add_argument("--sigmas", type=float, nargs="+", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--report", action="store_true", help="use the other rows, all schemes")
    parser.add_argument("--output", type=Path, help="JSON file that gets the results added")
    options = parser.parse_args()
    rows = HeldOutRows(Tokenizer(options.tokenizer), REPORT_SEED if options.report else CHOICE_SEED)
    schemes = list(SCHEMES) if options.report else CHOICE_SCHEMES
    weights, results = load_weights(options.checkpoint), []
    for sigma in options.sigmas:
        for seed in options.seeds:
            rescaled = rescale(weights, sigma, seed) if sigma else weights
            line = {"sigma": sigma, "seed": seed}
            for scheme in schemes:
                model = make_model(quantize(rescaled, scheme))
                line[scheme] = round(rows.perplexity(model), 4)
            print(json.dumps(line), flush=True)
            results.append(line)
    if options.output:
        report = json.loads(options.output.read_text()) if options.output.exists() else {}
        report["rescaling seeds" if options.report else "choice of sigma"] = results
        options.output.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
