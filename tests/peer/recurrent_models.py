"""Small random models of architectures that keep a state or latent numbers instead of keys and values, and of those whose layers differ;
part of architecture_models.py, where the sizes are.
"""
import numpy as np

import architecture_models as models
from architecture_models import Model, pre_norm

CONV_TAPS, STATE_TAPS = 3, 4
TEMPERATURE = 0.7
GLOBAL_HEAD, PER_LAYER = 24, 20
ROTATED_SHARE = 0.25  # of GLOBAL_HEAD: int(24 · 0.25 / 2) = 3 pairs of 12 turn
STILL, TURNED, VALUE_HEAD, KV_RANK, QUERY_RANK, SHARED_EXPERTS = 12, 8, 14, 40, 28, 2  # a head of keys is 12 + 8

def mistral3():
    """Ministral 3: Llama, queries scaled by their position, Yarn without a magnitude."""
    original = models.CONTEXT // 4
    model = Model("mistral3", "ministral3", base=1e6)
    model.adjacent = True
    model.keys |= {"rope.scaling.type": "yarn", "rope.scaling.factor": 4.0, "rope.scaling.original_context_length": original,
                   "rope.scaling.yarn_beta_fast": 8.0, "rope.scaling.yarn_beta_slow": 2.0, "rope.scaling.yarn_log_multiplier": 1.0,
                   "attention.temperature_scale": TEMPERATURE}
    model.config |= {"rope_theta": None, "rope_parameters": {
        "rope_type": "yarn", "type": "yarn", "rope_theta": model.base, "factor": 4.0, "original_max_position_embeddings": original, "beta_fast": 8.0,
        "beta_slow": 2.0, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": TEMPERATURE}}
    model.embedding()
    return pre_norm(model).finish()


def lfm2(architecture="lfm2", model_type=None, feed_forward=None):
    """Short convolutions, and attention in some layers; the last norm is called token_embd_norm. feed_forward: of a model and a layer, what it has
    of it; says whether it had anything."""
    model = Model(architecture, model_type, base=1e6, layers=4, head=models.WIDTH // models.HEADS)
    kinds = ["conv", "full_attention", "conv", "full_attention"]
    model.keys |= {"attention.head_count_kv": [model.kv_heads if kind == "full_attention" else 0 for kind in kinds],
                   "shortconv.l_cache": CONV_TAPS, "attention.key_length": None, "attention.value_length": None,
                   "rope.dimension_count": None}
    model.config |= {"layer_types": kinds, "conv_L_cache": CONV_TAPS, "conv_bias": False, "norm_eps": model.epsilon, "rms_norm_eps": None,
                     "block_auto_adjust_ff_dim": False, "tie_word_embeddings": True, "head_dim": None, "hidden_act": None}
    model.add("token_embd.weight", "model.embed_tokens.weight", 0.2 * model.random.standard_normal((models.VOCABULARY, model.width)))
    model.norm_weight("token_embd_norm.weight", "model.embedding_norm.weight", model.width)
    for layer, kind in enumerate(kinds):
        here, there = f"blk.{layer}.", f"model.layers.{layer}."
        model.norm_of(layer, "attn_norm", "operator_norm")
        if kind == "conv":
            kernel = model.random.standard_normal((model.width, CONV_TAPS))
            model.projection(here + "shortconv.in_proj", there + "conv.in_proj", 3 * model.width, model.width)
            model.add(here + "shortconv.conv.weight", there + "conv.conv.weight", kernel, kernel[:, None, :])
            model.projection(here + "shortconv.out_proj", there + "conv.out_proj", model.width, model.width)
        else:
            queries, keys = model.heads * model.head, model.kv_heads * model.head
            model.projection(here + "attn_q", there + "self_attn.q_proj", queries, model.width, gain=1.5)
            model.projection(here + "attn_k", there + "self_attn.k_proj", keys, model.width, gain=1.5)
            model.projection(here + "attn_v", there + "self_attn.v_proj", keys, model.width)
            model.projection(here + "attn_output", there + "self_attn.out_proj", model.width, queries)
            model.norm_weight(here + "attn_q_norm.weight", there + "self_attn.q_layernorm.weight", model.head)
            model.norm_weight(here + "attn_k_norm.weight", there + "self_attn.k_layernorm.weight", model.head)
        model.norm_of(layer, "ffn_norm", "ffn_norm")
        if feed_forward and feed_forward(model, layer):
            continue
        model.projection(here + "ffn_gate", there + "feed_forward.w1", model.feed_forward, model.width)
        model.projection(here + "ffn_up", there + "feed_forward.w3", model.feed_forward, model.width)
        model.projection(here + "ffn_down", there + "feed_forward.w2", model.width, model.feed_forward)
    return model.finish()


def qwen35(architecture="qwen35", model_type="qwen3_5_text", feed_forward=Model.feed_forward_part, layers=4):
    """Gated delta nets, gated attention in some layers; three value heads of a delta net for each of its key heads."""
    model = Model(architecture, model_type, base=1e7, epsilon=1e-6, layers=layers)
    model.norms_from_one = True
    kinds = ["linear_attention", "full_attention", "linear_attention", "linear_attention"][:layers]
    key_heads, repeat, size = 2, 3, 12
    value_heads, rotated = key_heads * repeat, models.ROTATED
    keys, inner = key_heads * size, value_heads * size
    pairs = rotated // 2
    sections = [(pairs + 2) // 3, (pairs + 1) // 3, pairs // 3]  # every pair belongs to one of the three
    model.keys |= {"rope.dimension_count": rotated, "rope.dimension_sections": [*sections, 0], "full_attention_interval": 4,
                   "attention.recurrent_layers": [kind == "linear_attention" for kind in kinds], "ssm.conv_kernel": STATE_TAPS,
                   "ssm.state_size": size, "ssm.group_count": key_heads, "ssm.time_step_rank": value_heads, "ssm.inner_size": inner}
    model.config |= {"layer_types": kinds, "full_attention_interval": 4, "attn_output_gate": True, "linear_conv_kernel_dim": STATE_TAPS,
                     "linear_key_head_dim": size, "linear_value_head_dim": size, "linear_num_key_heads": key_heads,
                     "linear_num_value_heads": value_heads, "rope_theta": None,
                     "rope_parameters": {"rope_type": "default", "rope_theta": model.base, "partial_rotary_factor": rotated / model.head,
                                         "mrope_section": sections, "mrope_interleaved": True}}
    model.embedding(tied=True)

    def tiled(values, axis=0):
        """Value heads in the order of GGUF: the first of every key head, the second of every one …"""
        shape = values.shape
        there = values.reshape(*shape[:axis], key_heads, repeat, -1, *shape[axis + 1:])
        return there.swapaxes(axis, axis + 1).reshape(shape)

    for layer, kind in enumerate(kinds):
        here, there = f"blk.{layer}.", f"model.layers.{layer}."
        model.norm_of(layer, "attn_norm", "input_layernorm")
        if kind == "linear_attention":
            own = there + "linear_attn."
            mixed, z = model.matrix(2 * keys + inner, model.width), model.matrix(inner, model.width)
            kernel = 0.5 * model.random.standard_normal((2 * keys + inner, STATE_TAPS))
            a, b = model.matrix(value_heads, model.width), model.matrix(value_heads, model.width)
            logs, bias = np.log(model.random.uniform(0.05, 1.5, value_heads)), model.random.standard_normal(value_heads)
            out = model.matrix(model.width, inner)
            of_values = lambda values: np.concatenate([values[:2 * keys], tiled(values[2 * keys:])])
            model.add(here + "attn_qkv.weight", own + "in_proj_qkv.weight", of_values(mixed), mixed)
            model.add(here + "attn_gate.weight", own + "in_proj_z.weight", tiled(z), z)
            model.add(here + "ssm_conv1d.weight", own + "conv1d.weight", of_values(kernel), kernel[:, None])
            model.add(here + "ssm_alpha.weight", own + "in_proj_a.weight", tiled(a), a)
            model.add(here + "ssm_beta.weight", own + "in_proj_b.weight", tiled(b), b)
            model.add(here + "ssm_a", own + "A_log", tiled(-np.exp(logs)), logs)
            model.add(here + "ssm_dt.bias", own + "dt_bias", tiled(bias), bias)
            norm = model.norm(size)
            model.add(here + "ssm_norm.weight", own + "norm.weight", norm)  # this one is not stored from 1
            model.add(here + "ssm_out.weight", own + "out_proj.weight", tiled(out, 1), out)
        else:
            own, queries, kv = there + "self_attn.", model.heads * model.head, model.kv_heads * model.head
            model.projection(here + "attn_q", own + "q_proj", 2 * queries, model.width, gain=1.5)  # of each head its queries, then its gates
            model.projection(here + "attn_k", own + "k_proj", kv, model.width, gain=1.5)
            model.projection(here + "attn_v", own + "v_proj", kv, model.width)
            model.projection(here + "attn_output", own + "o_proj", model.width, queries)
            model.norm_weight(here + "attn_q_norm.weight", own + "q_norm.weight", model.head)
            model.norm_weight(here + "attn_k_norm.weight", own + "k_norm.weight", model.head)
        model.norm_of(layer, "post_attention_norm", "post_attention_layernorm")
        feed_forward(model, layer)
    return model.finish()


def mamba2_mixer(model, layer, own, groups, size, state):
    """One Mamba 2 layer: own is the folder's prefix of it."""
    here, inner = f"blk.{layer}.", 2 * model.width
    heads, channels = inner // size, inner + 2 * groups * state
    kernel = 0.5 * model.random.standard_normal((channels, STATE_TAPS))
    logs, skip = np.log(model.random.uniform(0.05, 1.5, heads)), model.random.standard_normal(heads)
    norm, bias = model.norm(inner), model.random.standard_normal(heads)
    model.projection(here + "ssm_in", own + "in_proj", inner + channels + heads, model.width)
    model.add(here + "ssm_conv1d.weight", own + "conv1d.weight", kernel, kernel[:, None])
    model.add(here + "ssm_conv1d.bias", own + "conv1d.bias", 0.2 * model.random.standard_normal(channels))
    model.add(here + "ssm_dt.bias", own + "dt_bias", bias)
    model.add(here + "ssm_a", own + "A_log", -np.exp(logs)[:, None], logs)
    model.add(here + "ssm_d", own + "D", skip[:, None], skip)
    model.add(here + "ssm_norm.weight", own + "norm.weight", norm.reshape(groups, -1), norm)
    model.projection(here + "ssm_out", own + "out_proj", model.width, inner)
    return {"ssm.conv_kernel": STATE_TAPS, "ssm.inner_size": inner, "ssm.state_size": state, "ssm.time_step_rank": heads, "ssm.group_count": groups}


def mamba2(groups=1):
    """Mamba 2: no attention, no feed-forward part."""
    model = Model("mamba2")
    size, state = 12, 20
    absent = ("attention.head_count_kv", "attention.key_length", "attention.value_length", "rope.dimension_count", "rope.freq_base")
    model.keys |= {**dict.fromkeys(absent), "feed_forward_length": 0, "attention.head_count": 0}
    gone = ("max_position_embeddings", "intermediate_size", "num_attention_heads", "num_key_value_heads", "rms_norm_eps", "rope_theta")
    model.config |= {**dict.fromkeys(gone), "layer_norm_epsilon": model.epsilon, "head_dim": size, "num_heads": 2 * model.width // size,
                     "state_size": state, "n_groups": groups, "expand": 2, "conv_kernel": STATE_TAPS, "use_bias": False, "use_conv_bias": True,
                     "rms_norm": True}
    model.add("token_embd.weight", "backbone.embeddings.weight", 0.2 * model.random.standard_normal((models.VOCABULARY, model.width)))
    model.config["tie_word_embeddings"] = True
    model.norm_weight("output_norm.weight", "backbone.norm_f.weight", model.width)
    for layer in range(model.layers):
        model.norm_weight(f"blk.{layer}.attn_norm.weight", f"backbone.layers.{layer}.norm.weight", model.width)
        model.keys |= mamba2_mixer(model, layer, f"backbone.layers.{layer}.mixer.", groups, size, state)
    return model.finish()


def mamba2_groups():
    """As Mamba Codestral: heads share B and C in groups, the gated norm is of each group."""
    return mamba2(groups=2)


def shared_part(model, layer):
    here, there = f"blk.{layer}.", f"model.layers.{layer}."
    both, down = model.matrix(2 * model.feed_forward, model.width), model.matrix(model.width, model.feed_forward)
    model.add("", there + "shared_mlp.input_linear.weight", both)
    model.add(here + "ffn_gate.weight", "", both[:model.feed_forward])
    model.add(here + "ffn_up.weight", "", both[model.feed_forward:])
    model.add(here + "ffn_down.weight", there + "shared_mlp.output_linear.weight", down)


def granitehybrid(feed_forward=shared_part):
    """Granite 4 H: Mamba 2 or attention without positions, then a feed-forward part; Granite's factors."""
    model = Model("granitehybrid", "granitemoehybrid", layers=4, head=models.WIDTH // models.HEADS)
    model.adjacent = True  # queries and keys are stored in pairs, though nothing is rotated
    kinds, size, state = ["mamba", "attention", "mamba", "mamba"], 12, 20
    model.keys |= {"attention.head_count_kv": [model.kv_heads if kind == "attention" else 0 for kind in kinds],
                   "attention.key_length": None, "attention.value_length": None, "rope.scaling.finetuned": False,
                   "attention.scale": 0.11, "embedding_scale": 1.7, "residual_scale": 0.22, "logit_scale": 1.3}
    model.config |= {"attention_multiplier": 0.11, "embedding_multiplier": 1.7, "residual_multiplier": 0.22, "logits_scaling": 1.3,
                     "layer_types": kinds, "position_embedding_type": "nope", "head_dim": None, "num_local_experts": 0, "num_experts_per_tok": 0,
                     "shared_intermediate_size": model.feed_forward, "mamba_n_heads": 2 * model.width // size, "mamba_n_groups": 1,
                     "mamba_d_state": state, "mamba_d_head": size, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_conv_bias": True,
                     "mamba_proj_bias": False}
    model.embedding(tied=True)
    for layer, kind in enumerate(kinds):
        here, there = f"blk.{layer}.", f"model.layers.{layer}."
        model.norm_of(layer, "attn_norm", "input_layernorm")
        if kind == "mamba":
            model.keys |= mamba2_mixer(model, layer, there + "mamba.", 1, size, state)
        else:
            model.attention(layer)
        model.norm_of(layer, "ffn_norm", "post_attention_layernorm")
        feed_forward(model, layer)
    return model.finish()


def gemma4_model(windowed, seed=1, per_layer=PER_LAYER, shared=0, global_kv=None, with_experts=False, kv_heads=1, heads=3, wide=False):
    """windowed: for each layer whether it sees a window; shared: so many last layers use an earlier one's keys and values;
    global_kv: heads of keys of the layers that see everything, which then have no matrix of values."""
    layers = len(windowed)
    model = Model("gemma4", "gemma4_text", seed=seed, layers=layers, base=1e6, epsilon=1e-6, heads=heads, kv_heads=kv_heads)
    first_shared = layers - shared
    feeds = [model.feed_forward * (2 if wide and layer >= first_shared else 1) for layer in range(layers)]
    pairs = GLOBAL_HEAD // 2
    turning = int(GLOBAL_HEAD * ROTATED_SHARE / 2)
    model.keys |= {"attention.key_length": GLOBAL_HEAD, "attention.value_length": GLOBAL_HEAD, "attention.key_length_swa": model.head,
                   "attention.value_length_swa": model.head, "rope.dimension_count": GLOBAL_HEAD, "rope.dimension_count_swa": model.head,
                   "rope.freq_base_swa": 10000.0, "attention.sliding_window": models.WINDOW, "attention.sliding_window_pattern": list(windowed),
                   "attention.shared_kv_layers": shared, "embedding_length_per_layer_input": per_layer, "final_logit_softcapping": 5.0}
    types = ["sliding_attention" if one else "full_attention" for one in windowed]
    model.config |= {"global_head_dim": GLOBAL_HEAD, "sliding_window": models.WINDOW, "layer_types": types, "num_kv_shared_layers": shared,
                     "hidden_size_per_layer_input": per_layer, "vocab_size_per_layer_input": models.VOCABULARY, "final_logit_softcapping": 5.0,
                     "attention_k_eq_v": global_kv is not None, "num_global_key_value_heads": global_kv, "use_double_wide_mlp": wide,
                     "enable_moe_block": with_experts, "hidden_act": None, "hidden_activation": "gelu_pytorch_tanh", "rope_theta": None,
                     "rope_parameters": {"full_attention": {"rope_type": "proportional", "partial_rotary_factor": ROTATED_SHARE, "rope_theta": 1e6},
                                         "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}}
    if wide:
        model.keys["feed_forward_length"] = feeds
    if global_kv is not None:
        model.keys["attention.head_count_kv"] = [kv_heads if one else global_kv for one in windowed]
    if with_experts:
        model.keys |= {"expert_count": models.EXPERTS, "expert_used_count": models.USED_EXPERTS, "expert_feed_forward_length": models.EXPERT_FEED_FORWARD}
        model.config |= {"num_experts": models.EXPERTS, "top_k_experts": models.USED_EXPERTS, "moe_intermediate_size": models.EXPERT_FEED_FORWARD}
    model.embedding(tied=True)
    model.add("rope_freqs.weight", "", np.array([1.0] * turning + [1e30] * (pairs - turning)))
    if per_layer:
        model.add("per_layer_token_embd.weight", "model.embed_tokens_per_layer.weight",
                  0.3 * model.random.standard_normal((models.VOCABULARY, layers * per_layer)))
        model.projection("per_layer_model_proj", "model.per_layer_model_projection", layers * per_layer, model.width, gain=3.0)
        model.norm_weight("per_layer_proj_norm.weight", "model.per_layer_projection_norm.weight", per_layer)
    for layer, sees_window in enumerate(windowed):
        here, there = f"blk.{layer}.", f"model.layers.{layer}."
        head = model.head if sees_window else GLOBAL_HEAD
        kv = kv_heads if sees_window or global_kv is None else global_kv
        model.norm_of(layer, "attn_norm", "input_layernorm")
        model.projection(here + "attn_q", there + "self_attn.q_proj", heads * head, model.width)
        values = 0.3 * model.norm(head)  # no other scale of the scores
        model.add(here + "attn_q_norm.weight", there + "self_attn.q_norm.weight", values)
        if layer < first_shared:
            model.projection(here + "attn_k", there + "self_attn.k_proj", kv * head, model.width)
            model.norm_weight(here + "attn_k_norm.weight", there + "self_attn.k_norm.weight", head)
            if sees_window or global_kv is None:
                model.projection(here + "attn_v", there + "self_attn.v_proj", kv * head, model.width)
        model.projection(here + "attn_output", there + "self_attn.o_proj", model.width, heads * head)
        model.norm_of(layer, "post_attention_norm", "post_attention_layernorm")
        model.norm_of(layer, "ffn_norm", "pre_feedforward_layernorm")
        model.projection(here + "ffn_gate", there + "mlp.gate_proj", feeds[layer], model.width)
        model.projection(here + "ffn_up", there + "mlp.up_proj", feeds[layer], model.width)
        model.projection(here + "ffn_down", there + "mlp.down_proj", model.width, feeds[layer])
        model.norm_of(layer, "post_ffw_norm", "post_feedforward_layernorm")
        if with_experts:
            model.projection(here + "ffn_gate_inp", there + "router.proj", models.EXPERTS, model.width, gain=2.0 * np.sqrt(model.width))
            model.add(here + "ffn_gate_inp.scale", there + "router.scale", model.norm(model.width))
            both = np.stack([model.matrix(2 * models.EXPERT_FEED_FORWARD, model.width) for _ in range(models.EXPERTS)])
            model.add(here + "ffn_gate_up_exps.weight", there + "experts.gate_up_proj", both)
            down = np.stack([model.matrix(model.width, models.EXPERT_FEED_FORWARD) for _ in range(models.EXPERTS)])
            model.add(here + "ffn_down_exps.weight", there + "experts.down_proj", down)
            model.add(here + "ffn_down_exps.scale", there + "router.per_expert_scale", model.norm(models.EXPERTS))
            model.norm_of(layer, "pre_ffw_norm_2", "pre_feedforward_layernorm_2")
            model.norm_of(layer, "post_ffw_norm_1", "post_feedforward_layernorm_1")
            model.norm_of(layer, "post_ffw_norm_2", "post_feedforward_layernorm_2")
        if per_layer:
            model.projection(here + "inp_gate", there + "per_layer_input_gate", per_layer, model.width)
            model.projection(here + "proj", there + "per_layer_projection", model.width, per_layer)
            model.norm_of(layer, "post_norm", "post_per_layer_input_norm")
        model.add(here + "layer_output_scale.weight", there + "layer_scalar", np.array([0.6 + 0.1 * layer]))
    return model.finish()


def gemma4():
    return gemma4_model([True, True, False, True, False, True, False], shared=2, wide=True)


def gemma4_dense():
    return gemma4_model([True, True, False, True, False], seed=2, per_layer=0, global_kv=1, kv_heads=3, heads=6)


def deepseek2_model(seed=1, layers=3, query_rank=0, split=True, yarn=True, normed=False, scale=1.0, groups=None, sigmoid=False, tied=False,
                    says_no_query_rank=True, experts=None):
    model = Model("deepseek2", "deepseek_v3" if sigmoid else "deepseek_v2", seed=seed, layers=layers, epsilon=1e-6, heads=5, kv_heads=1, head=STILL + TURNED)
    experts = experts or models.EXPERTS
    heads, inner = model.heads, models.EXPERT_FEED_FORWARD
    model.keys |= {"attention.key_length": KV_RANK + TURNED if split else STILL + TURNED, "attention.value_length": KV_RANK if split else VALUE_HEAD,
                   "attention.head_count_kv": 1 if split else heads, "attention.kv_lora_rank": KV_RANK, "rope.dimension_count": TURNED,
                   "attention.q_lora_rank": query_rank if query_rank or says_no_query_rank else None, "leading_dense_block_count": 1,
                   "expert_count": experts, "expert_used_count": models.USED_EXPERTS, "expert_shared_count": SHARED_EXPERTS,
                   "expert_feed_forward_length": inner, "expert_weights_scale": scale, "expert_weights_norm": normed,
                   "expert_gating_func": 2 if sigmoid else 1}
    model.config |= {"num_key_value_heads": heads, "head_dim": None, "kv_lora_rank": KV_RANK, "qk_nope_head_dim": STILL, "qk_rope_head_dim": TURNED,
                     "v_head_dim": VALUE_HEAD, "q_lora_rank": query_rank or None, "first_k_dense_replace": 1, "n_routed_experts": experts,
                     "num_experts_per_tok": models.USED_EXPERTS, "n_shared_experts": SHARED_EXPERTS, "moe_intermediate_size": inner,
                     "routed_scaling_factor": scale, "norm_topk_prob": normed, "scoring_func": "sigmoid" if sigmoid else "softmax",
                     "topk_method": "noaux_tc" if sigmoid else "greedy", "n_group": groups[0] if groups else 1, "topk_group": groups[1] if groups else 1,
                     "attention_bias": False, "moe_layer_freq": 1}
    if split:
        model.keys |= {"attention.key_length_mla": STILL + TURNED, "attention.value_length_mla": VALUE_HEAD}
    if groups:
        model.keys |= {"expert_group_count": groups[0], "expert_group_used_count": groups[1]}
    if yarn:
        factor, original, all_dim = 4.0, models.CONTEXT // 4, 0.707
        model.keys |= {"rope.scaling.type": "yarn", "rope.scaling.factor": factor, "rope.scaling.original_context_length": original,
                       "rope.scaling.yarn_log_multiplier": 0.1 * all_dim}
        model.config |= {"rope_scaling": {"type": "yarn", "factor": factor, "original_max_position_embeddings": original, "beta_fast": 32, "beta_slow": 1,
                                          "mscale": all_dim, "mscale_all_dim": all_dim}}
    model.embedding(tied=tied)
    for layer in range(layers):
        here, there = f"blk.{layer}.", f"model.layers.{layer}."
        attention, ffn = there + "self_attn.", there + "mlp."
        model.norm_of(layer, "attn_norm", "input_layernorm")
        if query_rank:
            model.projection(here + "attn_q_a", attention + "q_a_proj", query_rank, model.width)
            model.norm_weight(here + "attn_q_a_norm.weight", attention + "q_a_layernorm.weight", query_rank)
            model.projection(here + "attn_q_b", attention + "q_b_proj", heads * (STILL + TURNED), query_rank, gain=1.5)
        else:
            model.projection(here + "attn_q", attention + "q_proj", heads * (STILL + TURNED), model.width, gain=1.5)
        model.projection(here + "attn_kv_a_mqa", attention + "kv_a_proj_with_mqa", KV_RANK + TURNED, model.width, gain=1.5)
        model.norm_weight(here + "attn_kv_a_norm.weight", attention + "kv_a_layernorm.weight", KV_RANK)
        both = model.matrix(heads * (STILL + VALUE_HEAD), KV_RANK)
        model.add("" if split else here + "attn_kv_b.weight", attention + "kv_b_proj.weight", both)
        if split:
            of_heads = both.reshape(heads, STILL + VALUE_HEAD, KV_RANK)
            model.add(here + "attn_k_b.weight", "", of_heads[:, :STILL].swapaxes(1, 2))  # [heads, KV_RANK, STILL]
            model.add(here + "attn_v_b.weight", "", of_heads[:, STILL:])                 # [heads, VALUE_HEAD, KV_RANK]
        model.projection(here + "attn_output", attention + "o_proj", model.width, heads * VALUE_HEAD)
        model.norm_of(layer, "ffn_norm", "post_attention_layernorm")
        if layer < 1:
            model.feed_forward_part(layer)
            continue
        model.projection(here + "ffn_gate_inp", ffn + "gate", experts, model.width, gain=2.0)
        if sigmoid:
            model.add(here + "exp_probs_b.bias", ffn + "gate.e_score_correction_bias", 0.3 * model.random.standard_normal(experts))
        for name, rows, columns in (("gate", inner, model.width), ("up", inner, model.width), ("down", model.width, inner)):
            stack = np.stack([model.matrix(rows, columns) for _ in range(experts)])
            model.add(f"{here}ffn_{name}_exps.weight", "", stack)
            for expert, values in enumerate(stack):
                model.add("", f"{ffn}experts.{expert}.{name}_proj.weight", values)
            wide = SHARED_EXPERTS * inner
            model.projection(f"{here}ffn_{name}_shexp", f"{ffn}shared_experts.{name}_proj", *((model.width, wide) if name == "down" else (wide, model.width)))
    return model.finish()


def deepseek2():
    return deepseek2_model()


def deepseek2_old():
    return deepseek2_model(seed=2, split=False)


def deepseek2_lora():
    return deepseek2_model(seed=3, query_rank=QUERY_RANK, yarn=False, normed=True, scale=1.6, tied=True)


MODELS = {function.__name__: function for function in (mistral3, lfm2, qwen35, mamba2, mamba2_groups, granitehybrid, gemma4, gemma4_dense,
                                                       deepseek2, deepseek2_old, deepseek2_lora)}
