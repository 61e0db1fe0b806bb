#!/usr/bin/env python3
"""Independent restatement in numpy (float64) of SmoothQuant (Xiao et al. 2023, equation 4) with INT8 weights, one
symmetric scale per row: writes what tests/core/tst_smooth_quant compares with.
Usage: reference_smooth_quant.py LAYER_DIR OUT_DIR     (tests/data/gptq_awq, tests/data/smooth_quant; needs numpy)

alpha{0.25,0.5,0.75}.scales.f32   [256] s = max|x|^a / max|w|^(1 - a)
alpha0.5.weights.f32              [64, 256] round(w s / S) S / s, S = max|w s| / 127 of the row in float32
"""
import pathlib
import sys

import numpy as np

layer, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
weights = np.fromfile(layer / "W.f32", np.float32).reshape(64, 256).astype(np.float64)
inputs = np.fromfile(layer / "X.f32", np.float32).reshape(512, 256).astype(np.float64)
for alpha in (0.25, 0.5, 0.75):
    scales = np.abs(inputs).max(0) ** alpha / np.abs(weights).max(0) ** (1 - alpha)
    scales.astype(np.float32).tofile(out / f"alpha{alpha}.scales.f32")
    if alpha != 0.5:
        continue
    smooth = (weights * scales).astype(np.float32).astype(np.float64)
    step = (np.abs(smooth).max(1, keepdims=True) / 127).astype(np.float32).astype(np.float64)
    rounded = np.clip(np.rint(smooth / step), -127, 127) * step / scales
    rounded.astype(np.float32).tofile(out / f"alpha{alpha}.weights.f32")
