#!/usr/bin/python3
"""Makes tests/data/trace: small random Llamas and what PyTorch's autograd says of them in float64.

    python3 tests/peer/reference_gradients.py tests/data/trace

What the files are is in the README.md there. Needs numpy and PyTorch (Debian: python3-torch).
"""
import argparse
import json
import pathlib

import numpy as np
import torch

import small_blocks as blocks
import torch_llama as llama

TOKENS = [1, 17, 42, 5, 63, 28, 9, 33, 50]
LAYERS, WIDTH, HEADS, FEED_FORWARD, VOCABULARY = 2, 64, 4, 96, 64
WHOLE = {"difference": ["blk.0.attn_k.weight"], "biased": ["blk.0.attn_v.weight"]}


class Model:
    """Random weights as a file stores them, and as float64."""

    def __init__(self, layers, kv_heads, kind, seed, biases=False, tied=False, metadata=()):
        self.kind = kind
        self.metadata = {"general.architecture": "llama", "general.name": "random", "llama.context_length": 64,
                         "llama.embedding_length": WIDTH, "llama.block_count": layers,
                         "llama.feed_forward_length": FEED_FORWARD, "llama.attention.head_count": HEADS,
                         "llama.attention.head_count_kv": kv_heads, "llama.attention.layer_norm_rms_epsilon": 1e-5,
                         "llama.rope.freq_base": 10000.0, "llama.vocab_size": VOCABULARY} | dict(metadata)
        # as the file says it, in float32
        self.shape = llama.Shape(self.metadata | {"llama.attention.layer_norm_rms_epsilon": float(np.float32(1e-5))})
        random = np.random.default_rng(seed)
        self.names = dict(self.shapes(biases, tied))
        self.stored = {name: blocks.encode(self.drawn(name, extents, random), self.kind_of(extents))
                       for name, extents in self.names.items()}

    def kind_of(self, extents):
        return self.kind if len(extents) == 2 else blocks.F32

    def shapes(self, biases, tied):
        s = self.shape
        query, key, value = s.heads * s.key_size, s.kv_heads * s.key_size, s.kv_heads * s.value_size
        yield "token_embd.weight", (VOCABULARY, WIDTH)
        for layer in range(s.layers):
            of = f"blk.{layer}.".__add__
            yield of("attn_norm.weight"), (WIDTH,)
            for name, rows, columns in (("q", query, WIDTH), ("k", key, WIDTH), ("v", value, WIDTH),
                                        ("output", WIDTH, s.heads * s.value_size)):
                yield of(f"attn_{name}.weight"), (rows, columns)
                if biases:
                    yield of(f"attn_{name}.bias"), (rows,)
            yield of("ffn_norm.weight"), (WIDTH,)
            yield of("ffn_gate.weight"), (FEED_FORWARD, WIDTH)
            yield of("ffn_up.weight"), (FEED_FORWARD, WIDTH)
            yield of("ffn_down.weight"), (WIDTH, FEED_FORWARD)
        yield "output_norm.weight", (WIDTH,)
        if not tied:
            yield "output.weight", (VOCABULARY, WIDTH)

    @staticmethod
    def drawn(name, extents, random):
        values = random.standard_normal(extents)
        if "norm" in name:
            return 1 + 0.2 * values
        if "bias" in name or "embd" in name:
            return 0.3 * values
        return values * (1.6 if "attn_q" in name or "attn_k" in name else 1.0) / np.sqrt(extents[-1])

    def floats(self):
        return {name: torch.tensor(blocks.decode(self.stored[name], extents, self.kind_of(extents)).astype(np.float64))
                for name, extents in self.names.items()}

    def requantized(self, kind):
        """The same model with every matrix in another type."""
        other = object.__new__(Model)
        other.__dict__.update(self.__dict__, kind=kind)
        other.stored = {name: blocks.encode(values.numpy(), other.kind_of(self.names[name]))
                        for name, values in self.floats().items()}
        return other

    def write(self, path):
        blocks.write_gguf(path, self.metadata, [(name, extents, self.kind_of(extents), self.stored[name])
                                                for name, extents in self.names.items()])


def block_sums(gradients, names):
    """float64 [blocks of all tensors]: sums over 32 neighbours of a row (the last of a row may be shorter), tensor after tensor."""
    def sums(values):
        return np.add.reduceat(values, np.arange(0, values.shape[-1], blocks.BLOCK), axis=-1).ravel()

    return np.concatenate([sums(gradients[name].numpy()) for name in names])


class Writer:
    def __init__(self, folder):
        self.folder, self.manifest = folder, {}

    def array(self, name, values):
        np.ascontiguousarray(values, "<f4").tofile(self.folder / name)
        return name

    def tensors(self, model):
        first, rows = 0, []
        for name, extents in model.names.items():
            rows.append({"tensor": name, "shape": extents, "first_block": first})
            first += int(np.prod(extents[:-1])) * -(-extents[-1] // blocks.BLOCK)
        return rows


def objectives(target):
    wanted, other = 12, 40
    next_tokens = torch.tensor(TOKENS[1:])
    log_target = target.log_softmax(-1)
    return {"difference": ({"kind": "logit_difference", "position": len(TOKENS) - 1, "tokens": [wanted, other]},
                           lambda y: y[-1, wanted] - y[-1, other]),
            "cross_entropy": ({"kind": "cross_entropy", "positions": len(TOKENS) - 1},
                              lambda y: -y[:-1].log_softmax(-1)[torch.arange(len(TOKENS) - 1), next_tokens].mean()),
            "kl": ({"kind": "kl", "target": "target.logits.f32"},
                   lambda y: (log_target.exp() * (log_target - y.log_softmax(-1))).sum(-1).mean())}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    writer = Writer(parser.parse_args().folder)
    writer.folder.mkdir(parents=True, exist_ok=True)

    plain = Model(LAYERS, 2, blocks.Q5_0, seed=11)
    compared = plain.requantized(blocks.Q4_0)
    biased = Model(1, 1, blocks.Q5_0, seed=12, biases=True, tied=True, metadata={
        "llama.attention.key_length": 16, "llama.attention.value_length": 24, "llama.rope.dimension_count": 8})
    models = {"plain.gguf": plain, "plain-q4_0.gguf": compared, "biased.gguf": biased}
    for name, model in models.items():
        model.write(writer.folder / name)

    random = np.random.default_rng(13)
    target = torch.tensor(random.standard_normal((len(TOKENS), VOCABULARY)).astype("<f4").astype(np.float64))
    writer.array("target.logits.f32", target)
    goals = objectives(target)
    tokens = torch.tensor(TOKENS)
    writer.manifest = {"tokens": TOKENS, "block": blocks.BLOCK,
                       "models": {name: writer.tensors(models[name]) for name in ("plain.gguf", "biased.gguf")}}

    cases = []
    for name, model, goal, changes in [
            ("difference", "plain.gguf", "difference", {}), ("halves", "plain.gguf", "cross_entropy", {"pairing": llama.HALVES}),
            ("window", "plain.gguf", "kl", {"window": 4}), ("biased", "biased.gguf", "difference", {})]:
        cases.append(gradient_case(writer, name, model, models[model], goals[goal], changes, tokens))
    writer.manifest["gradients"] = cases
    writer.manifest["integrated"] = integrated_case(writer, plain, compared, goals["difference"], tokens)
    (writer.folder / "manifest.json").write_text(lines(writer.manifest) + "\n")


def lines(value, depth=0):
    """JSON, with what lies three levels down on one line each."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    if depth == 3 or not any(isinstance(part, (dict, list)) for part in parts):
        return json.dumps(value)
    names = [json.dumps(key) + ": " for key in value] if isinstance(value, dict) else [""] * len(value)
    inner = ",\n".join(" " * (depth + 1) + name + lines(part, depth + 1) for name, part in zip(names, parts))
    left, right = "{}" if isinstance(value, dict) else "[]"
    return f"{left}\n{inner}\n{' ' * depth}{right}"


def changed(shape, changes):
    other = object.__new__(llama.Shape)
    other.__dict__.update(shape.__dict__, **changes)
    return other


def gradient_case(writer, name, file, model, goal, changes, tokens):
    description, objective = goal
    shape, values = changed(model.shape, changes), llama.residuals(model.shape.layers)
    value, weights, residuals = llama.gradients(shape, model.floats(), tokens, objective, values)
    stream = np.stack([residuals[one].numpy() for one in values])
    whole = name in WHOLE
    return {"name": name, "model": file, "rope_pairing": shape.pairing, "sliding_window": shape.window,
            "objective": description, "value": value, "blocks": writer.array(f"{name}.blocks.f32", block_sums(weights, model.names)),
            "residuals": {"values": values, "sums": stream.sum(-1).tolist(), "norms": np.linalg.norm(stream, axis=-1).tolist()} |
                         ({"file": writer.array(f"{name}.residuals.f32", stream), "shape": stream.shape} if whole else {}),
            "whole": [{"tensor": one, "file": writer.array(f"{name}.{one}.f32", weights[one])} for one in WHOLE.get(name, [])],
            "sums": {one: float(gradient.sum()) for one, gradient in weights.items()},
            "norms": {one: float(gradient.norm()) for one, gradient in weights.items()}}


def integrated_case(writer, reference, compared, goal, tokens):
    description, objective = goal
    to, start = reference.floats(), compared.floats()
    ends = [float(objective(llama.forward(reference.shape, weights, tokens))) for weights in (start, to)]
    result = {"compared": "plain-q4_0.gguf", "reference": "plain.gguf", "objective": description,
              "value": {"compared": ends[0], "reference": ends[1]}, "points": []}
    for points in (1, 5, 9, 33):
        share = llama.integrated(reference.shape, start, to, tokens, objective, points)
        total = sum(float(values.sum()) for values in share.values())
        one = {"points": points, "total": total, "remainder": ends[1] - ends[0] - total,
               "tensors": {name: float(values.sum()) for name, values in share.items()}}
        if points == 33:
            one["blocks"] = writer.array(f"integrated.{points}.blocks.f32", block_sums(share, reference.names))
            flat = torch.cat([values.flatten() for values in share.values()])
            place = [(name, *np.unravel_index(i, values.shape)) for name, values in share.items() for i in range(values.numel())]
            one["largest"] = [[place[i][0], *map(int, place[i][1:]), float(flat[i])] for i in flat.argsort(descending=True)[:32]]
        result["points"].append(one)
    return result


if __name__ == "__main__":
    main()
