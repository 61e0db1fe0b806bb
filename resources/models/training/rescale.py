# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves scales of channels into the weights, to imitate large models.

Large models have channels with outliers; a small model trained for an hour
has none, and hardly notices quantization. Every step here multiplies one
side of a product and divides the other by the same factors, so the function
of the FP32 model stays the same. SmoothQuant and AWQ do the opposite.
"""

import torch

from model import ModelConfig
from weights import Weights, fused_rows

CLIP = 2.5


def draw_scales(count: int, sigma: float, generator: torch.Generator) -> torch.Tensor:
    """Log-normal factors, clipped at 2.5 standard deviations."""
    return torch.exp(sigma * torch.randn(count, generator=generator).clamp(-CLIP, CLIP))


def rescale(weights: Weights, sigma: float, seed: int,
            config: ModelConfig = ModelConfig()) -> Weights:
    """Return weights of the same function with uneven channels."""
    generator = torch.Generator().manual_seed(seed)
    weights = {name: tensor.clone() for name, tensor in weights.items()}
    rows = fused_rows(config)
    group = config.heads // config.kv_heads
    for layer in range(config.layers):
        prefix = f"blocks.{layer}."
        for norm, matrix in (("attention_norm", "qkv"), ("feed_forward_norm", "gate_up")):
            scales = draw_scales(config.width, sigma, generator)
            weights[f"{prefix}{norm}.weight"] /= scales
            weights[f"{prefix}{matrix}.weight"] *= scales
        scales = draw_scales(config.feed_forward, sigma, generator)
        weights[f"{prefix}gate_up.weight"][rows["up"]] /= scales[:, None]
        weights[f"{prefix}down.weight"] *= scales
        scales = draw_scales(config.kv_heads * config.head_size, sigma, generator)
        weights[f"{prefix}qkv.weight"][rows["value"]] /= scales[:, None]
        per_head = scales.view(config.kv_heads, 1, config.head_size)
        weights[f"{prefix}output.weight"] *= per_head.expand(-1, group, -1).reshape(-1)
    return weights
