#!/usr/bin/python3
"""Checks a packed folder that this program wrote: against the layout, against its own reading of it, against the original.

    check_packed.py FOLDER [--cli build/release/bin/quantscope-cli] [--against MODEL [--folded]]

Every weight is decoded by the readers of packed_layouts.py. FOLDER's settings, names, types, shapes and ranges are what
transformers' and vLLM's loaders ask for; `quantscope-cli dump` must give the same numbers bit for bit; MODEL (folder, GGUF
file or "demo") gives the error of each weight and what is not packed. Exit status 1 on any difference.
"""
import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np

import packed_layouts
from packed_compressed import scheme_of
from packed_expectations import is_left_plain, numbers_wrong, pieces_wanted, pieces_wrong, settings_wrong
from packed_store import numbers, read_folder

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm"
}
WHOLE = {
    "model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"
}


class Dump:
    """Tensors as the program decodes them."""

    def __init__(self, cli, model):
        self.cli, self.model = cli, model

    def __call__(self, name):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "x.npy"
            ran = subprocess.run([self.cli, "dump", self.model, "--tensor", name, "-o", out], capture_output=True, text=True)
            if ran.returncode:
                raise LookupError(ran.stderr.strip() or f"exit status {ran.returncode}")
            return np.load(out)


def same(a, b, steps=0):
    """Bit for bit, or within some steps of the last place; any NaN for any NaN."""
    a, b = np.ascontiguousarray(a, np.float32), np.ascontiguousarray(b, np.float32)
    if a.shape != b.shape:
        return False
    apart = np.abs(a.view(np.int32).astype(np.int64) - b.view(np.int32))
    return bool(((apart <= steps) | (np.isnan(a) & np.isnan(b))).all())


def steps_of(pieces):
    """LLM.int8()'s rows: this program takes 1/127 into the scale before it multiplies, bitsandbytes afterwards."""
    return 2 if "SCB" in pieces else 0


def linears(config):
    """{module: (out, in)} of a Llama model, and the other tensors it needs."""
    width, wide, heads = config["hidden_size"], config["intermediate_size"], config["num_attention_heads"]
    head = config.get("head_dim") or width // heads
    keys = config.get("num_key_value_heads", heads) * head
    shapes = {
        "self_attn.q_proj": (heads * head, width), "self_attn.k_proj": (keys, width), "self_attn.v_proj": (keys, width),
        "self_attn.o_proj": (width, heads * head), "mlp.gate_proj": (wide, width), "mlp.up_proj": (wide, width),
        "mlp.down_proj": (width, wide)
    }
    layers = [f"model.layers.{i}." for i in range(config["num_hidden_layers"])]
    plain = {f"{layer}{norm}.weight": (width,) for layer in layers for norm in ("input_layernorm", "post_attention_layernorm")}
    plain.update({"model.norm.weight": (width,), "model.embed_tokens.weight": (config["vocab_size"], width)})
    return {layer + part: shape for layer in layers for part, shape in shapes.items()} | (
        {} if config.get("tie_word_embeddings") else {"lm_head": (config["vocab_size"], width)}), plain


def container_wrong(path):
    """What safetensors' own reader refuses, and transformers wants of the header."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
    if (header.get("__metadata__") or {}).get("format") != "pt":
        yield f"{path.name}: __metadata__ has no format pt, which transformers asks for"
    at = 0
    for name, about in sorted(((n, a) for n, a in header.items() if n != "__metadata__"), key=lambda item: item[1]["data_offsets"]):
        if about["data_offsets"][0] != at:
            yield f"{path.name}: a hole or an overlap before {name}"
        at = about["data_offsets"][1]
    if at + 8 + length != size:
        yield f"{path.name}: {size - at - 8 - length} bytes behind the last tensor"
    if length % 8:
        yield f"{path.name}: the header's {length} bytes are no multiple of 8"


def original_of(dump, config, name):
    """The tensor of the original in Hugging Face's order of rows, float32; None where it has none."""
    try:
        return dump(name)
    except LookupError:
        pass
    gguf, part = WHOLE.get(name), ""
    if not gguf and name.startswith("model.layers."):
        layer, part = name.removeprefix("model.layers.").removesuffix(".weight").split(".", 1)
        gguf = f"blk.{layer}.{PARTS[part]}.weight"
    try:
        values = dump(gguf)
    except LookupError:
        return None
    if part in ("self_attn.q_proj", "self_attn.k_proj"):
        heads = config["num_attention_heads"] if "q_proj" in part else config.get("num_key_value_heads",
                                                                                  config["num_attention_heads"])
        values = values.reshape(heads, -1, 2, values.shape[1]).transpose(0, 2, 1, 3).reshape(values.shape)
    return values


class Folded:
    """Undoes factors of columns (AWQ, SmoothQuant) that were folded into what lies before: the norm in front of q, k, v, gate and
    up, up_proj's rows in front of down_proj. The norm tells its factors; down_proj's are estimated from its columns."""
    NORMS = {"q_proj": "input_layernorm", "k_proj": "input_layernorm", "v_proj": "input_layernorm",
             "gate_proj": "post_attention_layernorm", "up_proj": "post_attention_layernorm"}

    def __init__(self, tensors, decoders, original):
        self.tensors, self.decoders, self.original = tensors, decoders, original

    def down_factors(self, layer):
        name = f"{layer}.mlp.down_proj.weight"
        ours, theirs = self.decoders[name]().values, self.original(name)
        factors = (ours * theirs).sum(0) / (theirs * theirs).sum(0)
        return np.where(factors > 0, factors, 1)

    def undo(self, name, values):
        parts = name.split(".")
        layer, part = ".".join(parts[:3]), parts[-2]
        if norm := self.NORMS.get(part):
            norm = f"{layer}.{norm}.weight"
            values = values * (numbers(self.tensors[norm]) / self.original(norm).reshape(-1))
        if part == "up_proj":
            values = values * self.down_factors(layer)[:, None]
        return values / self.down_factors(layer) if part == "down_proj" else values


def index_wrong(folder, tensors):
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        return
    content = json.loads(index.read_text())
    if set(content["weight_map"]) != set(tensors):
        yield "the index names other tensors than the files hold"
    total = content.get("metadata", {}).get("total_size")
    held = sum(one.array.nbytes for one in tensors.values())
    if total != held:
        yield f"the index says {total} bytes, the tensors have {held}"


def check(folder, cli, against, is_folded):
    """Yields (tensor, sentence or None, figures)."""
    config, quantization, tensors = json.loads(
        (folder / "config.json").read_text()), packed_layouts.quantization_of(folder), read_folder(folder)
    for path in sorted(folder.glob("*.safetensors")):
        yield from ((path.name, wrong, "") for wrong in container_wrong(path))
    for wrong in (*index_wrong(folder, tensors), *settings_wrong(quantization)):
        yield "folder", wrong, ""
    dump, reference = Dump(cli, folder), Dump(cli, against) if against else None
    modules, plain = linears(config)
    seen = set()
    packed = list(packed_layouts.weights(folder))
    folded = Folded(tensors, {name: decode for name, decode, _ in packed}, lambda name: original_of(reference, config, name))
    for name, decode, pieces in packed:
        module = name.removesuffix(".weight")
        seen |= {f"{module}.{piece}" for piece in pieces}
        try:
            weight = decode()
        except (ValueError, KeyError, IndexError, TypeError) as wrong:
            yield name, f"cannot be read: {wrong!r}", ""
            continue
        scheme = scheme_of(quantization, module) if quantization["quant_method"] == "compressed-tensors" else None
        if quantization["quant_method"] == "compressed-tensors" and scheme is None:
            yield name, "is packed, but the settings say it is not", ""
            continue
        shape = modules.get(module)
        if name in plain:
            yield name, "no loader takes a packed embedding or norm", ""
            del plain[name]
        if quantization["quant_method"] != "compressed-tensors" and is_left_plain(quantization, module):
            yield name, "is packed, but the settings say it is not", ""
        if shape is None or shape != weight.values.shape:
            yield name, f"the model has {shape}, this is {weight.values.shape}", ""
        yield from ((name, wrong, "")
                    for wrong in pieces_wrong(pieces_wanted(quantization, scheme, weight.values.shape, weight), pieces))
        yield from ((name, wrong, "") for wrong in numbers_wrong(quantization, scheme, weight, pieces))
        figures = f"{weight.bits} bits, codes {weight.codes.min()}…{weight.codes.max()}"
        try:
            ours = dump(name)
            if not same(ours, weight.values, steps_of(pieces)):
                off = np.nanmax(np.abs(ours - weight.values)) if ours.shape == weight.values.shape else ours.shape
                yield name, f"the program decodes it otherwise: largest difference {off}", ""
        except LookupError as wrong:
            yield name, f"the program does not read it: {wrong}", ""
        if reference and (original := original_of(reference, config, name)) is not None and original.shape == weight.values.shape:
            values = folded.undo(name, weight.values) if is_folded else weight.values
            error = np.linalg.norm((values - original).astype(np.float64)) / np.linalg.norm(original.astype(np.float64))
            figures += f", error {error:.4f}"
            if not error < {2: 2, 3: 0.6, 4: 0.3, 8: 0.04}.get(weight.bits, 1):
                yield name, f"relative error {error:.4f} to the original", ""
        yield name, None, figures
    for module, shape in modules.items():
        if f"{module}.weight" not in tensors and not any(one.startswith(module + ".") for one in seen):
            yield module, "the model needs it and it is not there", ""
        elif f"{module}.weight" in tensors and f"{module}.weight" not in seen:
            plain[f"{module}.weight"] = shape
            if quantization and not is_left_plain(quantization, module):
                yield module, "is not packed, but no setting says so: a loader looks for its pieces", ""
    for name, shape in plain.items():
        if name not in tensors:
            yield name, "the model needs it and it is not there", ""
            continue
        if tuple(tensors[name].array.shape) != shape or tensors[name].dtype not in ("F16", "BF16", "F32"):
            yield name, f"is {tensors[name].dtype} {tensors[name].array.shape}, not {shape}", ""
        figures = f"plain {tensors[name].dtype}"
        if reference and (original := original_of(reference, config, name)) is not None:
            error = np.max(np.abs(numbers(tensors[name]) - original)) / np.max(np.abs(original))
            figures += f", largest error {error:.1e} of the largest value"
            if not error <= 2**-8 and not (is_folded and "layernorm" in name):
                yield name, f"differs from the original by {error}", ""
        yield name, None, figures
    for name in sorted(set(tensors) - seen - set(plain)):
        yield name, "nobody asks for it", ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--cli", default=ROOT / "build/release/bin/quantscope-cli")
    parser.add_argument("--against", help="the model that was quantized")
    parser.add_argument("--folded", action="store_true", help="factors of columns were folded into what lies before them")
    options = parser.parse_args()
    wrongs = 0
    for name, wrong, figures in check(options.folder, options.cli, options.against, options.folded):
        wrongs += wrong is not None
        print(f"{name:56} {'WRONG: ' + wrong if wrong else figures}")
    print(f"{wrongs} differences")
    sys.exit(wrongs > 0)


if __name__ == "__main__":
    main()
