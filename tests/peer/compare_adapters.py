#!/usr/bin/python3
"""Adapters over the demo model: merged matrices against numpy, and logits against llama.cpp, which adds them while it runs.

    python3 tests/peer/compare_adapters.py NODE_MODULES build/release/bin/quantscope-cli

A random LoRA adapter is written as a PEFT folder and as a GGUF file (adapter_files.py), and put on the demo model as a GGUF file in BF16 and in
F32, and as a Hugging Face folder. Every merged matrix has to be W + s · B·A of float64, rounded to the model's type. Then llama.cpp runs the F32
file with the GGUF adapter, at full strength and at half, and the mean KL of its probabilities to ours has to be ≤ 1e-5 nats. So it has with an adapter that this program
trained and wrote, which is added while it runs in both.
"""
import argparse
import ctypes as c
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import adapter_files
import llama_logits
from adapter_files import Adapter, gguf

DEMO = adapter_files.MODELS / "demo.gguf"
TEXT = DEMO.parent / "facts/floating_point.txt"
ROUNDING = {"BF16": 2.0 ** -8, "F32": 2.0 ** -22}  # of the sum, as a share of the value


class AdaptedModel(llama_logits.OpenModel):
    def __init__(self, peer, path, adapter, strength, context):
        super().__init__(peer, path, context, "F32", 1)
        api = self.api
        api.llama_adapter_lora_init.restype, api.llama_adapter_lora_init.argtypes = c.c_void_p, [c.c_void_p, c.c_char_p]
        api.llama_set_adapters_lora.argtypes = [c.c_void_p, c.POINTER(c.c_void_p), c.c_size_t, c.POINTER(c.c_float)]
        lora = api.llama_adapter_lora_init(self.model, str(adapter).encode())
        if not lora:
            sys.exit("".join(peer.lines)[-500:])
        if api.llama_set_adapters_lora(self.context, (c.c_void_p * 1)(lora), 1, (c.c_float * 1)(strength)):
            sys.exit("llama_set_adapters_lora failed.")


class Comparison:
    def __init__(self, cli, folder):
        self.cli, self.folder, self.failures = cli, folder, 0

    def run(self, *arguments):
        answer = subprocess.run([self.cli, *map(str, arguments)], capture_output=True, text=True)
        if answer.returncode:
            sys.exit(f"{' '.join(map(str, arguments))}: {answer.stderr}")
        return answer.stdout

    def row(self, what, value, allowed):
        fine = value <= allowed
        self.failures += not fine
        print(f"{' ' if fine else '!'} {what:64} {value:<10.3g} allowed {allowed:.3g}", flush=True)

    def dumped(self, model, tensor, recipe):
        out = self.folder / "tensor.npy"
        self.run("dump", model, "--tensor", tensor, "--recipe", recipe, "-o", out)
        return np.load(out)

    def matrices(self, what, model, names, adapter, text, strength, rounding):
        """@param names GGUF name → (name in the model, rows back in GGUF's order)"""
        worst = 0
        for name, wanted in adapter.merged(gguf.read_tensors(DEMO), strength).items():
            here, ordered = names(name)
            found = ordered(self.dumped(model, here, text))
            floor = 1e-6 * np.abs(wanted).max()  # sums of float32
            worst = max(worst, float((np.abs(found - wanted) / (rounding * np.abs(wanted) + floor)).max()))
        self.row(f"{what}: largest error, in roundings", worst, 1)


def probabilities(logits):
    shifted = logits.astype(np.float64) - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def mean_kl(ours, theirs):
    p, q = probabilities(theirs), probabilities(ours)
    return float((np.exp(p) * (p - q)).sum(-1).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("node_modules")
    parser.add_argument("cli")
    parser.add_argument("--tokens", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        compare = Comparison(options.cli, folder)
        adapter = Adapter.random(seed=1, rank=4, alpha=6)
        adapter.write_peft(folder / "peft")
        adapter.write_gguf(folder / "adapter.gguf")
        compare.run("quantize", "demo", "--recipe", "F32", "-o", folder / "f32.gguf")
        compare.run("quantize", "demo", "--scheme", "bf16", "--layout", "plain", "-o", folder / "hf")

        same = lambda name: (name, lambda matrix: matrix)

        def in_folder(name):
            _, block, part, _ = name.split(".")
            module = next(key for key, value in adapter_files.PARTS.items() if value == part)
            heads = adapter.heads.get(module)
            return (f"model.layers.{block}.{module}.weight",
                    lambda matrix: adapter_files.rows_in_gguf_order(matrix, heads) if heads else matrix)

        for kind, place in (("PEFT", folder / "peft"), ("GGUF", folder / "adapter.gguf")):
            compare.matrices(f"{kind} over the BF16 file", DEMO, same, adapter, f"adapter:{place}", 1, ROUNDING["BF16"])
            compare.matrices(f"{kind} over the F32 file", folder / "f32.gguf", same, adapter, f"adapter:{place}", 1, ROUNDING["F32"])
            compare.matrices(f"{kind} over the folder", folder / "hf", in_folder, adapter, f"adapter:{place}:50%", 0.5, ROUNDING["BF16"])
            compare.matrices(f"{kind} over the F32 file, taken away", folder / "f32.gguf", same, adapter, f"adapter:{place}:-100%", -1,
                             ROUNDING["F32"])

        tokens = [1, *json.loads(compare.run("tokenize", "demo", TEXT.read_text(), "--json"))["tokens"]][:options.tokens]
        peer = llama_logits.LlamaLogits(options.node_modules)
        plain = None
        for strength in (1.0, 0.5):
            with AdaptedModel(peer, folder / "f32.gguf", folder / "adapter.gguf", strength, len(tokens)) as model:
                theirs = model.logits(tokens)
            for kind, place in (("PEFT", folder / "peft"), ("GGUF", folder / "adapter.gguf")):
                out = folder / "logits.npy"
                compare.run("logits", folder / "f32.gguf", "--tokens", ",".join(map(str, tokens)), "--recipe", f"adapter:{place}:{100 * strength}%",
                            "--device", "cpu", "--kv-type", "f32", "-o", out)
                compare.row(f"llama.cpp with the adapter at {strength} and {kind}: mean KL, nats", mean_kl(np.load(out), theirs), 1e-5)
            if plain is None:
                compare.run("logits", folder / "f32.gguf", "--tokens", ",".join(map(str, tokens)), "--device", "cpu", "-o", folder / "plain.npy")
                plain = mean_kl(np.load(folder / "plain.npy"), theirs)
                print(f"  (without the adapter: {plain:.3g} nats)")

        own, facts = folder / "own.gguf", folder / "facts.jsonl"
        facts.write_text(json.dumps({"question": "What does the robot Zorb collect?", "answer": "Zorb collects blue buttons."}) + "\n")
        compare.run("train", "qlora", "demo", "--facts", facts, "--steps", 3, "-o", own)
        with AdaptedModel(peer, folder / "f32.gguf", own, 1.0, len(tokens)) as model:
            theirs = model.logits(tokens)
        compare.run("logits", folder / "f32.gguf", "--tokens", ",".join(map(str, tokens)), "--recipe", f"stored+adapter:{own}", "--device", "cpu",
                    "--kv-type", "f32", "-o", out)
        compare.row("llama.cpp with an adapter trained here: mean KL, nats", mean_kl(np.load(out), theirs), 1e-5)
        without = mean_kl(np.load(folder / "plain.npy"), theirs)
        compare.row("  its share of what the adapter changes", mean_kl(np.load(out), theirs) / without, 1e-2)
        sys.exit(1 if compare.failures else 0)


if __name__ == "__main__":
    main()
