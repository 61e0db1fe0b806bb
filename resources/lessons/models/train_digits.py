#!/usr/bin/env python3
"""Trains the image network of lesson 12 and writes digits.safetensors beside this script. numpy is all it needs; it takes
about a minute on one core. The same numpy on the same machine writes the same bytes; elsewhere sums may round otherwise.

  image [1, 16, 16], ink 0 ... 1
  conv0  8 kernels of 3 x 3, a rim of zeros, ReLU; maximum of 2 x 2   -> [8, 8, 8]
  conv1 16 kernels of 3 x 3, a rim of zeros, ReLU; maximum of 2 x 2   -> [16, 4, 4]
  head  10 x 256                                                      -> logits

Cross entropy, Adam (Kingma and Ba, 2015), rate falling as a cosine. Training images: seed 1; held out: seed 2.
"""
import json
import os
import struct

import numpy as np

from digits import CLASSES, SIDE, draw_digits

CHANNELS = [1, 8, 16]
TRAINING, HELD_OUT = 16000, 2000
EPOCHS, BATCH, RATE = 12, 50, 3e-3


def patches(x):
    """[n, c, h, w] -> [n, h, w, c * 9], zeros beyond the rim."""
    n, c, h, w = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n, h, w, c * 9)


def convolve(x, weight, bias):
    p = patches(x)
    return (p @ weight.reshape(len(weight), -1).T + bias).transpose(0, 3, 1, 2), p


def pool(x):
    n, c, h, w = x.shape
    cells = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, h // 2, w // 2, 4)
    return cells.max(axis=4), cells.argmax(axis=4)


def unpool(gradient, chosen):
    n, c, h, w = gradient.shape
    cells = np.zeros((n, c, h, w, 4), gradient.dtype)
    np.put_along_axis(cells, chosen[..., None], gradient[..., None], axis=4)
    return cells.reshape(n, c, h, w, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, c, 2 * h, 2 * w)


def unpatch(gradient, channels):
    """The transpose of patches()."""
    n, h, w, _ = gradient.shape
    g = gradient.reshape(n, h, w, channels, 3, 3)
    out = np.zeros((n, channels, h + 2, w + 2), gradient.dtype)
    for dy in range(3):
        for dx in range(3):
            out[:, :, dy:dy + h, dx:dx + w] += g[:, :, :, :, dy, dx].transpose(0, 3, 1, 2)
    return out[:, :, 1:-1, 1:-1]


def initial(rng):
    he = lambda shape, inputs: (rng.standard_normal(shape) * np.sqrt(2 / inputs)).astype(np.float32)
    weights = {}
    for k in range(2):
        weights[f"conv{k}.weight"] = he((CHANNELS[k + 1], CHANNELS[k], 3, 3), CHANNELS[k] * 9)
        weights[f"conv{k}.bias"] = np.zeros(CHANNELS[k + 1], np.float32)
    features = CHANNELS[2] * (SIDE // 4) ** 2
    weights["head.weight"] = he((CLASSES, features), features)
    weights["head.bias"] = np.zeros(CLASSES, np.float32)
    return weights


def forward(weights, images):
    x, tape = images, []
    for k in range(2):
        sums, p = convolve(x, weights[f"conv{k}.weight"], weights[f"conv{k}.bias"])
        x, chosen = pool(np.maximum(sums, 0))
        tape.append((p, chosen, x))
    flat = x.reshape(len(x), -1)
    return flat @ weights["head.weight"].T + weights["head.bias"], flat, tape


def gradients(weights, images, labels):
    logits, flat, tape = forward(weights, images)
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    g = e / e.sum(axis=1, keepdims=True)
    g[np.arange(len(labels)), labels] -= 1
    g /= len(labels)
    out = {"head.weight": g.T @ flat, "head.bias": g.sum(axis=0)}
    g = (g @ weights["head.weight"]).reshape(tape[1][2].shape)
    for k in (1, 0):
        p, chosen, x = tape[k]
        g = unpool(g * (x > 0), chosen).transpose(0, 2, 3, 1)  # ReLU: what the maximum passed on was above 0
        rows = g.reshape(-1, g.shape[3])
        kernel = weights[f"conv{k}.weight"]
        out[f"conv{k}.weight"] = (rows.T @ p.reshape(len(rows), -1)).reshape(kernel.shape)
        out[f"conv{k}.bias"] = rows.sum(axis=0)
        g = unpatch(g @ kernel.reshape(len(kernel), -1), CHANNELS[k]) if k else None
    return out


def images_of(seed, count):
    pixels, labels = draw_digits(seed, 0, count)
    return (pixels.astype(np.float32) / np.float32(255))[:, None], labels


def train():
    rng = np.random.default_rng(0)
    weights = initial(rng)
    images, labels = images_of(1, TRAINING)
    held_out, truth = images_of(2, HELD_OUT)
    first = {k: np.zeros_like(w) for k, w in weights.items()}
    second = {k: np.zeros_like(w) for k, w in weights.items()}
    step, steps = 0, EPOCHS * TRAINING // BATCH
    for epoch in range(EPOCHS):
        order = rng.permutation(TRAINING)
        for at in range(0, TRAINING, BATCH):
            rows = order[at:at + BATCH]
            rate = RATE * 0.5 * (1 + np.cos(np.pi * step / steps))
            step += 1
            for k, g in gradients(weights, images[rows], labels[rows]).items():
                first[k] += 0.1 * (g - first[k])
                second[k] += 0.01 * (g * g - second[k])
                unbiased = first[k] / (1 - 0.9**step)
                weights[k] -= (rate * unbiased / (np.sqrt(second[k] / (1 - 0.99**step)) + 1e-8)).astype(np.float32)
        right = (forward(weights, held_out)[0].argmax(axis=1) == truth).mean()
        print(f"epoch {epoch + 1}: held out {right:.2%}", flush=True)
    return weights


def write_safetensors(path, tensors):
    header, data = {"__metadata__": {"made_by": "resources/lessons/models/train_digits.py", "licence": "CC0-1.0"}}, b""
    for name, values in tensors.items():
        raw = values.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


if __name__ == "__main__":
    write_safetensors(os.path.join(os.path.dirname(os.path.abspath(__file__)), "digits.safetensors"), train())
