"""The built-in model in numpy, float64: what enters its layers and what comes out, for methods_check.py. Written from the Llama
architecture and the model's metadata; the program is asked for tokens and nothing else."""
import json
import pathlib
import subprocess
import sys

import numpy as np

MODELS = pathlib.Path(__file__).resolve().parents[2] / "resources/models"
sys.path.insert(0, str(MODELS / "training"))
import gguf

TEXTS = MODELS / "calibration"


def tokens_of(program, text, *options):
    """[BOS, tokens …] of one document."""
    answer = subprocess.run([program, "tokenize", "demo", text, *options, "--json"], capture_output=True, text=True, check=True)
    return [1, *json.loads(answer.stdout)["tokens"]]


def conversation(messages):
    """A chat as the template of the model writes it."""
    return "".join(f"<|{one['role']}|>\n{one['content']}</s>\n" for one in messages)


def documents(program, text):
    """Token lists of a built-in text, one after the other."""
    if text == "prose":
        yield tokens_of(program, (TEXTS / "prose.txt").read_text())
        return
    for line in (TEXTS / "conversations.jsonl").read_text().splitlines():
        yield tokens_of(program, conversation(json.loads(line)["messages"]), "--special")


def windows(program, text, tokens=4096, context=512):
    """[windows, context]: the documents joined and cut, each window beginning with BOS in place of its first token."""
    wanted, joined = tokens // context * context, []
    for document in documents(program, text):
        joined += document
        if len(joined) >= wanted:
            break
    count = min(len(joined), wanted) // context
    cut = np.array(joined[:count * context]).reshape(count, context)
    cut[:, 0] = 1
    return cut


class DemoModel:
    """A Llama whose matrices may be replaced, product by product."""

    def __init__(self):
        self.weights = {name: values.astype(np.float64) for name, values in gguf.read_tensors(MODELS / "demo.gguf").items()}
        facts = gguf.read_metadata(MODELS / "demo.gguf")
        number = lambda key: facts["llama." + key]
        self.blocks, self.heads = number("block_count"), number("attention.head_count")
        self.kv_heads, self.size = number("attention.head_count_kv"), number("rope.dimension_count")
        self.epsilon, self.base = number("attention.layer_norm_rms_epsilon"), number("rope.freq_base")

    def normed(self, x, gain):
        return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.epsilon) * self.weights[gain]

    def turned(self, x):
        """Rotary positions: pairs of neighbours are complex numbers."""
        pairs = x[..., 0::2] + 1j * x[..., 1::2]
        rates = self.base ** (-np.arange(0, self.size, 2) / self.size)
        pairs = pairs * np.exp(1j * np.arange(x.shape[1])[:, None] * rates)[None, :, None, :]
        return np.stack([pairs.real, pairs.imag], -1).reshape(x.shape)

    def attention(self, query, key, value):
        share = self.heads // self.kv_heads
        mixed = np.empty_like(query)
        length = query.shape[1]
        future = np.arange(length)[:, None] < np.arange(length)
        for head in range(self.heads):
            scores = query[:, :, head] @ key[:, :, head // share].transpose(0, 2, 1) / np.sqrt(self.size)
            scores = np.exp(np.where(future, -np.inf, scores) - np.where(future, -np.inf, scores).max(-1, keepdims=True))
            mixed[:, :, head] = scores / scores.sum(-1, keepdims=True) @ value[:, :, head // share]
        return mixed.reshape(*mixed.shape[:2], -1)

    def logits(self, tokens, product=None, kept=lambda x: x):
        """[windows, tokens, vocabulary]. @param product (name, x [windows, tokens, in]) in place of x Wᵀ, or None for that
        @param kept what keys and values are stored as, [windows, tokens, heads, size]"""
        times = lambda name, x: product(name, x) if product else x @ self.weights[name].T
        split = lambda x, heads: x.reshape(*x.shape[:2], heads, self.size)
        x = self.weights["token_embd.weight"][tokens]
        for block in range(self.blocks):
            of = lambda name: f"blk.{block}.{name}.weight"
            h = self.normed(x, of("attn_norm"))
            query = self.turned(split(times(of("attn_q"), h), self.heads))
            key = kept(self.turned(split(times(of("attn_k"), h), self.kv_heads)))
            value = kept(split(times(of("attn_v"), h), self.kv_heads))
            x = x + times(of("attn_output"), self.attention(query, key, value))
            h = self.normed(x, of("ffn_norm"))
            gate, up = times(of("ffn_gate"), h), times(of("ffn_up"), h)
            x = x + times(of("ffn_down"), gate / (1 + np.exp(-gate)) * up)
        return self.normed(x, "output_norm.weight") @ self.weights["token_embd.weight"].T

    def inputs(self, tokens):
        """{matrix: [all tokens, in]}"""
        seen = {}

        def product(name, x):
            seen[name] = x.reshape(-1, x.shape[-1])
            return x @ self.weights[name].T

        self.logits(tokens, product)
        return seen
