# SPDX-License-Identifier: GPL-3.0-or-later
"""A small Llama model: RMSNorm, rotary positions, grouped queries, SwiGLU."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class ModelConfig:
    """The shape of the model."""

    vocabulary: int = 2048
    width: int = 256
    feed_forward: int = 768
    layers: int = 6
    heads: int = 8
    kv_heads: int = 4
    context: int = 512
    rope_base: float = 10000.0
    epsilon: float = 1e-5

    @property
    def head_size(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads


class RmsNorm(nn.Module):
    """Divides by the root mean square and multiplies by a gain."""

    def __init__(self, width: int, epsilon: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.float()
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


class GatedUnit(torch.autograd.Function):
    """silu(gate) * up with a backward pass that stores little."""

    @staticmethod
    def forward(ctx, gate_up):
        gate, up = gate_up.chunk(2, -1)
        sigmoid = torch.sigmoid(gate)
        ctx.save_for_backward(gate, up, sigmoid)
        return gate * sigmoid * up

    @staticmethod
    def backward(ctx, gradient):
        gate, up, sigmoid = ctx.saved_tensors
        silu = gate * sigmoid
        gate_gradient = gradient * up * (sigmoid + silu * (1 - sigmoid))
        return torch.cat([gate_gradient, gradient * silu], -1)


def rotary_tables(config: ModelConfig) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines for all positions, first and second half of a head."""
    exponents = torch.arange(0, config.head_size, 2).float() / config.head_size
    angles = torch.arange(config.context).float()[:, None] / config.rope_base ** exponents[None]
    angles = torch.cat([angles, angles], -1)
    return angles.cos(), angles.sin()


def rotate(x: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor) -> torch.Tensor:
    """Rotate the pairs (i, i + half) of every head."""
    half = x.shape[-1] // 2
    return x * cosines + torch.cat([-x[..., half:], x[..., :half]], -1) * sines


class KeyValueCache:
    """Keys and values of earlier tokens for one layer."""

    def __init__(self):
        self.keys: Optional[torch.Tensor] = None
        self.values: Optional[torch.Tensor] = None

    def extend(self, keys, values):
        """Append and return all keys and values."""
        if self.keys is not None:
            keys = torch.cat([self.keys, keys], 2)
            values = torch.cat([self.values, values], 2)
        self.keys, self.values = keys, values
        return keys, values


class Block(nn.Module):
    """One layer. Rows of `qkv` are q, k, v; rows of `gate_up` are gate, up."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        attention = config.heads * config.head_size
        self.attention_norm = RmsNorm(config.width, config.epsilon)
        self.feed_forward_norm = RmsNorm(config.width, config.epsilon)
        self.qkv = nn.Linear(config.width, attention + 2 * config.kv_heads * config.head_size,
                             bias=False)
        self.output = nn.Linear(attention, config.width, bias=False)
        self.gate_up = nn.Linear(config.width, 2 * config.feed_forward, bias=False)
        self.down = nn.Linear(config.feed_forward, config.width, bias=False)

    def _attend(self, x, rotation, mask, cache):
        config = self.config
        batch, length, _ = x.shape
        heads, kv_heads, size = config.heads, config.kv_heads, config.head_size
        group = heads // kv_heads
        projected = self.qkv(self.attention_norm(x))
        projected = projected.view(batch, length, heads + 2 * kv_heads, size).transpose(1, 2)
        rotated = rotate(projected[:, :heads + kv_heads], *rotation)
        query, key = rotated[:, :heads], rotated[:, heads:]
        value = projected[:, heads + kv_heads:]
        if cache is not None:
            key, value = cache.extend(key, value)
        total = key.shape[2]
        query = (query / math.sqrt(size)).reshape(batch * kv_heads, group * length, size)
        key = key.reshape(batch * kv_heads, total, size)
        value = value.reshape(batch * kv_heads, total, size)
        scores = torch.bmm(query, key.transpose(1, 2)).view(batch * kv_heads, group, length, total)
        if mask is not None:
            scores = scores + mask
        weights = torch.softmax(scores.float(), -1).to(value.dtype)
        mixed = torch.bmm(weights.view(batch * kv_heads, group * length, total), value)
        mixed = mixed.view(batch, heads, length, size).transpose(1, 2)
        return self.output(mixed.reshape(batch, length, heads * size))

    def forward(self, x, rotation, mask, cache=None):
        x = x + self._attend(x, rotation, mask, cache)
        return x + self.down(GatedUnit.apply(self.gate_up(self.feed_forward_norm(x))))


class Llama(nn.Module):
    """The whole model; the output matrix is the embedding matrix."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, config.width)
        self.blocks = nn.ModuleList([Block(config) for _ in range(config.layers)])
        self.final_norm = RmsNorm(config.width, config.epsilon)
        cosines, sines = rotary_tables(config)
        self.register_buffer("cosines", cosines, persistent=False)
        self.register_buffer("sines", sines, persistent=False)
        self._initialize()

    def _initialize(self) -> None:
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                continue
            deviation = 0.02 if "embedding" in name else 0.04
            if name.endswith(("output.weight", "down.weight")):
                deviation /= math.sqrt(2 * self.config.layers)
            nn.init.normal_(parameter, 0.0, deviation)

    def hidden(self, ids: torch.Tensor, past: int = 0, caches=None) -> torch.Tensor:
        """Normalized output of the last layer; `past` tokens are in the caches."""
        length = ids.shape[1]
        rotation = (self.cosines[past:past + length], self.sines[past:past + length])
        mask = None
        if length > 1:
            mask = torch.full((length, past + length), -1e4).triu(past + 1)
        x = self.embedding(ids)
        for index, block in enumerate(self.blocks):
            x = block(x, rotation, mask, None if caches is None else caches[index])
        return self.final_norm(x)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Scores of all tokens."""
        return F.linear(hidden, self.embedding.weight)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.logits(self.hidden(ids))


def load_model(path: Path) -> Llama:
    """Load a checkpoint of the default shape, ready for evaluation."""
    model = Llama(ModelConfig())
    model.load_state_dict(torch.load(path))
    return model.eval()
