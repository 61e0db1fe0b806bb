#!/usr/bin/env python3
"""Independent restatement in numpy (float64) of the formats that no other program defines for us: writes what
tests/core/tst_reference_formats compares with. Usage: reference_quantizers.py OUT_DIR  (needs numpy; takes a minute)

weights.f32            [8, 256] float32: gaussian; Student t (3 degrees); two outlier columns; uniform; tiny; constant; lattice of
                       0.5 with exact ties; a row with zeros
NAME.f32               weights after quantizing and decoding, float32, for every NAME in manifest.json
manifest.json          scheme of every NAME; for k-means the best squared error of 50 restarts per row
"""
import json
import os
import sys

import numpy as np

ROWS, COLUMNS = 8, 256


def weights():
    random = np.random.default_rng(7)
    w = np.zeros((ROWS, COLUMNS), np.float32)
    w[0] = random.normal(0, 0.02, COLUMNS)
    w[1] = random.standard_t(3, COLUMNS) * 0.02
    w[2] = random.normal(0, 0.02, COLUMNS)
    w[2, [17, 200]] = [1.5, -0.9]
    w[3] = random.uniform(-1, 1, COLUMNS)
    w[4] = random.normal(0, 1e-6, COLUMNS)
    w[5] = 0.375
    w[6] = random.integers(-12, 13, COLUMNS) * 0.5
    w[7] = random.normal(0, 0.02, COLUMNS) * (random.random(COLUMNS) < 0.5)
    return w


def half(x):
    """A scale in FP16, rounded up where FP16 is subnormal."""
    x = np.float32(x)
    if x < 2.0**-14:
        return np.float64(np.ceil(np.float64(x) * 2.0**24) * 2.0**-24)
    return np.float64(np.float16(x))


def nearest(x, levels, prefer):
    """The nearest level of each x; between two at the same distance the one for which `prefer` is smaller."""
    levels = np.asarray(levels, np.float64)
    distance = np.abs(x[:, None] - levels[None, :])
    best = distance.min(axis=1, keepdims=True)
    rank = np.where(distance == best, prefer[None, :], np.inf)
    return levels[rank.argmin(axis=1)]


def log_levels(bits, base):
    magnitudes = [np.float64(np.float32(base)) ** -k for k in range(2 ** (bits - 1) - 1)]
    magnitudes = [np.float64(np.float32(m)) for m in magnitudes]
    return np.array([0.0] + magnitudes + [-m for m in magnitudes])


def logarithmic(w, bits, base, group):
    out = np.zeros_like(w)
    levels = log_levels(bits, base)
    for r in range(ROWS):
        for c in range(0, COLUMNS, group):
            x = w[r, c:c + group].astype(np.float32)
            scale = np.float32(half(np.abs(x).max()))
            if scale == 0:
                continue
            ratio = (x / scale).astype(np.float64)
            out[r, c:c + group] = (nearest(ratio, levels, np.abs(levels)).astype(np.float32) * scale)
    return out


def float_levels(exponent_bits, mantissa_bits, bias, largest):
    """Non-negative values of a small float in code order."""
    values = []
    for code in range(2 ** (exponent_bits + mantissa_bits)):
        e, m = code >> mantissa_bits, code & (2**mantissa_bits - 1)
        v = (m / 2**mantissa_bits) * 2.0 ** (1 - bias) if e == 0 else (1 + m / 2**mantissa_bits) * 2.0 ** (e - bias)
        if v <= largest:
            values.append(v)
    return np.array(values)


E4M3 = float_levels(4, 3, 7, 448.0)
E5M2 = float_levels(5, 2, 15, 57344.0)
E2M1 = float_levels(2, 1, 1, 6.0)


def to_float(x, magnitudes):
    """Round to nearest, ties to even code, saturating."""
    prefer = np.arange(len(magnitudes)) % 2.0
    return np.sign(x) * nearest(np.abs(x), magnitudes, prefer)


def scaled_float(w, magnitudes, tile):
    out = np.zeros_like(w)
    rows, columns = tile
    for r in range(0, ROWS, rows):
        for c in range(0, COLUMNS, columns):
            x = w[r:r + rows, c:c + columns]
            scale = np.float32(np.abs(x).max() / np.float32(magnitudes[-1]))
            if scale == 0:
                continue
            ratio = (x / scale).astype(np.float64).ravel()
            out[r:r + rows, c:c + columns] = (to_float(ratio, magnitudes).astype(np.float32) * scale).reshape(x.shape)
    return out


def nvfp4(w):
    out = np.zeros_like(w)
    total = np.float32(448.0 * 6.0) / np.abs(w).max()
    for r in range(ROWS):
        for c in range(0, COLUMNS, 16):
            x = w[r, c:c + 16]
            local = np.float32(to_float(np.array([np.float64(total * (np.abs(x).max() / np.float32(6.0)))]), E4M3)[0])
            scale = np.float32(local / total)
            if scale == 0:
                continue
            out[r, c:c + 16] = to_float((x / scale).astype(np.float64), E2M1).astype(np.float32) * scale
    return out


def integers(x, low, high, affine, bits, store):
    """Round to nearest even under the grid that spans [low, high] (both sides of 0)."""
    if affine:
        scale = np.float32(store(np.float32((high - low) / np.float32(2**bits - 1))))
        qmin, qmax = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        zero = np.clip(np.rint(np.float32(qmin) - low / scale), qmin, qmax) if scale else 0
    else:
        qmax = 2 ** (bits - 1) - 1
        scale, qmin, zero = np.float32(store(np.float32(max(-low, high) / np.float32(qmax)))), -qmax, 0
    if scale == 0:
        return np.zeros_like(x)
    q = np.clip(np.rint((x / scale).astype(np.float32)) + zero, qmin, qmax)
    return ((q - zero) * scale).astype(np.float32)


def percentile(w, p, affine):
    out = np.zeros_like(w)
    for r in range(ROWS):
        x = w[r].astype(np.float64)
        if affine:
            low, high = min(0.0, np.percentile(x, 100 - p)), max(0.0, np.percentile(x, p))
        else:
            high = np.percentile(np.abs(x), p)
            low = -high
        out[r] = integers(w[r], np.float32(low), np.float32(high), affine, 4, np.float32)
    return out


def least_error(w, affine, group=32):
    out = np.zeros_like(w)
    for r in range(ROWS):
        for c in range(0, COLUMNS, group):
            x = w[r, c:c + group]
            low, high = min(0.0, x.min()), max(0.0, x.max())
            tries = [integers(x, np.float32(low * f / 100), np.float32(high * f / 100), affine, 4, half)
                     for f in range(100, 29, -1)]
            errors = [np.sum((x.astype(np.float64) - t) ** 2) for t in tries]
            out[r, c:c + group] = tries[int(np.argmin(errors))]
    return out


def k_means(x, k, restarts=50):
    """Least squared error of Lloyd's iteration from k-means++ starts."""
    random = np.random.default_rng(11)
    x = x.astype(np.float64)
    best = np.inf
    for _ in range(restarts):
        centres = [x[random.integers(len(x))]]
        while len(centres) < k:
            d = np.min((x[:, None] - np.array(centres)[None, :]) ** 2, axis=1)
            total = d.sum()
            centres.append(x[random.choice(len(x), p=d / total)] if total > 0 else x[0])
        centres = np.array(centres)
        for _ in range(100):
            nearest_centre = np.abs(x[:, None] - centres[None, :]).argmin(axis=1)
            moved = np.array([x[nearest_centre == j].mean() if (nearest_centre == j).any() else centres[j]
                              for j in range(k)])
            if np.array_equal(moved, centres):
                break
            centres = moved
        best = min(best, float(np.sum(np.min((x[:, None] - centres[None, :]) ** 2, axis=1))))
    return best


def main(folder):
    os.makedirs(folder, exist_ok=True)
    w = weights()
    w.tofile(os.path.join(folder, "weights.f32"))
    results = {
        "log4": ("log4", logarithmic(w, 4, 2.0, 32)),
        "log3": ("log3", logarithmic(w, 3, 2.0, 32)),
        "log6_base1.25": ("log6:base=1.25", logarithmic(w, 6, 1.25, 32)),
        "log4_base1.5_group64": ("log4:group=64,base=1.5", logarithmic(w, 4, 1.5, 64)),
        "fp8_e4m3_tensor": ("fp8_e4m3:scale=tensor", scaled_float(w, E4M3, (ROWS, COLUMNS))),
        "fp8_e4m3_row": ("fp8_e4m3:scale=row", scaled_float(w, E4M3, (1, COLUMNS))),
        "fp8_e4m3_block128": ("fp8_e4m3:scale=block128", scaled_float(w, E4M3, (128, 128))),
        "fp8_e5m2_row": ("fp8_e5m2:scale=row", scaled_float(w, E5M2, (1, COLUMNS))),
        "nv_e2m1": ("nv_e2m1", nvfp4(w)),
        "int4_percentile": ("int4:group=row,range=percentile,p=99", percentile(w, 99, False)),
        "int4_percentile_zero": ("int4:group=row,range=percentile,p=99,zero=on", percentile(w, 99, True)),
        "int4_mse": ("int4:range=mse", least_error(w, False)),
        "int4_mse_zero": ("int4:range=mse,zero=on", least_error(w, True)),
    }
    manifest = {"schemes": {}, "k_means_squared_error": {}}
    for name, (scheme, values) in results.items():
        values.astype(np.float32).tofile(os.path.join(folder, name + ".f32"))
        manifest["schemes"][name] = scheme
    for bits in (2, 3, 4):
        manifest["k_means_squared_error"][f"kmeans{bits}"] = [k_means(row, 2**bits) for row in w]
    with open(os.path.join(folder, "manifest.json"), "w") as file:
        json.dump(manifest, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
