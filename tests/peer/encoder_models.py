#!/usr/bin/python3
"""Small random encoders, as GGUF files and as Hugging Face folders, and what llama.cpp makes of them.

    encoder_models.py OUT [NAME …]                              # OUT/NAME.gguf and OUT/NAME-folder/, with tokenizers
    encoder_models.py --goldens NODE_MODULES OUT                # the small ones, and llama.cpp's rows: OUT/NAME.rows
    encoder_models.py --compare NODE_MODULES CLI [NAME …]       # 1 − cosine to llama.cpp's rows, pooled
    encoder_models.py --convert NODE_MODULES CLI [NAME …]       # the same of files that were written of folders, and back

Names and shapes of GGUF are those that llama.cpp loads, of folders those of transformers' BertModel and RobertaModel. llama.cpp
computes GELU by a table in FP16 of the form with tanh, the models themselves by the error function: that is what is left between
the two (--compare says how much of it the same in float64 leaves).
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

import architecture_models as models
from architecture_models import Model

LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = ["the", "cat", "dog", "sat", "on", "mat", "a", "bank", "river", "money"]
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *LETTERS[1:], *["##" + letter for letter in LETTERS]]
TYPES = 2
NORMAL, CONTROL = np.int32(1), np.int32(3)  # tokenizer.ggml.token_type


def gguf_token(token):
    """Words begin with a mark there, what goes on has none."""
    return token if token.startswith("[") else token[2:] if token.startswith("##") else "\u2581" + token


def encoder(name, model_type, prefix, first_position, seed):
    model = Model("bert", model_type, seed=seed, kv_heads=models.HEADS, head=models.WIDTH // models.HEADS, epsilon=1e-12)
    vocabulary, width, context = len(TOKENS), model.width, models.CONTEXT
    model.name = name
    model.keys |= {"attention.layer_norm_rms_epsilon": None, "attention.layer_norm_epsilon": model.epsilon, "attention.causal": False, "pooling_type": 1,
                   "vocab_size": vocabulary, "rope.freq_base": None, "rope.dimension_count": None, "attention.key_length": None,
                   "attention.value_length": None, "attention.head_count_kv": None}
    model.config |= {"layer_norm_eps": model.epsilon, "type_vocab_size": TYPES, "hidden_act": "gelu", "position_embedding_type": "absolute",
                     "vocab_size": vocabulary, "max_position_embeddings": context + first_position, "pad_token_id": max(first_position - 1, 0),
                     "rms_norm_eps": None, "rope_theta": None, "head_dim": None, "num_key_value_heads": None,
                     "architectures": ["BertModel" if first_position == 0 else "XLMRobertaModel"]}
    model.tokenizer_keys = {"tokenizer.ggml.model": "bert", "tokenizer.ggml.tokens": [gguf_token(token) for token in TOKENS],
                            "tokenizer.ggml.token_type": [CONTROL if token.startswith("[") else NORMAL for token in TOKENS],
                            "tokenizer.ggml.token_type_count": TYPES, "tokenizer.ggml.cls_token_id": 2, "tokenizer.ggml.seperator_token_id": 3,
                            "tokenizer.ggml.unknown_token_id": 1, "tokenizer.ggml.padding_token_id": 0, "tokenizer.ggml.mask_token_id": 4}
    random = model.random

    def both(gguf, folder, rows, columns, gain=1.0):
        model.add(gguf + ".weight", folder + ".weight", model.matrix(rows, columns, gain))
        model.bias(gguf, folder, rows)

    def normed(gguf, folder):
        model.norm_weight(gguf + ".weight", folder + ".weight", width)
        model.bias(gguf, folder, width)

    model.add("token_embd.weight", prefix + "embeddings.word_embeddings.weight", random.standard_normal((vocabulary, width)))
    model.add("token_types.weight", prefix + "embeddings.token_type_embeddings.weight", 0.5 * random.standard_normal((TYPES, width)))
    positions = 0.5 * random.standard_normal((context + first_position, width))
    model.add("position_embd.weight", prefix + "embeddings.position_embeddings.weight", positions[first_position:], positions)
    normed("token_embd_norm", prefix + "embeddings.LayerNorm")
    for layer in range(model.layers):
        here, there = f"blk.{layer}.", f"{prefix}encoder.layer.{layer}."
        both(here + "attn_q", there + "attention.self.query", width, width, 1.5)
        both(here + "attn_k", there + "attention.self.key", width, width, 1.5)
        both(here + "attn_v", there + "attention.self.value", width, width)
        both(here + "attn_output", there + "attention.output.dense", width, width)
        normed(here + "attn_output_norm", there + "attention.output.LayerNorm")
        both(here + "ffn_up", there + "intermediate.dense", model.feed_forward, width)
        both(here + "ffn_down", there + "output.dense", width, model.feed_forward)
        normed(here + "layer_output_norm", there + "output.LayerNorm")
    model.add("", prefix + "pooler.dense.weight", model.matrix(width, width))
    model.add("", prefix + "pooler.dense.bias", random.standard_normal(width))
    return model.finish()


def bert():
    return encoder("bert", "bert", "", 0, 31)


def roberta():
    """Positions of the folder begin at 2, its names behind "roberta."."""
    return encoder("roberta", "xlm-roberta", "roberta.", 2, 32)


MODELS = {"bert": bert, "roberta": roberta}


def write(model, out):
    model.write_gguf(out / f"{model.name}.gguf")
    folder = out / f"{model.name}-folder"
    model.write_folder(folder)
    (folder / "1_Pooling").mkdir(exist_ok=True)
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": model.width, "pooling_mode_cls_token": False,
                                                                  "pooling_mode_mean_tokens": True}))
    special = lambda token: {"SpecialToken": {"id": token, "type_id": 0}}
    (folder / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "added_tokens": [{"id": i, "content": TOKENS[i], "special": True, "single_word": False, "lstrip": False, "rstrip": False,
                                            "normalized": False} for i in range(5)],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "post_processor": {"type": "TemplateProcessing", "single": [special("[CLS]"), {"Sequence": {"id": "A", "type_id": 0}}, special("[SEP]")],
                           "pair": [], "special_tokens": {token: {"id": token, "ids": [i], "tokens": [token]} for i, token in ((2, "[CLS]"), (3, "[SEP]"))}},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                  "vocab": {token: i for i, token in enumerate(TOKENS)}}}))


def tokens_of(count):
    return [2, *(int(token) for token in np.random.default_rng(7).integers(5, len(TOKENS), count - 2)), 3]


def in_float64(model, tokens, gelu):
    weights = {gguf: values.astype(np.float64) for gguf, _, values, _ in model.tensors if gguf}

    def norm(x, name):
        x = x - x.mean(axis=1, keepdims=True)
        return x / np.sqrt((x * x).mean(axis=1, keepdims=True) + model.epsilon) * weights[name + ".weight"] + weights[name + ".bias"]

    def linear(x, name):
        return x @ weights[name + ".weight"].T + weights[name + ".bias"]

    x = weights["token_embd.weight"][tokens] + weights["token_types.weight"][0] + weights["position_embd.weight"][:len(tokens)]
    x = norm(x, "token_embd_norm")
    for layer in range(model.layers):
        here = f"blk.{layer}."
        split = lambda name: linear(x, here + name).reshape(len(tokens), model.heads, model.head).swapaxes(0, 1)
        scores = split("attn_q") @ split("attn_k").swapaxes(1, 2) / math.sqrt(model.head)
        shares = np.exp(scores - scores.max(axis=2, keepdims=True))
        attended = (shares / shares.sum(axis=2, keepdims=True)) @ split("attn_v")
        x = norm(x + linear(attended.swapaxes(0, 1).reshape(len(tokens), -1), here + "attn_output"), here + "attn_output_norm")
        x = norm(x + linear(gelu(linear(x, here + "ffn_up")), here + "ffn_down"), here + "layer_output_norm")
    return x


def by_erf(x):
    return x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def by_tanh(x):
    return x / 2 * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def distance(theirs, rows):
    """The greatest 1 − cosine of a token."""
    a, b = theirs.astype(np.float64), rows.astype(np.float64)
    return float((1 - (a * b).sum(axis=1) / np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))).max())


def goldens(node_modules, out):
    from llama_logits import LlamaLogits
    models.use_small_sizes()
    peer = LlamaLogits(node_modules)
    tokens = tokens_of(28)
    (out / "tokens.json").write_text(json.dumps(tokens))
    for make in MODELS.values():
        model = make()
        write(model, out)
        (out / f"{model.name}.rows").write_bytes(in_float64(model, tokens, by_erf).astype("<f4").tobytes())
        with peer.open(out / f"{model.name}.gguf", context=64, is_encoder=True) as opened:
            theirs = opened.rows(tokens)
        (out / f"{model.name}.llama_rows").write_bytes(theirs.astype("<f4").tobytes())
        print(model.name, "llama.cpp to float64 by tanh", distance(theirs, in_float64(model, tokens, by_tanh)),
              "by erf", distance(theirs, in_float64(model, tokens, by_erf)))


def compare(node_modules, cli, names):
    from llama_logits import LlamaLogits
    peer = LlamaLogits(node_modules)
    words = [int(word) for word in np.random.default_rng(7).integers(0, len(WORDS), 78)]
    text, tokens = " ".join(WORDS[word] for word in words), [2, *(5 + word for word in words), 3]
    pooled = lambda rows: rows.astype(np.float64).mean(axis=0, keepdims=True)
    print("| encoder | GGUF, cpu | GGUF, vulkan | folder, cpu | folder, vulkan | llama.cpp, float64 by erf | by tanh |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        out = pathlib.Path(scratch)
        for name in names or MODELS:
            model = MODELS[name]()
            write(model, out)
            with peer.open(out / f"{name}.gguf", context=128, is_encoder=True) as opened:
                theirs = pooled(opened.rows(tokens))
            cells = []
            for path in (out / f"{name}.gguf", out / f"{name}-folder"):
                for device in ("cpu", "vulkan"):
                    rows = embedded(cli, path, text, out / "rows.npy", device)
                    cells.append(rows if isinstance(rows, str) else f"{distance(theirs, rows):.1e}")
            for gelu in (by_erf, by_tanh):
                cells.append(f"{distance(theirs, pooled(in_float64(model, tokens, gelu))):.1e}")
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def embedded(cli, path, text, file, device="cpu"):
    run = subprocess.run([cli, "embed", path, "--text", text, "--device", device, "-o", file], capture_output=True, text=True)
    return np.load(file)[0] if run.returncode == 0 else run.stderr.strip()


def convert(node_modules, cli, names):
    from llama_logits import LlamaLogits
    peer = LlamaLogits(node_modules)
    words = [int(word) for word in np.random.default_rng(7).integers(0, len(WORDS), 78)]
    text, tokens = " ".join(WORDS[word] for word in words), [2, *(5 + word for word in words), 3]
    print("| encoder | folder → GGUF, llama.cpp: rows | its tokens | GGUF → folder, ours: embedding |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        out = pathlib.Path(scratch)
        for name in names or MODELS:
            write(MODELS[name](), out)
            for source, target in ((f"{name}-folder", ["-o", out / "made.gguf"]), (f"{name}.gguf", ["--layout", "plain", "-o", out / f"{name}-made"])):
                subprocess.run([cli, "quantize", out / source, "--scheme", "fp32", *target], check=True, capture_output=True)
            with peer.open(out / f"{name}.gguf", context=128, is_encoder=True) as opened:
                theirs = opened.rows(tokens)
            with peer.open(out / "made.gguf", context=128, is_encoder=True) as opened:
                made, found = opened.rows(tokens), opened.tokens(text)
            before, after = embedded(cli, out / f"{name}.gguf", text, out / "rows.npy"), embedded(cli, out / f"{name}-made", text, out / "rows.npy")
            (out / "made.gguf").unlink()
            print(f"| {name} | {distance(theirs, made):.1e} | {'the same' if found == tokens else found} | {distance(before, after):.1e} |", flush=True)


def main():
    if sys.argv[1] == "--goldens":
        return goldens(sys.argv[2], pathlib.Path(sys.argv[3]))
    if sys.argv[1] == "--compare":
        return compare(sys.argv[2], sys.argv[3], sys.argv[4:])
    if sys.argv[1] == "--convert":
        return convert(sys.argv[2], sys.argv[3], sys.argv[4:])
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or MODELS:
        write(MODELS[name](), out)


if __name__ == "__main__":
    main()
