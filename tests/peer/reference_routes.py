#!/usr/bin/python3
"""Which experts tokens go through and how much each counts, in float64, as transformers' classes compute it.

    reference_routes.py > tests/data/routes/routes.json

Rules: DeepseekV2Moe (greedy and group_limited_greedy), DeepseekV3TopkRouter, Lfm2MoeSparseMoeBlock, Qwen2MoeTopKRouter, Gemma4TextRouter. Experts
outside the chosen groups are never chosen, as in DeepSeek's own code; transformers gives them a score of 0.
"""
import json

import numpy as np

TOKENS = 12


def softmax(x):
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def best(values, count):
    return np.argsort(-values, axis=-1, kind="stable")[:, :count]


def within_groups(choice, groups, used_groups, of_group):
    tokens, experts = choice.shape
    chosen = best(of_group(choice.reshape(tokens, groups, -1)), used_groups)
    mask = np.zeros((tokens, groups), bool)
    np.put_along_axis(mask, chosen, True, axis=1)
    return np.where(np.repeat(mask, experts // groups, axis=1), choice, -np.inf)


def case(name, seed, experts, used, sigmoid=False, normed=True, bias=False, groups=1, used_groups=1, epsilon=0.0, scale=1.0, factors=False):
    scale, epsilon = float(np.float32(scale)), float(np.float32(epsilon))  # as the program has them
    random = np.random.default_rng(seed)
    logits = (2 * random.standard_normal((TOKENS, experts))).astype(np.float32)
    biases = (0.4 * random.standard_normal(experts)).astype(np.float32) if bias else np.zeros(0, np.float32)
    factor = (1 + 0.3 * random.standard_normal(experts)).astype(np.float32) if factors else np.zeros(0, np.float32)
    x = logits.astype(np.float64)
    scores = 1 / (1 + np.exp(-x)) if sigmoid else softmax(x)
    choice = scores + biases.astype(np.float64) if bias else scores
    if groups > 1:
        two = lambda of: np.sort(of, axis=-1)[..., -2:].sum(axis=-1)
        choice = within_groups(choice, groups, used_groups, two if sigmoid else lambda of: of.max(axis=-1))
    chosen = best(choice, used)
    weights = np.take_along_axis(scores, chosen, axis=1)
    if normed:
        weights = weights / (weights.sum(axis=1, keepdims=True) + epsilon)
    weights = weights * scale
    if factors:
        weights = weights * factor.astype(np.float64)[chosen]
    return {"name": name, "experts": experts, "used": used, "is_sigmoid": sigmoid, "is_normed": normed, "groups": groups, "used_groups": used_groups,
            "epsilon": epsilon, "scale": scale, "logits": logits.ravel().tolist(), "bias": biases.tolist(), "weight": factor.tolist(),
            "chosen": chosen.ravel().tolist(), "weights": weights.ravel().tolist()}


def main():
    cases = [case("Qwen 2 MoE", 1, 12, 4, normed=False),
             case("Mixtral", 2, 8, 2),
             case("DeepSeek-V2", 3, 16, 3, normed=False, groups=4, used_groups=2, scale=16.0),
             case("DeepSeek-V3", 4, 16, 4, sigmoid=True, bias=True, groups=4, used_groups=2, epsilon=1e-20, scale=2.5),
             case("Moonlight", 5, 13, 6, sigmoid=True, bias=True, epsilon=1e-20, scale=2.446),
             case("LFM2 MoE", 6, 32, 4, sigmoid=True, bias=True, epsilon=1e-6),
             case("LFM2 MoE without a bias", 7, 9, 3, sigmoid=True, normed=False),
             case("Gemma 4", 8, 11, 5, factors=True)]
    print(json.dumps(cases))


if __name__ == "__main__":
    main()
