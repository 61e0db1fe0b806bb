#!/usr/bin/python3
"""GGUF files that the program writes of folders, and folders it writes of GGUF files, for every architecture.

    compare_conversions.py NODE_MODULES CLI [NAME …] [--limit 1e-5] [--tokens 80]

NODE_MODULES is where node-llama-cpp was installed. Of each model of architecture_models.py and its parts, in float32: llama.cpp opens the file
that was made of the folder and gives the logits it gives for the model's own file; ours of the folder that was made of the
file are the same. Prints the greatest KL of a position per row; exits 1 beyond the limit.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

from architecture_models import VOCABULARY
from compare_architectures import MODELS, divergence, ours
from llama_logits import LlamaLogits


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("node_modules")
    parser.add_argument("cli")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--limit", type=float, default=1e-5)
    parser.add_argument("--tokens", type=int, default=80)
    options = parser.parse_args()
    peer = LlamaLogits(options.node_modules)
    tokens = [int(token) for token in np.random.default_rng(7).integers(3, VOCABULARY, options.tokens)]
    failed = False
    print("| architecture | folder → GGUF, llama.cpp | GGUF → folder, ours |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.names or MODELS:
            model, place = MODELS[name](), pathlib.Path(scratch) / name
            place.mkdir()
            model.write_gguf(place / "model.gguf")
            model.write_folder(place / "folder")
            for source, target in (("folder", ["-o", place / "made.gguf"]), ("model.gguf", ["--layout", "plain", "-o", place / "made"])):
                subprocess.run([options.cli, "quantize", place / source, "--scheme", "fp32", *target], check=True, capture_output=True)
            with peer.open(place / "model.gguf", context=128) as opened:
                theirs = opened.logits(tokens)
            with peer.open(place / "made.gguf", context=128) as opened:
                made = opened.logits(tokens)
            found = [divergence(theirs, made), divergence(theirs, ours(options.cli, place / "made", tokens, "cpu"))]
            failed = failed or not max(found) <= options.limit
            print(f"| {name} | {found[0]:.1e} | {found[1]:.1e} |", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
