"""Small random models of architectures whose experts are chosen otherwise than by a softmax alone, or stand beside another part; part of
architecture_models.py, where the sizes are.
"""
import numpy as np

import architecture_models as models
import recurrent_models
from architecture_models import Model


def gated_shared_expert(model, layer, width):
    """A part for all tokens under a gate: a row in a folder, a vector in GGUF."""
    here, there = f"blk.{layer}.", f"model.layers.{layer}.mlp."
    gate = model.matrix(1, model.width, gain=2.0)
    model.add(here + "ffn_gate_inp_shexp.weight", there + "shared_expert_gate.weight", gate[0], gate)
    for name, rows, columns in (("gate", width, model.width), ("up", width, model.width), ("down", model.width, width)):
        model.projection(f"{here}ffn_{name}_shexp", f"{there}shared_expert.{name}_proj", rows, columns)


def stacked_experts(model, layer, router, gate_up, down, each=None, is_stacked_in_gguf=False):
    """Experts that a folder has as two stacks, gate and up in one, or, by the names of `each`, as a matrix for each."""
    here, there, count, inner = f"blk.{layer}.", f"model.layers.{layer}.", models.EXPERTS, models.EXPERT_FEED_FORWARD
    model.projection(here + "ffn_gate_inp", there + router, count, model.width, gain=2.0)
    both = np.stack([model.matrix(2 * inner, model.width) for _ in range(count)])
    back = np.stack([model.matrix(model.width, inner) for _ in range(count)])
    if is_stacked_in_gguf:
        model.add(here + "ffn_gate_up_exps.weight", "", both)
    else:
        model.add(here + "ffn_gate_exps.weight", "", both[:, :inner])
        model.add(here + "ffn_up_exps.weight", "", both[:, inner:])
    model.add(here + "ffn_down_exps.weight", "", back)
    if each:
        for expert in range(count):
            for name, values in zip(("gate", "up", "down"), (both[expert, :inner], both[expert, inner:], back[expert])):
                model.add("", f"{there}{each.format(expert, name)}.weight", values)
    else:
        model.add("", there + gate_up, both)
        model.add("", there + down, back)


def counts(model, **names):
    """What both formats say of experts; names: the folder's words for how many, how many of them, and their width."""
    model.keys |= {"expert_count": models.EXPERTS, "expert_used_count": models.USED_EXPERTS, "expert_feed_forward_length": models.EXPERT_FEED_FORWARD}
    model.config |= {names.get("count", "num_experts"): models.EXPERTS, "num_experts_per_tok": models.USED_EXPERTS}
    if names.get("width", "moe_intermediate_size"):
        model.config[names.get("width", "moe_intermediate_size")] = models.EXPERT_FEED_FORWARD


def qwen2moe():
    """Shares of all experts, which do not add up to 1, beside a part under a gate."""
    model = Model("qwen2moe", "qwen2_moe", base=1e6, epsilon=1e-6, head=models.WIDTH // models.HEADS)
    width = models.FEED_FORWARD - 8
    counts(model)
    model.keys["expert_shared_feed_forward_length"] = width
    model.config |= {"shared_expert_intermediate_size": width, "norm_topk_prob": False, "qkv_bias": True}
    model.embedding()
    for layer in range(model.layers):
        model.norm_of(layer, "attn_norm", "input_layernorm")
        model.attention(layer, bias=True)
        model.norm_of(layer, "ffn_norm", "post_attention_layernorm")
        model.experts(layer, "mlp.gate", "mlp.experts.{}.gate_proj", "mlp.experts.{}.up_proj", "mlp.experts.{}.down_proj")
        gated_shared_expert(model, layer, width)
    return model.finish()


def qwen35moe_model(layers, each=None, is_stacked_in_gguf=False):
    def feed_forward(model, layer):
        counts(model)
        model.keys |= {"expert_shared_feed_forward_length": models.FEED_FORWARD, "feed_forward_length": None}
        model.config |= {"shared_expert_intermediate_size": models.FEED_FORWARD, "intermediate_size": None}
        stacked_experts(model, layer, "mlp.gate", "mlp.experts.gate_up_proj", "mlp.experts.down_proj", each, is_stacked_in_gguf)
        gated_shared_expert(model, layer, models.FEED_FORWARD)

    return recurrent_models.qwen35("qwen35moe", "qwen3_5_moe_text", feed_forward, layers)


def qwen35moe():
    return qwen35moe_model(4)


def qwen35moe_turned():
    """In the other form of each format: gate and up as one stack in GGUF, a matrix for each expert in a folder."""
    return qwen35moe_model(2, "mlp.experts.{}.{}_proj", True)


def deepseek3():
    """DeepSeek-V3: sigmoids, a bias of the choice, groups by their two best; Yarn. Six experts in three groups, of which two are used."""
    return recurrent_models.deepseek2_model(seed=4, query_rank=recurrent_models.QUERY_RANK, normed=True, scale=2.5, groups=(3, 2), sigmoid=True, experts=6)


def moonlight():
    """The same without groups and a rank of queries, as Moonlight."""
    return recurrent_models.deepseek2_model(seed=5, yarn=False, normed=True, scale=2.446, sigmoid=True, split=False)


def lfm2moe():
    """As LFM2, with experts chosen by sigmoids and a bias in all but the first layers."""
    dense = 2

    def feed_forward(model, layer):
        counts(model)
        model.keys |= {"leading_dense_block_count": dense, "expert_gating_func": 2}
        model.config |= {"num_dense_layers": dense, "use_expert_bias": True, "norm_topk_prob": True, "routed_scaling_factor": 1.0}
        if layer < dense:
            return False
        model.experts(layer, "feed_forward.gate", "feed_forward.experts.{}.w1", "feed_forward.experts.{}.w3", "feed_forward.experts.{}.w2")
        model.add(f"blk.{layer}.exp_probs_b.bias", f"model.layers.{layer}.feed_forward.expert_bias",
                  0.3 * model.random.standard_normal(models.EXPERTS))
        return True

    return recurrent_models.lfm2("lfm2moe", "lfm2_moe", feed_forward)


def granite_experts(model, layer):
    """Experts beside a part for all tokens."""
    here, there, shared = f"blk.{layer}.", f"model.layers.{layer}.", models.FEED_FORWARD - 8
    counts(model, count="num_local_experts", width="intermediate_size")
    model.feed_forward = models.EXPERT_FEED_FORWARD
    model.keys["expert_shared_feed_forward_length"] = model.config["shared_intermediate_size"] = shared
    stacked_experts(model, layer, "block_sparse_moe.router.layer", "block_sparse_moe.input_linear.weight", "block_sparse_moe.output_linear.weight")
    both = model.matrix(2 * shared, model.width)
    model.add("", there + "shared_mlp.input_linear.weight", both)
    model.add(here + "ffn_gate_shexp.weight", "", both[:shared])
    model.add(here + "ffn_up_shexp.weight", "", both[shared:])
    model.projection(here + "ffn_down_shexp", there + "shared_mlp.output_linear", model.width, shared)


def granitehybrid_moe():
    """As Granite 4 H Tiny and Small."""
    return recurrent_models.granitehybrid(granite_experts)


def granitemoe(shared=False):
    """Granite 3 MoE."""
    model = Model("granitemoe", "granitemoeshared" if shared else "granitemoe", feed_forward=models.EXPERT_FEED_FORWARD)
    model.adjacent = True
    model.keys |= {"attention.scale": 0.11, "embedding_scale": 1.7, "residual_scale": 0.22, "logit_scale": 1.3}
    model.config |= {"attention_multiplier": 0.11, "embedding_multiplier": 1.7, "residual_multiplier": 0.22, "logits_scaling": 1.3}
    model.embedding(tied=True)
    for layer in range(model.layers):
        model.norm_of(layer, "attn_norm", "input_layernorm")
        model.attention(layer)
        model.norm_of(layer, "ffn_norm", "post_attention_layernorm")
        if shared:
            granite_experts(model, layer)
        else:
            counts(model, count="num_local_experts", width="intermediate_size")
            stacked_experts(model, layer, "block_sparse_moe.router.layer", "block_sparse_moe.input_linear.weight",
                            "block_sparse_moe.output_linear.weight")
    return model.finish()


def granitemoe_shared():
    return granitemoe(shared=True)


def gemma4_moe():
    """As Gemma 4 26B-A4B: experts beside the feed-forward part, each between norms of its own."""
    return recurrent_models.gemma4_model([True, True, False, True, False], seed=6, per_layer=0, global_kv=1, kv_heads=3, heads=6, with_experts=True)


MODELS = {function.__name__: function for function in (qwen2moe, qwen35moe, qwen35moe_turned, deepseek3, moonlight, lfm2moe,
                                                       granitemoe, granitemoe_shared, granitehybrid_moe, gemma4_moe)}
