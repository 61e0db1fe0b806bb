"""Methods that look at data, from their papers in float64: GPTQ, AWQ, HQQ, SmoothQuant, ranges of static inputs, products of
rounded inputs. For methods_check.py. Scales are rounded to what the formats store; nothing else is."""
import numpy as np


def stored(scale, half=True):
    """A scale as FP16, or FP32, has it."""
    return np.asarray(scale, np.float16 if half else np.float32).astype(np.float64)


def grid(weights, bits, symmetric=False, half=True):
    """Scale and zero-point [rows, 1] that span 0 and these weights [rows, n]."""
    if symmetric:
        return stored(np.abs(weights).max(1, keepdims=True) / (2 ** (bits - 1) - 1), half), 0.0
    low, high = np.minimum(weights.min(1, keepdims=True), 0), np.maximum(weights.max(1, keepdims=True), 0)
    scale = stored((high - low) / (2 ** bits - 1), half)
    return scale, np.round(np.divide(-low, scale, out=np.zeros_like(low), where=scale > 0))


def rounded(weights, scale, zero, bits, symmetric=False):
    """Nearest levels of a grid, as real numbers."""
    top = 2 ** (bits - 1) - 1
    low, high = (-top, top) if symmetric else (0, 2 ** bits - 1)
    codes = np.divide(weights, scale, out=np.zeros_like(weights), where=np.broadcast_to(scale > 0, weights.shape))
    return scale * (np.clip(np.round(codes) + zero, low, high) - zero)


def nearest(weights, bits, group, symmetric=False, half=True):
    """Every weight for itself, in groups of columns."""
    result = np.empty_like(weights)
    for first in range(0, weights.shape[1], group):
        part = weights[:, first:first + group]
        result[:, first:first + group] = rounded(part, *grid(part, bits, symmetric, half), bits, symmetric)
    return result


def gptq(weights, hessian, bits, group, act_order=False, static_groups=False, damping=0.01, symmetric=False, block=128):
    """Frantar et al. 2023, algorithm 1, with the authors' act-order and groups."""
    rows, columns = weights.shape
    order = np.argsort(-np.diag(hessian), kind="stable") if act_order else np.arange(columns)
    grids = [grid(weights[:, g:g + group], bits, symmetric) for g in range(0, columns, group)] if static_groups else None
    w, h = weights[:, order].copy(), hessian[np.ix_(order, order)].copy()
    h[np.diag_indices(columns)] += damping * np.mean(np.diag(h))
    upper = np.linalg.cholesky(np.linalg.inv(h)).T
    made = np.empty_like(w)
    for first in range(0, columns, block):
        last = min(first + block, columns)
        inner, errors = w[:, first:last].copy(), np.zeros((rows, last - first))
        for k in range(first, last):
            if grids:
                scale, zero = grids[order[k] // group]
            elif k % group == 0:
                scale, zero = grid(w[:, k:k + group], bits, symmetric)
            column = inner[:, k - first]
            made[:, k] = rounded(column[:, None], scale, zero, bits, symmetric)[:, 0]
            errors[:, k - first] = (column - made[:, k]) / upper[k, k]
            inner[:, k - first + 1:] -= np.outer(errors[:, k - first], upper[k, k + 1:last])
        w[:, last:] -= errors @ upper[first:last, last:]
    result = np.empty_like(made)
    result[:, order] = made
    return result


def squared(errors, hessian):
    """Σ over the rows of e H eᵀ."""
    return np.sum((errors @ hessian) * errors)


def awq(weights, hessian, mean_magnitude, bits, group, clip=True):
    """Lin et al. 2024. Returns the weights that stand for the original ones, the columns' factors and the exponent."""
    best = None
    for step in range(20):
        scales = np.maximum(mean_magnitude ** (step / 20), 1e-4)
        scales = scales / np.sqrt(scales.max() * scales.min())
        made = nearest(weights * scales, bits, group) / scales
        loss = squared(made - weights, hessian)
        if best is None or loss < best[0]:
            best = loss, scales, step / 20
    _, scales, exponent = best
    scaled = weights * scales
    divided = hessian / np.outer(scales, scales)
    for first in range(0, weights.shape[1] if clip else 0, group):
        run = slice(first, first + group)
        part, least = scaled[:, run].copy(), np.full(len(weights), np.inf)
        largest = np.abs(part).max(1, keepdims=True)
        for step in range(10):
            limited = np.clip(part, -largest * (1 - step / 20), largest * (1 - step / 20))
            errors = nearest(limited, bits, group) - part
            found = np.sum((errors @ divided[run, run]) * errors, 1)
            better = found < least
            least[better] = found[better]
            scaled[better, run] = limited[better]
    return nearest(scaled, bits, group) / scales, scales, exponent


def hqq(weights, bits, group):
    """Badri and Shaji 2023; every group at once. Scale and zero-point are stored as FP16, that one from the middle level on."""
    values, top, middle = weights.reshape(-1, group), 2 ** bits - 1, 2 ** (bits - 1)
    low, high = values.min(1, keepdims=True), values.max(1, keepdims=True)
    scale = stored((high - low) / top)
    zero, beta, least = -low / scale, 10.0, np.inf
    for _ in range(20):
        codes = np.clip(np.round(values / scale + zero), 0, top)
        left = values - (codes - zero) * scale
        with np.errstate(divide="ignore"):
            outliers = np.sign(left) * np.maximum(np.abs(left) - np.abs(left) ** (0.7 - 1) / beta, 0)
        zero = np.mean(codes - (values - outliers) / scale, 1, keepdims=True)
        beta *= 1.01
        if not np.abs(left).mean() < least:
            break
        least = np.abs(left).mean()
    zero = stored(zero - middle) + middle
    return ((np.clip(np.round(values / scale + zero), 0, top) - zero) * scale).reshape(weights.shape)


def smooth(weights, largest, alpha, bits=8):
    """Xiao et al. 2023, one scale per row. Returns the weights for the original columns and the factors."""
    heaviest = np.abs(weights).max(0)
    scales = np.where((heaviest > 0) & (largest > 0), np.maximum(largest, 1e-5) ** alpha
                      / np.maximum(heaviest, 1e-5) ** (1 - alpha), 1.0)
    return nearest(weights * scales, bits, weights.shape[1], symmetric=True, half=False) / scales, scales


# Ranges of static inputs


def histogram(values, bins=4096):
    """Counts of even bins from −limit to limit, a power of two, and the limit."""
    limit = 2.0 ** np.ceil(np.log2(np.abs(values).max()))
    return np.histogram(values, bins, (-limit, limit))[0], limit


def entropy_limit(values, levels=128):
    """The threshold of |x| of least KL(P ‖ Q) (Migacz 2017) over 2048 bins."""
    counts, limit = histogram(values)
    half = len(counts) // 2
    magnitudes = (counts[half:] + counts[:half][::-1]).astype(np.float64)
    used = np.flatnonzero(magnitudes)[-1] + 1
    best, least = used, np.inf
    for bins in range(levels, used + 1):
        inside, beyond = magnitudes[:bins], magnitudes[bins:].sum()
        if beyond and not inside[-1]:
            continue
        p = inside.copy()
        p[-1] += beyond
        level = np.arange(bins) * levels // bins
        filled = np.bincount(level, inside > 0, levels)
        share = np.bincount(level, inside, levels) / np.maximum(filled, 1)
        q, there = share[level], inside > 0
        p, q = p[there] / p.sum(), q[there] / inside.sum()
        divergence = np.sum(p * np.log(p / q))
        if divergence < least:
            best, least = bins, divergence
    return best * limit / half


def quantile(counts, share):
    """How many bins lie below a share of all values; within a bin they are spread evenly."""
    before, wanted = np.cumsum(counts) - counts, share * counts.sum()
    at = np.flatnonzero((counts > 0) & (before + counts >= wanted))[0]
    return at + max(0, wanted - before[at]) / counts[at]


def static_range(values, how, percent=99.99, symmetric=False):
    """[low, high] around 0 of inputs, by the method's name."""
    low, high = min(values.min(), 0), max(values.max(), 0)
    counts, edge = histogram(values)
    half = len(counts) // 2
    if how == "minmax":
        return low, high
    if how == "entropy":
        limit = entropy_limit(values)
        return max(low, -limit), min(high, limit)
    if symmetric:
        limit = quantile(counts[half:] + counts[:half][::-1], percent / 100) * edge / half
        return max(low, -limit), min(high, limit)
    at = lambda share: (quantile(counts, share) - half) * edge / half
    return max(low, min(0, at(1 - percent / 100))), min(high, max(0, at(percent / 100)))


# Rounded inputs


def static_int8(x, low, high):
    scale = (high - low) / 255
    zero = np.clip(np.round(-128 - low / scale), -128, 127)
    return (np.clip(np.round(x / scale) + zero, -128, 127) - zero) * scale


def token_int8(x):
    """Every token under its own largest magnitude."""
    scale = np.abs(x).max(-1, keepdims=True) / 127
    return np.round(x / scale) * scale


def e4m3(x):
    """Nearest FP8 E4M3, saturating at 448."""
    magnitude = np.minimum(np.abs(x), 448)
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 2.0 ** -20))), -6)
    step = 2.0 ** (exponent - 3)
    return np.sign(x) * np.minimum(np.round(magnitude / step) * step, 448)


def token_fp8(x):
    scale = np.abs(x).max(-1, keepdims=True) / 448
    return e4m3(x / scale) * scale


def llm_int8(x, weight, threshold=6.0):
    """Dettmers et al. 2022: columns with an outlier in FP16, the others in INT8 under the largest usual magnitude of a token."""
    scale = np.abs(weight).max(1, keepdims=True) / 127
    w = np.round(weight / scale) * scale
    is_outlier = (np.abs(x) >= threshold).any(0)
    usual = np.where(np.abs(x) >= threshold, 0, x)
    half = lambda values: values.astype(np.float16).astype(np.float64)
    return token_int8(usual)[:, ~is_outlier] @ w[:, ~is_outlier].T + half(x[:, is_outlier]) @ half(w[:, is_outlier]).T
