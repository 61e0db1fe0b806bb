# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts between the trainer's fused weights and the tensors of a GGUF file."""

from pathlib import Path

import numpy
import torch

import gguf
from model import ModelConfig

Weights = dict[str, torch.Tensor]

# Names in a GGUF file and in the trainer; {i} is the number of the layer.
LAYER_NAMES = [
    ("blk.{i}.attn_norm.weight", "blocks.{i}.attention_norm.weight", None),
    ("blk.{i}.attn_q.weight", "blocks.{i}.qkv.weight", "query"),
    ("blk.{i}.attn_k.weight", "blocks.{i}.qkv.weight", "key"),
    ("blk.{i}.attn_v.weight", "blocks.{i}.qkv.weight", "value"),
    ("blk.{i}.attn_output.weight", "blocks.{i}.output.weight", None),
    ("blk.{i}.ffn_norm.weight", "blocks.{i}.feed_forward_norm.weight", None),
    ("blk.{i}.ffn_gate.weight", "blocks.{i}.gate_up.weight", "gate"),
    ("blk.{i}.ffn_up.weight", "blocks.{i}.gate_up.weight", "up"),
    ("blk.{i}.ffn_down.weight", "blocks.{i}.down.weight", None),
]


def fused_rows(config: ModelConfig) -> dict[str, slice]:
    """Rows of the separate matrices inside the fused ones."""
    query = config.heads * config.head_size
    key = config.kv_heads * config.head_size
    return {
        "query": slice(0, query), "key": slice(query, query + key),
        "value": slice(query + key, query + 2 * key),
        "gate": slice(0, config.feed_forward),
        "up": slice(config.feed_forward, 2 * config.feed_forward),
    }


def interleave_heads(matrix: torch.Tensor, head_size: int) -> torch.Tensor:
    """Reorder rows from pairs (i, i + half) to pairs (2i, 2i + 1) per head."""
    rows, columns = matrix.shape
    split = matrix.view(rows // head_size, 2, head_size // 2, columns)
    return split.transpose(1, 2).reshape(rows, columns)


def separate_heads(matrix: torch.Tensor, head_size: int) -> torch.Tensor:
    """The inverse of `interleave_heads`."""
    rows, columns = matrix.shape
    split = matrix.view(rows // head_size, head_size // 2, 2, columns)
    return split.transpose(1, 2).reshape(rows, columns)


def to_gguf_tensors(weights: Weights, config: ModelConfig) -> Weights:
    """Return the tensors of a GGUF file in their usual order."""
    rows = fused_rows(config)
    tensors = {"token_embd.weight": weights["embedding.weight"]}
    for layer in range(config.layers):
        for gguf_name, name, part in LAYER_NAMES:
            tensor = weights[name.format(i=layer)]
            tensor = tensor[rows[part]] if part else tensor
            if part in ("query", "key"):
                tensor = interleave_heads(tensor, config.head_size)
            tensors[gguf_name.format(i=layer)] = tensor.contiguous()
    tensors["output_norm.weight"] = weights["final_norm.weight"]
    return tensors


def from_gguf_tensors(tensors: Weights, config: ModelConfig) -> Weights:
    """Return the trainer's fused weights from the tensors of a GGUF file."""
    weights = {"embedding.weight": tensors["token_embd.weight"],
               "final_norm.weight": tensors["output_norm.weight"]}
    parts: dict[str, list[torch.Tensor]] = {}
    for layer in range(config.layers):
        for gguf_name, name, part in LAYER_NAMES:
            tensor = tensors[gguf_name.format(i=layer)]
            if part in ("query", "key"):
                tensor = separate_heads(tensor, config.head_size)
            parts.setdefault(name.format(i=layer), []).append(tensor)
    weights.update({name: torch.cat(tensors) for name, tensors in parts.items()})
    return weights


def load_weights(path: Path) -> Weights:
    """Load the weights of a checkpoint (.pt) or a model file (.gguf)."""
    if path.suffix == ".gguf":
        tensors = {name: torch.from_numpy(numpy.array(values))
                   for name, values in gguf.read_tensors(path).items()}
        return from_gguf_tensors(tensors, ModelConfig())
    return torch.load(path)
