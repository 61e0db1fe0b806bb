"""A Llama in PyTorch, any float type, that autograd can go backward through: the oracle of reverse passes and traces. Written from
the architecture (RMS norm, rotary positions, grouped queries, SiLU-gated feed-forward) and the metadata of GGUF files."""
import pathlib
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "resources/models/training"))
import gguf

ADJACENT, HALVES = "adjacent", "halves"


class Shape:
    """What the metadata of a GGUF file of architecture llama say of the model."""

    def __init__(self, metadata):
        number = lambda key, default=None: metadata.get("llama." + key, default)
        self.layers, self.width = number("block_count"), number("embedding_length")
        self.heads = number("attention.head_count")
        self.kv_heads = number("attention.head_count_kv", self.heads)
        self.key_size = number("attention.key_length", self.width // self.heads)
        self.value_size = number("attention.value_length", self.key_size)
        self.rotated = number("rope.dimension_count", self.key_size)
        self.base, self.epsilon = number("rope.freq_base", 10000.0), number("attention.layer_norm_rms_epsilon", 1e-5)
        self.window = number("attention.sliding_window", 0)
        self.pairing = ADJACENT


def normed(x, gain, epsilon):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon) * gain


def turned(x, shape):
    """x [tokens, heads, size]: the pairs of every head's first `rotated` elements, turned by position · frequency."""
    pairs = shape.rotated // 2
    frequency = shape.base ** (-2 * torch.arange(pairs, dtype=torch.float64) / shape.rotated)
    angle = torch.arange(len(x), dtype=torch.float64)[:, None] * frequency
    cos, sin = angle.cos().to(x.dtype)[:, None], angle.sin().to(x.dtype)[:, None]
    inside, rest = x[..., :shape.rotated], x[..., shape.rotated:]
    if shape.pairing == ADJACENT:
        a, b = inside[..., 0::2], inside[..., 1::2]
        rotated = torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2)
    else:
        a, b = inside[..., :pairs], inside[..., pairs:]
        rotated = torch.cat([a * cos - b * sin, a * sin + b * cos], -1)
    return torch.cat([rotated, rest], -1)


def hidden_from(tokens, window):
    """[queries, keys]: the future, and what a sliding window has left behind."""
    distance = torch.arange(tokens)[:, None] - torch.arange(tokens)
    return (distance < 0) | (distance >= window) if window else distance < 0


def attention(query, key, value, shape):
    """[tokens, heads · value size]"""
    share = shape.heads // shape.kv_heads
    key, value = key.repeat_interleave(share, 1), value.repeat_interleave(share, 1)
    scores = torch.einsum("thd,shd->hts", query, key) / shape.key_size ** 0.5
    scores = scores.masked_fill(hidden_from(len(query), shape.window), float("-inf"))
    return torch.einsum("hts,shd->thd", scores.softmax(-1), value).flatten(1)


def forward(shape, weights, tokens, seen=lambda name, value: value, kept=lambda x: x):
    """Logits [tokens, vocabulary].
    @param weights {GGUF name: tensor}; an output matrix that is missing is the embedding, biases that are missing are none
    @param seen (name, value) → value: may look at every value of the graph, or replace it; names are those of the weights
           without their ending (what the product gives), and x before a product under the weight's full name
    @param kept what keys and values [tokens, heads, size] are stored as"""

    def product(name, x):
        y = seen(name + ".weight", x) @ weights[name + ".weight"].T
        if name + ".bias" in weights:
            y = y + weights[name + ".bias"]
        return seen(name, y)

    def norm(name, x):
        return normed(x, weights[name + ".weight"], shape.epsilon)

    x = seen("token_embd", weights["token_embd.weight"][tokens])
    for layer in range(shape.layers):
        of = f"blk.{layer}.".__add__
        h = norm(of("attn_norm"), x)
        query = turned(product(of("attn_q"), h).view(len(tokens), shape.heads, shape.key_size), shape)
        key = turned(product(of("attn_k"), h).view(len(tokens), shape.kv_heads, shape.key_size), shape)
        value = product(of("attn_v"), h).view(len(tokens), shape.kv_heads, shape.value_size)
        heads = attention(query, kept(key), kept(value), shape)
        x = seen(of("attn_residual"), x + product(of("attn_output"), heads))
        h = norm(of("ffn_norm"), x)
        gate, up = product(of("ffn_gate"), h), product(of("ffn_up"), h)
        x = seen(of("ffn_residual"), x + product(of("ffn_down"), torch.nn.functional.silu(gate) * up))
    head = "output.weight" if "output.weight" in weights else "token_embd.weight"
    return seen("logits", norm("output_norm", x) @ weights[head].T)


def residuals(layers):
    """Names of the residual stream after the embedding and after every half-layer, in order."""
    return ["token_embd", *(f"blk.{layer}.{half}_residual" for layer in range(layers) for half in ("attn", "ffn"))]


def simpson(points):
    """Nodes in [0, 1] and weights of the composite Simpson rule with an odd number of points; one point is the middle."""
    if points == 1:
        return [0.5], [1.0]
    weights = [1.0] + [4.0 if i % 2 else 2.0 for i in range(1, points - 1)] + [1.0]
    return [i / (points - 1) for i in range(points)], [w / (3 * (points - 1)) for w in weights]


def gradients(shape, weights, tokens, objective, values=()):
    """(objective, {weight: gradient}, {value: gradient}). @param objective logits → number @param values names of residuals"""
    leaves = {name: weight.detach().clone().requires_grad_(True) for name, weight in weights.items()}
    held = {}

    def seen(name, value):
        if name in values:
            value.retain_grad()
            held[name] = value
        return value

    result = objective(forward(shape, leaves, tokens, seen))
    result.backward()
    return (float(result), {name: leaf.grad for name, leaf in leaves.items()}, {name: held[name].grad for name in values})


def integrated(shape, compared, reference, tokens, objective, points):
    """{weight: (reference − compared) · ∫ gradient} along the line from the compared to the reference weights."""
    total = {name: torch.zeros_like(weight) for name, weight in compared.items()}
    for at, share in zip(*simpson(points)):
        between = {name: torch.lerp(compared[name], reference[name], at) for name in compared}
        for name, gradient in gradients(shape, between, tokens, objective)[1].items():
            total[name] += share * gradient
    return {name: total[name] * (reference[name] - compared[name]) for name in compared}
