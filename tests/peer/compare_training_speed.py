# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps per minute of quantization-aware training of the built-in model, here and in PyTorch.

    OPENBLAS_NUM_THREADS=2 python3 compare_training_speed.py ../../build/release/bin/quantscope-cli --steps 6 --rounds 3

Both train all matrices of the blocks through INT3 in groups of 32 (absmax), AdamW, clipped gradients, 16 rows of 256
tokens a step, loss on answer tokens. The two take turns; medians of all steps but each round's first. PyTorch is given
two threads; it is as fast as the BLAS it finds (Debian: libopenblas0-pthread; the reference BLAS is 10 times slower).
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.nn.utils import parametrize

ROOT = Path(__file__).resolve().parents[2]
TRAINING = ROOT / "resources" / "models" / "training"
sys.path.insert(0, str(TRAINING))
from make_rows import make_rows, training_conversation  # noqa: E402
from model import Llama, ModelConfig  # noqa: E402
from quantize import round_absmax  # noqa: E402
from tokenizer import Tokenizer  # noqa: E402
from weights import load_weights  # noqa: E402

BATCH, LENGTH = 16, 256


class Fake(torch.nn.Module):
    """Rounds forward, goes straight through backward."""

    def forward(self, weight):
        return weight + (round_absmax(weight.detach(), 3, 32) - weight.detach())


def torch_steps(rows, steps: int) -> list[float]:
    """Seconds of each step but the first."""
    tokens, marks = torch.tensor(rows[0].astype("int64")), torch.tensor(rows[1].astype(bool))
    torch.manual_seed(0)
    model = Llama(ModelConfig())
    model.load_state_dict(load_weights(ROOT / "resources" / "models" / "demo.gguf"), strict=False)
    for block in model.blocks:
        for name in ("qkv", "output", "gate_up", "down"):
            parametrize.register_parametrization(getattr(block, name), "weight", Fake())
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0)
    seconds = []
    for step in range(steps):
        begin = time.perf_counter()
        x, k = tokens[step * BATCH:(step + 1) * BATCH], marks[step * BATCH:(step + 1) * BATCH, 1:]
        loss = F.cross_entropy(model.logits(model.hidden(x[:, :-1])[k]), x[:, 1:][k])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        seconds.append(time.perf_counter() - begin)
    return seconds[1:]


def own_steps(program: str, steps: int) -> list[float]:
    """The same from the program's own report."""
    with tempfile.TemporaryDirectory() as folder:
        lines = subprocess.run(
            [program, "train", "qat", "demo", "--scheme", "int3:group=32", "--steps", str(steps), "--batch", str(BATCH),
             "--length", str(LENGTH), "--eval-every", str(10 * steps), "--run", folder + "/run", "--json"],
            check=True, capture_output=True, text=True).stdout.splitlines()
    return [record["seconds"] for record in map(json.loads, lines) if "loss" in record and "seconds" in record][1:]


def main() -> None:
    """Take turns and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(2)
    rows = make_rows(Tokenizer(ROOT / "resources" / "models" / "tokenizer.model"), random.Random(9),
                     BATCH * options.steps, LENGTH, training_conversation)
    theirs, ours = [], []
    for _ in range(options.rounds):
        ours += own_steps(options.program, options.steps)
        theirs += torch_steps(rows, options.steps)
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"seconds a step: here {a:.2f}, PyTorch {torch.__version__} {b:.2f}; steps per minute "
          f"{60 / a:.1f} and {60 / b:.1f}, ratio {b / a:.2f}")


if __name__ == "__main__":
    main()
