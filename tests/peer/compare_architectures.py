#!/usr/bin/python3
"""KL divergence of our logits from llama.cpp's, for every architecture, as GGUF file and folder, on the CPU and on Vulkan.

    compare_architectures.py NODE_MODULES CLI [NAME …] [--devices cpu vulkan] [--limit 1e-5] [--tokens 80] [--keep FOLDER]

NODE_MODULES is where node-llama-cpp was installed. Weights are float32 (architecture_models.py), so are keys and values; the
prompt is longer than the windows. Prints one row per architecture with the greatest KL of a position; exits 1 beyond the limit.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import architecture_models
import expert_models
import recurrent_models
from architecture_models import VOCABULARY
from llama_logits import LlamaLogits


MODELS = architecture_models.MODELS | recurrent_models.MODELS | expert_models.MODELS


def ours(cli, model, tokens, device):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "logits.npy"
        run = subprocess.run([cli, "logits", model, "--tokens", ",".join(map(str, tokens)), "--device", device, "--kv-type", "f32",
                              "-o", file], capture_output=True, text=True)
        if run.returncode:
            return run.stderr.strip()
        return np.load(file)


def log_softmax(rows):
    rows = rows.astype(np.float64)
    rows -= rows.max(axis=1, keepdims=True)
    return rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))


def divergence(theirs, rows):
    p, q = log_softmax(theirs), log_softmax(rows)
    return float((np.exp(p) * (p - q)).sum(axis=1).max())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("node_modules")
    parser.add_argument("cli")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--devices", nargs="+", default=["cpu", "vulkan"])
    parser.add_argument("--limit", type=float, default=1e-5)
    parser.add_argument("--tokens", type=int, default=80)
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    peer = LlamaLogits(options.node_modules)
    random = np.random.default_rng(7)
    tokens = [int(token) for token in random.integers(3, VOCABULARY, options.tokens)]
    failed = False
    columns = [f"{kind}, {device}" for kind in ("GGUF", "folder") for device in options.devices]
    print("| architecture | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or pathlib.Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name in options.names or MODELS:
            model = MODELS[name]()
            paths = {"GGUF": folder / f"{name}.gguf", "folder": folder / f"{name}-folder"}
            model.write_gguf(paths["GGUF"])
            model.write_folder(paths["folder"])
            with peer.open(paths["GGUF"], context=128) as opened:
                theirs = opened.logits(tokens)
            cells = []
            for kind in ("GGUF", "folder"):
                for device in options.devices:
                    rows = ours(options.cli, paths[kind], tokens, device)
                    if isinstance(rows, str):
                        cells.append(rows)
                        failed = True
                        continue
                    kl = divergence(theirs, rows)
                    failed = failed or not kl <= options.limit
                    cells.append(f"{kl:.1e}")
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
