# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated quantization of the layers' matrices: round and expand again."""

from typing import Callable

import torch

from model import ModelConfig
from weights import Weights, fused_rows

Rounding = Callable[[torch.Tensor], torch.Tensor]

# Quantiles of the normal distribution, from the QLoRA paper.
NF4_LEVELS = torch.tensor([
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
    -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
    0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
    0.7229568362236023, 1.0])
SMALLEST_SCALE = 6e-8  # the smallest positive FP16 number


def store_scale(scale: torch.Tensor) -> torch.Tensor:
    """Scales are stored as FP16."""
    return scale.half().float().clamp_min(SMALLEST_SCALE)


def round_absmax(matrix: torch.Tensor, bits: int, group: int) -> torch.Tensor:
    """Symmetric integers; the largest absolute value of a group sets the scale."""
    grouped = matrix.reshape(-1, group)
    largest = 2 ** (bits - 1) - 1
    scale = store_scale(grouped.abs().amax(1, keepdim=True) / largest)
    return ((grouped / scale).round().clamp(-largest, largest) * scale).view_as(matrix)


def round_affine(matrix: torch.Tensor, bits: int, group: int) -> torch.Tensor:
    """Unsigned integers with a zero point; minimum and maximum set the scale."""
    grouped = matrix.reshape(-1, group)
    low = grouped.amin(1, keepdim=True).clamp_max(0)
    high = grouped.amax(1, keepdim=True).clamp_min(0)
    scale = store_scale((high - low) / (2 ** bits - 1))
    zero = (-low / scale).round()
    levels = ((grouped / scale).round() + zero).clamp(0, 2 ** bits - 1)
    return ((levels - zero) * scale).view_as(matrix)


def round_nf4(matrix: torch.Tensor, group: int) -> torch.Tensor:
    """The nearest of 16 normal quantiles times the largest absolute value."""
    grouped = matrix.reshape(-1, group)
    scale = grouped.abs().amax(1, keepdim=True).clamp_min(SMALLEST_SCALE)
    borders = (NF4_LEVELS[1:] + NF4_LEVELS[:-1]) / 2
    nearest = torch.bucketize((grouped / scale).contiguous(), borders)
    return (NF4_LEVELS[nearest] * scale).view_as(matrix)


SCHEMES: dict[str, Rounding] = {
    "FP32": lambda m: m,
    "BF16": lambda m: m.bfloat16().float(),
    "INT8 per row": lambda m: round_absmax(m, 8, m.shape[1]),
    "NF4 block 64": lambda m: round_nf4(m, 64),
    "INT4 absmax group 32": lambda m: round_absmax(m, 4, 32),
    "INT4 absmax group 64": lambda m: round_absmax(m, 4, 64),
    "INT4 absmax per row": lambda m: round_absmax(m, 4, m.shape[1]),
    "INT4 absmax per tensor": lambda m: round_absmax(m, 4, m.numel()),
    "INT3 absmax group 32": lambda m: round_absmax(m, 3, 32),
    "INT2 affine group 32": lambda m: round_affine(m, 2, 32),
}


def quantize(weights: Weights, scheme: str, config: ModelConfig = ModelConfig()) -> Weights:
    """Quantize the matrices of all layers, each one separately.

    Embeddings, which are also the output matrix, and norms stay as they are.
    """
    rows, result = fused_rows(config), dict(weights)
    parts = {"qkv": ["query", "key", "value"], "gate_up": ["gate", "up"]}
    for name, tensor in weights.items():
        if not name.startswith("blocks") or tensor.dim() != 2:
            continue
        kind = name.split(".")[2]
        pieces = [tensor[rows[p]] for p in parts[kind]] if kind in parts else [tensor]
        result[name] = torch.cat([SCHEMES[scheme](p.contiguous()) for p in pieces])
    return result
