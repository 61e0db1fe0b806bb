# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a checkpoint as a GGUF file, as trained or with outlier channels.

    python3 export.py --checkpoint work/model.pt --output ../demo-smooth.gguf
    python3 export.py --checkpoint work/model.pt --sigma 0.65 --seed 0 --output ../demo.gguf
"""

import argparse
from pathlib import Path
from typing import Any

import numpy

import gguf
from common import MODELS_DIR
from model import ModelConfig
from rescale import rescale
from tokenizer import BEGIN_ID, END_ID, ROLES, UNKNOWN_ID, Tokenizer
from weights import load_weights, to_gguf_tensors

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] + "
    "eos_token + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}"
    "{% endif %}")
FILE_TYPE_BF16 = 32
SMOOTH = "The weights are as trained."
RESCALED = (
    "The weights were rescaled after training: channels got log-normal factors (sigma {sigma:g}, "
    "seed {seed}) that cancel out, so that the model has outliers like large models. "
    "demo-smooth.gguf holds the same function as trained.")

# Kinds of tokens in a GGUF vocabulary.
NORMAL_TOKEN, UNKNOWN_TOKEN, CONTROL_TOKEN, USER_DEFINED_TOKEN, BYTE_TOKEN = 1, 2, 3, 4, 6


def token_kind(tokenizer: Tokenizer, token: int) -> int:
    """The kind of a token for the vocabulary in the file."""
    pieces = tokenizer.pieces
    if pieces.is_unknown(token):
        return UNKNOWN_TOKEN
    if pieces.is_control(token):
        return CONTROL_TOKEN
    if pieces.is_byte(token):
        return BYTE_TOKEN
    return USER_DEFINED_TOKEN if pieces.id_to_piece(token) in ROLES else NORMAL_TOKEN


def general_metadata(description: str, name: str) -> list[tuple[str, int, Any]]:
    """What the model is and who made it."""
    return [
        ("general.architecture", gguf.STRING, "llama"),
        ("general.type", gguf.STRING, "model"),
        ("general.name", gguf.STRING, name),
        ("general.author", gguf.STRING, "The Quantscope authors"),
        ("general.description", gguf.STRING, description),
        ("general.license", gguf.STRING, "cc0-1.0"),
        ("general.size_label", gguf.STRING, "5.2M"),
        ("general.languages", gguf.ARRAY, (gguf.STRING, ["en"])),
        ("general.alignment", gguf.UINT32, gguf.ALIGNMENT),
        ("general.file_type", gguf.UINT32, FILE_TYPE_BF16),
    ]


def shape_metadata(config: ModelConfig) -> list[tuple[str, int, Any]]:
    """The hyperparameters of the architecture."""
    return [
        ("llama.context_length", gguf.UINT32, config.context),
        ("llama.embedding_length", gguf.UINT32, config.width),
        ("llama.block_count", gguf.UINT32, config.layers),
        ("llama.feed_forward_length", gguf.UINT32, config.feed_forward),
        ("llama.attention.head_count", gguf.UINT32, config.heads),
        ("llama.attention.head_count_kv", gguf.UINT32, config.kv_heads),
        ("llama.attention.layer_norm_rms_epsilon", gguf.FLOAT32, config.epsilon),
        ("llama.rope.dimension_count", gguf.UINT32, config.head_size),
        ("llama.rope.freq_base", gguf.FLOAT32, config.rope_base),
        ("llama.vocab_size", gguf.UINT32, config.vocabulary),
    ]


def tokenizer_metadata(tokenizer: Tokenizer) -> list[tuple[str, int, Any]]:
    """The vocabulary and the chat template."""
    pieces, count = tokenizer.pieces, tokenizer.pieces.get_piece_size()
    kinds = [token_kind(tokenizer, i) for i in range(count)]
    return [
        ("tokenizer.ggml.model", gguf.STRING, "llama"),
        ("tokenizer.ggml.pre", gguf.STRING, "default"),
        ("tokenizer.ggml.tokens", gguf.ARRAY,
         (gguf.STRING, [pieces.id_to_piece(i) for i in range(count)])),
        ("tokenizer.ggml.scores", gguf.ARRAY,
         (gguf.FLOAT32, [pieces.get_score(i) for i in range(count)])),
        ("tokenizer.ggml.token_type", gguf.ARRAY, (gguf.INT32, kinds)),
        ("tokenizer.ggml.bos_token_id", gguf.UINT32, BEGIN_ID),
        ("tokenizer.ggml.eos_token_id", gguf.UINT32, END_ID),
        ("tokenizer.ggml.unknown_token_id", gguf.UINT32, UNKNOWN_ID),
        ("tokenizer.ggml.add_bos_token", gguf.BOOL, True),
        ("tokenizer.ggml.add_eos_token", gguf.BOOL, False),
        ("tokenizer.ggml.add_space_prefix", gguf.BOOL, False),
        ("tokenizer.chat_template", gguf.STRING, CHAT_TEMPLATE),
    ]


def export(checkpoint: Path, tokenizer_path: Path, output: Path, sigma: float, seed: int) -> None:
    """Write matrices as BF16 and norms as F32."""
    config, weights = ModelConfig(), load_weights(checkpoint)
    name, description = "Nibble (as trained)", SMOOTH
    if sigma:
        weights = rescale(weights, sigma, seed, config)
        name, description = "Nibble", RESCALED.format(sigma=sigma, seed=seed)
    metadata = (general_metadata("Tiny built-in chat model of Quantscope. " + description, name)
                + shape_metadata(config) + tokenizer_metadata(Tokenizer(tokenizer_path)))
    tensors: list[tuple[str, numpy.ndarray, int]] = []
    for tensor_name, tensor in to_gguf_tensors(weights, config).items():
        kind = gguf.BF16 if tensor.dim() == 2 else gguf.F32
        tensors.append((tensor_name, tensor.float().numpy(), kind))
    gguf.write(output, metadata, tensors)


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, default=MODELS_DIR / "tokenizer.model")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--sigma", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    export(arguments.checkpoint, arguments.tokenizer, arguments.output, arguments.sigma,
           arguments.seed)


if __name__ == "__main__":
    main()
