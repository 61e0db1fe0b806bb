#!/usr/bin/env python3
"""Adapters that PEFT itself writes, run by transformers and PEFT and by quantscope-cli over the same folder and over the
built-in GGUF file:

    python3 compare_peft.py QUANTSCOPE_CLI WORK_FOLDER

Needs torch, transformers and peft (run with 2.11, 5.17 and 0.21). Prints, for each kind of adapter, the mean KL divergence of
the next token and the largest difference of a logit. The folder is FP32, and sums are what differs; the GGUF file is BF16, into
which merged matrices are rounded. Exits with 1 where a KL is above its limit, or where the adapter changes too little to tell.
"""
import pathlib
import subprocess
import sys

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
KINDS = {
    "queries and values": dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"]),
    "all matrices, rank-stabilized": dict(r=8, lora_alpha=4, use_rslora=True, target_modules=ALL),
    "ranks and alphas of their own": dict(r=4, lora_alpha=8, target_modules=ALL, rank_pattern={"q_proj": 2, "layers.1.mlp.up_proj": 6},
                                          alpha_pattern={"v_proj": 16}),
    "two layers": dict(r=3, lora_alpha=3, target_modules=["k_proj", "o_proj"], layers_to_transform=[1, 3]),
}
LIMITS = {"the folder": 1e-10, "the GGUF file": 2e-5}


def divergence(reference, compared):
    p, q = (row - np.logaddexp.reduce(row, axis=1, keepdims=True) for row in (reference.astype(float), compared.astype(float)))
    return float((np.exp(p) * (p - q)).sum(1).mean())


def main():
    cli, work = sys.argv[1], pathlib.Path(sys.argv[2])
    base = work / "base"
    subprocess.run([cli, "quantize", "demo", "--scheme", "fp32", "--layout", "plain", "-o", base], check=True)
    tokens = [1] + [3 + (i * 7919 + 11) % 250 for i in range(63)]
    failed = False
    for number, (name, settings) in enumerate(KINDS.items()):
        torch.manual_seed(number)
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        with torch.no_grad():
            plain = model(torch.tensor([tokens])).logits[0].numpy()
            model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **settings))
            for key, value in model.named_parameters():
                if "lora_B" in key:
                    value.normal_(0, 0.05)
            theirs = model(torch.tensor([tokens])).logits[0].numpy()
        folder = work / f"adapter{number}"
        model.save_pretrained(folder)
        for over, opened in (("the folder", str(base)), ("the GGUF file", "demo")):
            out = work / "logits.npy"
            subprocess.run([cli, "logits", opened, "--recipe", f"adapter:{folder}", "--tokens", ",".join(map(str, tokens)),
                            "--device", "cpu", "-o", out], check=True, stdout=subprocess.DEVNULL)
            ours = np.load(out)
            kl, effect = divergence(theirs, ours), divergence(plain, theirs)
            bad = not kl <= LIMITS[over] or effect < 3 * LIMITS[over]
            failed |= bad
            print(f"{'FAIL' if bad else 'ok'}  {name}, over {over}: mean KL {kl:.2e}, "
                  f"largest difference {np.abs(theirs - ours).max():.2e}; the adapter changes {effect:.2e}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
