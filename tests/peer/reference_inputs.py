#!/usr/bin/env python3
"""Independent restatement in numpy (float64) of what enters the demo model's layers and of what rounding it costs: the figures of
lesson 9 that tests/app/tst_lesson_facts and tst_lessons compare with. Prints one a line, named as the lesson's facts are.
Usage: reference_inputs.py QUANTSCOPE_CLI   (needs numpy; takes two minutes; the program is asked for tokens and nothing else)

Both built-in texts are read as calibration reads them: 4096 tokens in windows of 512, each of which begins with BOS.
"""
import json
import pathlib
import subprocess
import sys

import numpy as np

RESOURCES = pathlib.Path(__file__).resolve().parents[2] / "resources"
MODELS, QUESTIONS = RESOURCES / "models", RESOURCES / "lessons/models/questions.json"
sys.path.insert(0, str(MODELS / "training"))
import gguf

BEGIN, END = 1, 2
WINDOW, WINDOWS = 512, 8
BLOCKS, HEADS, KV_HEADS, HEAD_SIZE = 6, 8, 4, 32
DOWN, QUERY = "blk.1.ffn_down.weight", "blk.1.attn_q.weight"

WEIGHTS = {name: values.astype(np.float64) for name, values in gguf.read_tensors(MODELS / "demo.gguf").items()}
EPSILON = float(gguf.read_metadata(MODELS / "demo.gguf")["llama.attention.layer_norm_rms_epsilon"])


def tokens_of(text, *options):
    """Tokens of a text, after BOS."""
    command = [sys.argv[1], "tokenize", "demo", text, *options, "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [BEGIN] + json.loads(answer)["tokens"]


def chat(messages):
    """A conversation as the model's chat template writes it."""
    return "".join(f"<|{message['role']}|>\n{message['content']}</s>\n" for message in messages)


def windows(text):
    """[windows, tokens] of a built-in text."""
    tokens = []
    if text == "prose":
        tokens = tokens_of((MODELS / "calibration/prose.txt").read_text())
    else:
        for line in (MODELS / "calibration/conversations.jsonl").read_text().splitlines():
            tokens += tokens_of(chat(json.loads(line)["messages"]), "--special")
            if len(tokens) >= WINDOW * WINDOWS:
                break
    cut = np.array(tokens[:WINDOW * WINDOWS]).reshape(WINDOWS, WINDOW)
    cut[:, 0] = BEGIN
    return cut


def norm(x, gains):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON) * gains


def rotate(x):
    """Rotary positions of [windows, tokens, heads, values]; neighbours are a pair."""
    frequencies = 10000.0 ** (-np.arange(HEAD_SIZE // 2) * 2 / HEAD_SIZE)
    angles = np.arange(x.shape[1])[:, None] * frequencies
    cos, sin = np.cos(angles)[None, :, None], np.sin(angles)[None, :, None]
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = np.empty_like(x)
    turned[..., 0::2] = even * cos - odd * sin
    turned[..., 1::2] = even * sin + odd * cos
    return turned


def attend(queries, keys, values):
    """Causal attention of [windows, tokens, heads, values]."""
    keys = np.repeat(keys, HEADS // KV_HEADS, 2)
    values = np.repeat(values, HEADS // KV_HEADS, 2)
    scores = np.einsum("bihd,bjhd->bhij", queries, keys) / np.sqrt(HEAD_SIZE)
    scores += np.triu(np.full(scores.shape[-2:], -np.inf), 1)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    mixed = np.einsum("bhij,bjhd->bihd", shares, values)
    return mixed.reshape(*mixed.shape[:2], HEADS * HEAD_SIZE)


def run(tokens, product, cache=np.float64):
    """Logits [windows, tokens, vocabulary]; every product of a matrix with its inputs is left to product(name, x). Keys and values
    are kept as the type `cache`."""
    x = WEIGHTS["token_embd.weight"][tokens]
    heads = (*tokens.shape, HEADS, HEAD_SIZE)
    kv_heads = (*tokens.shape, KV_HEADS, HEAD_SIZE)
    for block in range(BLOCKS):
        name = f"blk.{block}."
        h = norm(x, WEIGHTS[name + "attn_norm.weight"])
        queries = rotate(product(name + "attn_q.weight", h).reshape(heads))
        keys = rotate(product(name + "attn_k.weight", h).reshape(kv_heads))
        values = product(name + "attn_v.weight", h).reshape(kv_heads)
        mixed = attend(queries, keys.astype(cache).astype(np.float64), values.astype(cache).astype(np.float64))
        x = x + product(name + "attn_output.weight", mixed)
        h = norm(x, WEIGHTS[name + "ffn_norm.weight"])
        gate = product(name + "ffn_gate.weight", h)
        up = product(name + "ffn_up.weight", h)
        x = x + product(name + "ffn_down.weight", gate / (1 + np.exp(-gate)) * up)
    return norm(x, WEIGHTS["output_norm.weight"]) @ WEIGHTS["token_embd.weight"].T


def inputs_of(tokens):
    """{layer: [tokens, columns]}: what every matrix is multiplied with."""
    seen = {}

    def product(name, x):
        seen[name] = x.reshape(-1, x.shape[-1])
        return x @ WEIGHTS[name].T

    run(tokens, product)
    return seen


def rounded_rows(x):
    """Each row in INT8 under its own scale."""
    scales = np.abs(x).max(1, keepdims=True) / 127
    return np.round(x / scales) * scales


def rounded_in_range(x, low, high):
    """All of it in INT8 from low to high. Returns also where an input is clipped."""
    scale = (high - low) / 255
    zero = np.round(-128 - low / scale)
    codes = np.clip(np.round(x / scale) + zero, -128, 127)
    return (codes - zero) * scale, (x < (-128.5 - zero) * scale) | (x > (127.5 - zero) * scale)


def llm_int8(x, weight, threshold):
    """Outputs: columns with an outlier in FP16, the others in INT8, each token under the largest of those."""
    is_outlier = np.abs(x).max(0) >= threshold
    rounded = rounded_rows(weight)
    outliers = x[:, is_outlier].astype(np.float16).astype(np.float64)
    kept = rounded[:, is_outlier].astype(np.float16).astype(np.float64)
    usual = rounded_rows(np.where(np.abs(x) >= threshold, 0, x))[:, ~is_outlier]
    return usual @ rounded[:, ~is_outlier].T + outliers @ kept.T


def error(outputs, exact):
    return 100 * np.linalg.norm(outputs - exact) / np.linalg.norm(exact)


def smoothing(x, weight, alpha):
    return np.abs(x).max(0) ** alpha / np.abs(weight).max(0) ** (1 - alpha)


def ratio(maxima):
    return maxima.max() / np.median(maxima)


def show(name, figure):
    print(f"{name:48} {figure:.9g}", flush=True)


def columns_and_tokens(x, weight):
    columns, tokens = np.abs(x).max(0), np.abs(x).max(1)
    show("input_columns", columns.size)
    show("largest_input", columns.max())
    show("lowest_input", x.min())
    show("highest_input", x.max())
    show("usual_column", np.median(columns))
    show("column_ratio", ratio(columns))
    show("weight_column_ratio", ratio(np.abs(weight).max(0)))
    show("token_largest, token 100", tokens[100])
    show("token_scale, token 100", tokens[100] / 127)
    show("token_largest", np.median(tokens))


def ranges(x, prose):
    scale = (x.max() - x.min()) / 255
    clipped = rounded_in_range(x, prose.min(), prose.max())[1].any(1)
    show("static_scale", scale)
    show("static_scale, prose", (prose.max() - prose.min()) / 255)
    show("static_over_dynamic", scale / (np.median(np.abs(x).max(1)) / 127))
    show("tokens_clipped", 100 * rounded_in_range(x, x.min(), x.max())[1].any(1).mean())
    show("tokens_clipped, prose", 100 * clipped.mean())


def products(x, prose, weight):
    exact, rounded = x @ weight.T, rounded_rows(weight)
    show("layer_error int8", error(x @ rounded.T, exact))
    show("layer_error int8_dynamic", error(rounded_rows(x) @ rounded.T, exact))
    show("layer_error int8_static", error(rounded_in_range(x, x.min(), x.max())[0] @ rounded.T, exact))
    show("layer_error int8_static, prose", error(rounded_in_range(x, prose.min(), prose.max())[0] @ rounded.T, exact))


def smoothed(x, weight):
    worst = np.abs(x).max(0).argmax()
    show("worst_column_weight", np.abs(weight).max(0)[worst])
    for alpha in (0.5, 0.8, 1):
        scales = smoothing(x, weight, alpha)
        show(f"smoothing_factor, alpha {alpha}", scales[worst])
        show(f"smoothed_input_ratio, alpha {alpha}", ratio(np.abs(x / scales).max(0)))
        show(f"smoothed_weight_ratio, alpha {alpha}", ratio(np.abs(weight * scales).max(0)))
    for tenths in range(11):
        scales = smoothing(x, weight, tenths / 10)
        outputs = rounded_rows(x / scales) @ rounded_rows(weight * scales).T
        show(f"layer_error smooth, alpha {tenths / 10}", error(outputs, x @ weight.T))


def outliers(x, weight):
    columns = np.abs(x).max(0)
    tenth = int(np.ceil(columns.size / 10))
    exact = x @ weight.T
    show("outlier_columns, threshold 6", (columns >= 6).sum())
    show("outlier_columns, threshold 3", (columns >= 3).sum())
    show("threshold_for_share, share 10", np.sort(columns)[-tenth])
    show("layer_error int8, attn_q", error(x @ rounded_rows(weight).T, exact))
    show("layer_error llm_int8, threshold 0", error(llm_int8(x, weight, np.inf), exact))
    show("layer_error llm_int8", error(llm_int8(x, weight, 6), exact))


def exchanges():
    """Tokens of every question with its answer, and where the answer begins."""
    for question, answer in json.loads(QUESTIONS.read_text()):
        asked = {"role": "user", "content": question}
        prompt = tokens_of(chat([asked]) + "<|assistant|>\n", "--special")
        tokens = tokens_of(chat([asked, {"role": "assistant", "content": answer}]), "--special")
        assert tokens[:len(prompt)] == prompt
        yield tokens[:tokens.index(END, len(prompt)) + 1], len(prompt)


def log_shares(logits):
    logits = logits - logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def chat_kl(texts, product):
    """Mean KL divergence of the next token in the answers, nats, and the share of answers that stay word for word, percent."""
    divergences, exact = [], 0
    for tokens, answer in texts:
        read = np.array([tokens[:-1]])
        expected = run(read, lambda name, x: x @ WEIGHTS[name].T, np.float16)[0, answer - 1:]
        seen = run(read, lambda name, x: product(name, x[0], answer - 1)[None], np.float16)[0, answer - 1:]
        expected, seen = log_shares(expected), log_shares(seen)
        divergences += list((np.exp(expected) * (expected - seen)).sum(-1))
        exact += (seen.argmax(-1) == tokens[answer:]).all()
    return np.mean(divergences), 100 * exact / len(texts)


def answers(inputs):
    """The whole model under each scheme; embedding, output and norms stay as they are."""
    texts = list(exchanges())
    rounded = {name: rounded_rows(WEIGHTS[name]) for name in inputs}
    scales = {name: smoothing(x, WEIGHTS[name], 0.5) for name, x in inputs.items()}
    smooth = {name: rounded_rows(WEIGHTS[name] * scales[name]) for name in inputs}

    def static(percent):
        limits = {name: np.percentile(x, [100 - percent, percent]) for name, x in inputs.items()}
        return lambda name, x, _: rounded_in_range(x, *limits[name])[0] @ rounded[name].T

    def llm(name, x, first):  # context and answer are read one after the other
        parts = [llm_int8(part, WEIGHTS[name], 6) for part in (x[:first], x[first:])]
        return np.concatenate(parts)

    schemes = {
        "int8": lambda name, x, _: x @ rounded[name].T,
        "int8_dynamic": lambda name, x, _: rounded_rows(x) @ rounded[name].T,
        "int8_static": static(100),
        "int8_static, percentile 99.99": static(99.99),
        "int8_static, percentile 99": static(99),
        "smooth, int8_dynamic": lambda name, x, _: rounded_rows(x / scales[name]) @ smooth[name].T,
        "llm_int8": llm,
    }
    for scheme, product in schemes.items():
        kl, exact = chat_kl(texts, product)
        show(f"chat_kl {scheme}", kl)
        show(f"chat_exact_answers {scheme}", exact)


def main():
    demo = inputs_of(windows("demo"))
    prose = inputs_of(windows("prose"))[DOWN]
    columns_and_tokens(demo[DOWN], WEIGHTS[DOWN])
    ranges(demo[DOWN], prose)
    products(demo[DOWN], prose, WEIGHTS[DOWN])
    smoothed(demo[DOWN], WEIGHTS[DOWN])
    outliers(demo[QUERY], WEIGHTS[QUERY])
    answers(demo)


main()
