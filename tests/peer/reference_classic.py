#!/usr/bin/env python3
"""Independent restatement in numpy of core/classic: writes what tests/core/tst_classic compares with.
Usage: reference_classic.py OUT_DIR  (needs numpy; takes some seconds)

classic.json   layers: small inputs and what convolution, pooling and product make of them, in integers and float32;
               digits, houses, fruit: the first rows and a SHA-256 of many;
               regression, tree: parameters, codes and predictions as fitted and in integers;
               network: logits of resources/lessons/models/digits.safetensors, in float32 and in integers under every
               rule for the ranges of activations; scores: accuracy and R2 of everything, before and after

float32 sums are made term by term in the order that core/classic has, so that calibrated ranges are the same bits.
"""
import hashlib
import json
import os
import struct
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
MODELS = os.path.join(HERE, "..", "..", "resources", "lessons", "models")
sys.path.insert(0, MODELS)
from digits import between, draw_digits, draws  # noqa: E402

F32 = np.float32


def plain(array):
    return np.asarray(array).astype(np.float64).ravel().tolist()


def sha(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


# Tables -----------------------------------------------------------------------------------------------------------

def bell(d, k):
    return between(d[:, k:k + 12], -1000, 1000).sum(axis=1) / 2000.0


def tenths(x):
    return (np.rint(x * 10.0) / 10.0).astype(F32)


def houses(seed, count):
    d = draws(seed, 0, count, 16)
    area = between(d[:, 0], 300, 2200) / 10.0
    rooms = np.maximum(1.0, np.floor(area / 28.0) + between(d[:, 1], -1, 1))
    age, distance = between(d[:, 2], 0, 100).astype(float), between(d[:, 3], 0, 250) / 10.0
    price = 40.0 + 2.9 * area + 12.0 * rooms - 0.9 * age - 5.5 * distance + 45.0 * bell(d, 4)
    return np.stack([tenths(x) for x in (area, rooms, age, distance)], axis=1), tenths(price)


FRUIT = [[(110, 20), (85, 8), (60, 5), (55, 6)], [(170, 30), (70, 7), (78, 7), (60, 30)],
         [(180, 35), (95, 11), (68, 7), (75, 15)]]


def fruit(seed, count):
    d = draws(seed, 0, count, 1 + 4 * 12)
    kind = between(d[:, 0], 0, 2)
    curves = np.array(FRUIT, float)[kind]
    x = np.stack([tenths(curves[:, c, 0] + curves[:, c, 1] * bell(d, 1 + 12 * c)) for c in range(4)], axis=1)
    return x, kind.astype(F32)


# Grids --------------------------------------------------------------------------------------------------------------

class Grid:
    """x = scale * (q - zero); the range is widened to contain 0."""

    def __init__(self, bits, low, high, symmetric=False):
        low, high = F32(min(low, 0)), F32(max(high, 0))
        half = 2 ** (bits - 1)
        self.low, self.high = -(half - 1) if symmetric else -half, half - 1
        extent = max(-low, high) / F32(half - 1) if symmetric else (high - low) / F32(2 * half - 1)
        self.scale, self.zero = F32(extent), 0
        if not symmetric and self.scale:
            self.zero = int(np.rint(np.clip(F32(self.low) + -low / self.scale, self.low, self.high)))

    def level(self, x):
        if self.scale == 0:
            return np.zeros(np.shape(x), np.int64)
        ratio = (np.asarray(x, F32) / self.scale).astype(F32)
        return (np.clip(np.rint(ratio) + self.zero, self.low, self.high) - self.zero).astype(np.int64)


def column_grids(x, bits, shared):
    return [Grid(bits, *((x.min(), x.max()) if shared else (x[:, c].min(), x[:, c].max()))) for c in range(x.shape[1])]


# Regression -----------------------------------------------------------------------------------------------------------

def fit_regression(x, y):
    solution = np.linalg.lstsq(np.c_[x.astype(float), np.ones(len(x))], y.astype(float), rcond=None)[0]
    return solution[:-1].astype(F32), F32(solution[-1])


def predict_regression(w, b, x):
    total = np.full(len(x), float(b))
    for c in range(x.shape[1]):
        total += float(w[c]) * x[:, c].astype(float)
    return total


def quantized_regression(w, b, calibration, bits, shared):
    grids = column_grids(calibration, bits, shared)
    steps = np.array([w[c] * grids[c].scale for c in range(len(w))], F32)
    grid = Grid(bits, -np.abs(steps).max(), np.abs(steps).max(), symmetric=True)
    codes, intercept = grid.level(steps), int(np.rint(float(b) / float(grid.scale)))

    def predict(x):
        total = np.full(len(x), intercept, np.int64)
        for c, g in enumerate(grids):
            total += codes[c] * g.level(x[:, c])
        return float(grid.scale) * total.astype(float)

    return codes, intercept, grid.scale, predict


def r_squared(y, said):
    y = y.astype(float)
    return 1 - np.mean((y - said) ** 2) / np.mean((y - y.mean()) ** 2)


# Tree -----------------------------------------------------------------------------------------------------------------

def grow(x, y, classes, rows, depth, nodes, max_depth=6, leaf_rows=5):
    index = len(nodes)
    target = y[rows].astype(float)
    votes = np.array([(target == k).sum() for k in range(classes)], float)
    total = 0.0
    for t in target:
        total += t
    answer = float(votes.argmax()) if classes else float(F32(total / len(rows)))
    nodes.append([-1, 0.0, 0, 0, answer])
    if depth == max_depth:
        return index
    best = (votes**2).sum() / len(rows) if classes else total * total / len(rows)
    question = None
    for c in range(x.shape[1]):
        order = rows[np.argsort(x[rows, c], kind="stable")]
        v, t = x[order, c], y[order].astype(float)
        n = np.arange(1, len(order) + 1, dtype=float)
        if classes:
            yes = np.cumsum(np.array([t == k for k in range(classes)], float), axis=1)
            no = votes[:, None] - yes
            left, right = (yes**2).sum(axis=0), (no**2).sum(axis=0)
        else:
            yes, no, left, right = 0.0, total, np.zeros(len(t)), np.zeros(len(t))
            for i, value in enumerate(t):
                yes, no = yes + value, no - value
                left[i], right[i] = yes * yes, no * no
        for i in range(len(order) - 1):
            if v[i] == v[i + 1] or i + 1 < leaf_rows or len(order) - i - 1 < leaf_rows:
                continue
            purity = left[i] / n[i] + right[i] / (len(order) - n[i])
            if purity > best:
                middle = F32(v[i] + F32(v[i + 1] - v[i]) / F32(2))
                best, question = purity, (c, middle if middle < v[i + 1] else v[i])
    if question is None:
        return index
    c, threshold = question
    goes = x[rows, c] <= threshold
    yes = grow(x, y, classes, rows[goes], depth + 1, nodes)
    no = grow(x, y, classes, rows[~goes], depth + 1, nodes)
    nodes[index] = [c, float(threshold), yes, no, 0.0]
    return index


def predict_tree(nodes, x):
    out = []
    for row in x:
        node = nodes[0]
        while node[0] >= 0:
            node = nodes[node[2] if row[node[0]] <= node[1] else node[3]]
        out.append(node[4])
    return np.array(out)


def quantized_tree(nodes, classes, calibration, bits, shared):
    grids = column_grids(calibration, bits, shared)
    leaves = [n[4] for n in nodes if n[0] < 0]
    means = Grid(bits, min(leaves), max(leaves))
    coded = []
    for c, threshold, yes, no, value in nodes:
        if c < 0:
            coded.append([c, 0, 0, 0, value if classes else float(means.scale * F32(means.level(value)))])
        else:
            coded.append([c, int(grids[c].level(threshold)), yes, no, 0.0])
    return lambda x: predict_tree(coded, np.stack([g.level(x[:, c]) for c, g in enumerate(grids)], axis=1))


# Image network --------------------------------------------------------------------------------------------------------

def convolve(x, weight, bias):
    """[n, c, h, w] with weight [o, c, 3, 3], term by term in the type of x."""
    n, c, h, w = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    out = np.empty((n, len(weight), h, w), x.dtype)
    for o in range(len(weight)):
        total = np.full((n, h, w), bias[o], x.dtype)
        for channel in range(c):
            for dy in range(3):
                for dx in range(3):
                    total = total + weight[o, channel, dy, dx] * padded[:, channel, dy:dy + h, dx:dx + w]
        out[:, o] = total
    return out


def pool_relu(x):
    n, c, h, w = x.shape
    x = x[:, :, :h // 2 * 2, :w // 2 * 2].reshape(n, c, h // 2, 2, w // 2, 2)
    return np.maximum(x.max(axis=(3, 5)), 0)


def dense(x, weight, bias):
    total = np.tile(bias, (len(x), 1)).astype(x.dtype)
    for i in range(x.shape[1]):
        total = total + weight[None, :, i] * x[:, i:i + 1]
    return total


def read_network():
    raw = open(os.path.join(MODELS, "digits.safetensors"), "rb").read()
    size = struct.unpack("<Q", raw[:8])[0]
    header, data = json.loads(raw[8:8 + size]), raw[8 + size:]
    tensor = lambda entry: np.frombuffer(data[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"])
    return {name: tensor(entry) for name, entry in header.items() if name != "__metadata__"}


LAYERS = ["conv0", "conv1", "head"]


def run(weights, images):
    inputs = [images]
    for layer in LAYERS[:2]:
        inputs.append(pool_relu(convolve(inputs[-1], weights[layer + ".weight"], weights[layer + ".bias"])))
    return inputs, dense(inputs[-1].reshape(len(images), -1), weights["head.weight"], weights["head.bias"])


def integer_weights(weight, bits, per_row):
    matrix = weight.reshape(len(weight), -1)
    largest = np.abs(matrix).max(axis=1) if per_row else np.full(len(matrix), np.abs(matrix).max())
    scale = (largest / F32(2 ** (bits - 1) - 1)).astype(F32)
    return np.rint((matrix / scale[:, None]).astype(F32)).astype(np.int64).reshape(weight.shape), scale


def run_integer(weights, images, grids, weight_bits=8, per_row=True, activation_bits=8):
    """grids: one per layer's input, or None: of every image by itself."""
    if grids is None:
        one = lambda image: run_integer(weights, image[None], [None] * 3, weight_bits, per_row, activation_bits)
        return np.concatenate([one(image) for image in images])
    x = images
    for k, layer in enumerate(LAYERS):
        grid = grids[k] or Grid(activation_bits, x.min(), x.max())
        codes, scale = integer_weights(weights[layer + ".weight"], weight_bits, per_row)
        unit = float(grid.scale) * scale.astype(float)
        bias = np.rint(weights[layer + ".bias"].astype(float) / unit).astype(np.int64)
        levels = grid.level(x)
        if layer == "head":
            return (unit * dense(levels.reshape(len(x), -1), codes, bias)).astype(F32)
        x = (unit[None, :, None, None] * pool_relu(convolve(levels, codes, bias))).astype(F32)


def percentile(values, p):
    return F32(np.percentile(values.astype(float).ravel(), p))


def grids_of(rule, observed):
    if rule == "dynamic":
        return None
    if rule.startswith("fixed"):
        return [Grid(8, -float(rule[5:]), float(rule[5:]))] * 3
    if rule == "minmax":
        return [Grid(8, v.min(), v.max()) for v in observed]
    return [Grid(8, percentile(v, 100 - 99.9), percentile(v, 99.9)) for v in observed]


# What is written --------------------------------------------------------------------------------------------------------

def layers():
    rng = np.random.default_rng(3)
    x, w, b = rng.integers(-255, 256, (2, 5, 5)), rng.integers(-127, 128, (3, 2, 3, 3)), rng.integers(-9999, 9999, 3)
    sums = convolve(x[None], w, b)
    dense_w = rng.integers(-127, 128, (4, 12))
    flat = pool_relu(sums).reshape(1, -1)
    fx, fw, fb = (rng.standard_normal(s).astype(F32) for s in ((2, 6, 6), (3, 2, 3, 3), (3,)))
    return {"input": plain(x), "weight": plain(w), "bias": plain(b), "side": 5, "convolved": plain(sums),
            "pooled": plain(flat), "dense_weight": plain(dense_w), "dense": plain(dense(flat, dense_w, np.zeros(4, int))),
            "float_input": plain(fx), "float_weight": plain(fw), "float_bias": plain(fb), "float_side": 6,
            "float_convolved": plain(convolve(fx[None], fw, fb))}


def regression(scores):
    (x, y), (held_x, held_y) = houses(1, 500), houses(2, 1000)
    w, b = fit_regression(x, y)
    said = predict_regression(w, b, held_x)
    out = {"weights": plain(w), "intercept": float(b), "predictions": plain(said[:20]), "integer": []}
    scores["regression"] = {"fp32": [r_squared(held_y, said), float(np.abs(held_y - said).mean())]}
    for bits in (16, 8, 4):
        for shared in (False, True):
            codes, intercept, scale, predict = quantized_regression(w, b, x, bits, shared)
            said = predict(held_x)
            out["integer"].append({"bits": bits, "shared": shared, "weights": codes.tolist(), "intercept": intercept,
                                   "scale": float(scale), "predictions": plain(said[:20])})
            name = f"int{bits}" + ("_shared" if shared else "")
            scores["regression"][name] = [r_squared(held_y, said), float(np.abs(held_y - said).mean())]
    return out


def tree(scores):
    (x, y), (held_x, held_y) = fruit(1, 600), fruit(2, 2000)
    nodes, numbers = [], []
    grow(x, y, 3, np.arange(len(x)), 0, nodes)
    house_x, house_y = houses(1, 200)
    grow(house_x, house_y, 0, np.arange(len(house_x)), 0, numbers)
    scores["tree"] = {"fp32": float((predict_tree(nodes, held_x) == held_y).mean())}
    out = {"classes": nodes, "numbers": numbers, "integer": []}
    for bits in (16, 8, 4):
        for shared in (False, True):
            said = quantized_tree(nodes, 3, x, bits, shared)(held_x)
            numbers_said = quantized_tree(numbers, 0, house_x, bits, shared)(house_x)
            out["integer"].append({"bits": bits, "shared": shared, "classes": plain(said[:100]),
                                   "numbers": plain(numbers_said[:50])})
            scores["tree"][f"int{bits}" + ("_shared" if shared else "")] = float((said == held_y).mean())
    return out


RULES = ["minmax", "percentile", "dynamic", "fixed1", "fixed128", "fixed256"]


def network(scores):
    weights = read_network()
    pixels, labels = draw_digits(2, 0, 2000)
    images = (pixels.astype(F32) / F32(255))[:, None]
    sample = (draw_digits(1, 0, 100)[0].astype(F32) / F32(255))[:, None]
    observed = run(weights, sample)[0]
    right = lambda logits: float((logits.argmax(axis=1) == labels).mean())
    logits = run(weights, images)[1]
    out = {"float": plain(logits[:20]), "integer": []}
    scores["network"] = {"fp32": right(logits)}
    cases = [(rule, 8, True) for rule in RULES] + [("minmax", bits, True) for bits in (4, 3, 2)] + [("minmax", 8, False)]
    for rule, bits, per_row in cases:
        said = run_integer(weights, images, grids_of(rule, observed), bits, per_row)
        scheme = f"int{bits}:group={'row' if per_row else 'tensor'}"
        out["integer"].append({"rule": rule, "scheme": scheme, "logits": plain(said[:20]), "accuracy": right(said)})
    return out


def main(folder):
    pixels, labels = draw_digits(2, 0, 1000)
    (house_x, house_y), (fruit_x, fruit_y) = houses(2, 1000), fruit(2, 1000)
    scores = {}
    table = lambda x, y: {"first": plain(np.c_[x, y][:5]), "values_sha256": sha(x), "targets_sha256": sha(y)}
    found = {"digits": {"count": 1000, "first": pixels[0].ravel().tolist(), "sha256": sha(pixels),
                        "labels": labels.tolist()[:50]},
             "houses": table(house_x, house_y), "fruit": table(fruit_x, fruit_y), "layers": layers(),
             "regression": regression(scores), "tree": tree(scores), "network": network(scores), "scores": scores}
    with open(os.path.join(folder, "classic.json"), "w") as file:
        json.dump(found, file, separators=(",", ":"))
        file.write("\n")
    print(json.dumps(scores, indent=1))
    for case in found["network"]["integer"]:
        print(case["rule"], case["scheme"], case["accuracy"])


if __name__ == "__main__":
    main(sys.argv[1])
