"""Shapes of models that the recipes are compared on: metadata and tensor tables, no weights.

A tensor's name may hold one range of blocks, "blk.{0-31}.attn_q.weight". Shapes are [out, in], as NumPy has them; a type
may follow, F16 otherwise (F32 for vectors).
"""


def llama(layers, width, heads, kv_heads, hidden, vocabulary, tied=False, architecture='llama', head=None, experts=0,
          expert_hidden=0, extra_keys=None, norms=()):
    """A block of the Llama family: RMSNorm, grouped queries, gated feed-forward or stacks of experts."""
    head = head or width // heads
    blocks = f'blk.{{0-{layers - 1}}}.'
    keys = {'context_length': 4096, 'embedding_length': width, 'block_count': layers, 'feed_forward_length': hidden,
            'attention.head_count': heads, 'attention.head_count_kv': kv_heads,
            'attention.layer_norm_rms_epsilon': 1e-5, 'rope.dimension_count': head, 'attention.key_length': head,
            'attention.value_length': head}
    tensors = [['token_embd.weight', [vocabulary, width]], ['output_norm.weight', [width]]]
    if not tied:
        tensors.append(['output.weight', [vocabulary, width]])
    tensors += [[blocks + 'attn_norm.weight', [width]], [blocks + 'attn_q.weight', [heads * head, width]],
                [blocks + 'attn_k.weight', [kv_heads * head, width]], [blocks + 'attn_v.weight', [kv_heads * head, width]],
                [blocks + 'attn_output.weight', [width, heads * head]], [blocks + 'ffn_norm.weight', [width]]]
    if experts:
        keys.update({'expert_count': experts, 'expert_used_count': 2, 'expert_feed_forward_length': expert_hidden})
        tensors += [[blocks + 'ffn_gate_inp.weight', [experts, width], 'F32'],
                    [blocks + 'ffn_gate_exps.weight', [experts, expert_hidden, width]],
                    [blocks + 'ffn_up_exps.weight', [experts, expert_hidden, width]],
                    [blocks + 'ffn_down_exps.weight', [experts, width, expert_hidden]]]
    else:
        tensors += [[blocks + 'ffn_gate.weight', [hidden, width]], [blocks + 'ffn_up.weight', [hidden, width]],
                    [blocks + 'ffn_down.weight', [width, hidden]]]
    tensors += [[blocks + name, [width]] for name in norms]
    keys.update(extra_keys or {})
    return {'architecture': architecture, 'keys': keys, 'tensors': tensors}


def falcon(layers, width, heads, kv_heads, vocabulary):
    head = width // heads
    blocks = f'blk.{{0-{layers - 1}}}.'
    return {'architecture': 'falcon',
            'keys': {'context_length': 2048, 'embedding_length': width, 'block_count': layers,
                     'feed_forward_length': 4 * width, 'attention.head_count': heads,
                     'attention.head_count_kv': kv_heads, 'attention.layer_norm_epsilon': 1e-5},
            'tensors': [['token_embd.weight', [vocabulary, width]], ['output_norm.weight', [width]],
                        ['output_norm.bias', [width]], ['output.weight', [vocabulary, width]],
                        [blocks + 'attn_norm.weight', [width]], [blocks + 'attn_norm.bias', [width]],
                        [blocks + 'attn_qkv.weight', [(heads + 2 * kv_heads) * head, width]],
                        [blocks + 'attn_output.weight', [width, width]],
                        [blocks + 'ffn_up.weight', [4 * width, width]],
                        [blocks + 'ffn_down.weight', [width, 4 * width]]]}


def stored_as(dtype, model):
    """The same with matrices of another type, so that F16 is a choice and not what they were."""
    return {**model, 'tensors': [row + [dtype] if len(row[1]) > 1 and len(row) == 2 else row for row in model['tensors']]}


def with_more(model, tensors):
    return {**model, 'tensors': model['tensors'] + tensors}


def deepseek2_lite():
    layers, width, heads, rank = 27, 2048, 16, 512
    model = {'architecture': 'deepseek2', 'tensors': []}
    model['keys'] = {'context_length': 4096, 'embedding_length': width, 'block_count': layers,
                     'feed_forward_length': 10944, 'attention.head_count': heads, 'attention.head_count_kv': 1,
                     'attention.layer_norm_rms_epsilon': 1e-6, 'attention.kv_lora_rank': rank,
                     'attention.key_length': 576, 'attention.value_length': 512, 'attention.key_length_mla': 192,
                     'attention.value_length_mla': 128, 'rope.dimension_count': 64, 'leading_dense_block_count': 1,
                     'expert_count': 64, 'expert_used_count': 6, 'expert_shared_count': 2,
                     'expert_feed_forward_length': 1408, 'expert_weights_scale': 1.0}
    every, dense, sparse = (f'blk.{{{r}}}.' for r in (f'0-{layers - 1}', '0-0', f'1-{layers - 1}'))
    model['tensors'] = [
        ['token_embd.weight', [102400, width]], ['output_norm.weight', [width]], ['output.weight', [102400, width]],
        [every + 'attn_norm.weight', [width]], [every + 'attn_q.weight', [heads * 192, width]],
        [every + 'attn_kv_a_mqa.weight', [576, width]], [every + 'attn_kv_a_norm.weight', [rank]],
        [every + 'attn_kv_b.weight', [heads * 256, rank]], [every + 'attn_k_b.weight', [heads, rank, 128]],
        [every + 'attn_v_b.weight', [heads, 128, rank]], [every + 'attn_output.weight', [width, heads * 128]],
        [every + 'ffn_norm.weight', [width]], [dense + 'ffn_gate.weight', [10944, width]],
        [dense + 'ffn_up.weight', [10944, width]], [dense + 'ffn_down.weight', [width, 10944]],
        [sparse + 'ffn_gate_inp.weight', [64, width], 'F32'], [sparse + 'exp_probs_b.bias', [64]],
        [sparse + 'ffn_gate_exps.weight', [64, 1408, width]], [sparse + 'ffn_up_exps.weight', [64, 1408, width]],
        [sparse + 'ffn_down_exps.weight', [64, width, 1408]], [sparse + 'ffn_gate_shexp.weight', [2816, width]],
        [sparse + 'ffn_up_shexp.weight', [2816, width]], [sparse + 'ffn_down_shexp.weight', [width, 2816]]]
    return model


def as_bailing_moe3(model):
    """The architecture that has 3D matrices beside its experts."""
    keys = {'kda.head_dim': 64, 'kda.gate_lower_bound': -5.0, 'expert_gating_func': 2, 'ssm.conv_kernel': 4,
            'expert_shared_feed_forward_length': 2816}
    return {**model, 'architecture': 'bailingmoe3', 'keys': {**model['keys'], **keys}}


def names_of_every_kind():
    """Names that the quantizer knows, on a small Llama: what is kept and what only looks as if."""
    block = 'blk.{0-7}.'
    matrix = [512, 512]
    names = ['ssm_in.weight', 'ssm_conv1d.weight', 'shortconv.conv.weight', 'shortconv.in_proj.weight', 'ssm_x.weight',
             'ssm_a', 'time_mix_first.weight', 'time_mix_w0.weight', 'time_mix_w1.weight', 'time_mix_w2.weight',
             'time_mix_v0.weight', 'time_mix_v1.weight', 'time_mix_v2.weight', 'time_mix_a0.weight',
             'time_mix_a1.weight', 'time_mix_a2.weight', 'time_mix_g1.weight', 'time_mix_g2.weight',
             'time_mix_decay_w1.weight', 'time_mix_decay_w2.weight', 'time_mix_lerp_fused.weight',
             'time_mix_key.weight', 'channel_mix_value.weight', 'attn_rel_b.weight', 'cross_attn_v.weight',
             'cross_attn_q.weight', 'cross_attn_o.weight', 'attn_q_a.weight', 'attn_q_b.weight',
             'attn_kv_a_mqa.weight', 'attn_kv_b.weight', 'attn_k_b.weight', 'attn_v_b.weight', 'attn_gate.weight',
             'attn_qkv.weight', 'attn_q_norm.weight', 'ffn_gate_inp_shexp.weight', 'ffn_up_shexp.weight',
             'ffn_gate_shexp.weight', 'ffn_down_shexp.weight', 'ffn_gate_up_exps.weight', 'ffn_sub_norm.weight',
             'altup_correct_coef.weight', 'laurel_l.weight', 'laurel_r.weight', 'inp_gate.weight', 'proj.weight',
             'nextn.eh_proj.weight', 'indexer.k_proj.weight', 'indexer.attn_k.weight', 'indexer.attn_q_b.weight',
             'vis_attn_qkv.weight', 'vis_attn_output.weight', 'vis_up.weight', 'vis_gate.weight', 'vis_down.weight',
             'attn_sinks.weight', 'ffn_latent_up.weight']
    outside = ['per_layer_token_embd.weight', 'per_layer_model_proj.weight', 'position_embd.weight',
               'token_types.weight', 'cls.weight', 'cls.output.weight', 'v.position_embd.weight',
               'v.patch_embd.weight', 'v.blk.0.attn_v.weight', 'v.blk.0.ffn_down.weight', 'mm.0.weight',
               'mm.patch_merger.weight', 'rope_factors_long.weight', 'altup_proj.weight', 'dense_2.weight',
               'token_embd_extra.weight', 'output_extra.weight', 'enc.blk.0.attn_v.weight', 'enc.output_norm.weight']
    return with_more(llama(8, 512, 8, 2, 1024, 1024),
                     [[block + name, matrix] for name in names] + [[name, matrix] for name in outside] +
                     [['blk.{0-7}.ffn_down_exps.weight', [4, 512, 1024]], ['conv1d.weight', [512, 512, 7]],
                      ['blk.{0-7}.one_row.weight', [1, 512]], ['blk.{0-7}.one_column.weight', [512, 1]]])


def models():
    rope = [['rope_freqs.weight', [32], 'F32']]
    return {
        'llama-1b-tied': with_more(llama(16, 2048, 32, 8, 8192, 128256, tied=True), rope),
        'llama-7b': llama(32, 4096, 32, 32, 11008, 32000),
        'llama-13b': llama(40, 5120, 40, 40, 13824, 32000),
        'llama-65b': llama(80, 8192, 64, 64, 22016, 32000),
        'llama-70b': llama(80, 8192, 64, 8, 28672, 32000),
        'llama-70b-pairs': llama(80, 4096, 32, 16, 11008, 32000),  # two queries a key
        'qwen2-72b': llama(80, 8192, 64, 8, 29568, 152064, architecture='qwen2'),
        'olmo-70b': llama(80, 1024, 8, 8, 2048, 1024, architecture='olmo',
                          extra_keys={'attention.layer_norm_epsilon': 1e-5}),
        'deci-70b': llama(80, 1024, 8, 2, 2048, 1024, architecture='deci'),
        'jais2-70b': llama(68, 1024, 8, 4, 2048, 1024, architecture='jais2',
                           extra_keys={'attention.layer_norm_epsilon': 1e-5}),
        'mixtral-8x7b': llama(32, 4096, 32, 8, 14336, 32000, experts=8, expert_hidden=14336),
        'eight-experts-one-query': llama(20, 1024, 8, 8, 2048, 32000, experts=8, expert_hidden=2048),
        'four-experts': llama(24, 1024, 8, 8, 2048, 32000, experts=4, expert_hidden=2048),
        'two-experts': llama(24, 1024, 8, 8, 2048, 32000, experts=2, expert_hidden=2048),
        'qwen3-30b-a3b': llama(48, 2048, 32, 4, 6144, 151936, architecture='qwen3moe', head=128, experts=128,
                               expert_hidden=768),
        'falcon-7b': falcon(32, 4544, 71, 1, 65024),
        'falcon-40b': falcon(60, 8192, 128, 8, 65024),
        'gemma2-9b': llama(42, 3584, 16, 8, 14336, 256000, tied=True, architecture='gemma2', head=256,
                           extra_keys={'attn_logit_softcapping': 50.0, 'final_logit_softcapping': 30.0,
                                       'attention.sliding_window': 4096},
                           norms=('post_attention_norm.weight', 'post_ffw_norm.weight')),
        'deepseek2-lite': deepseek2_lite(),
        'bailingmoe3': as_bailing_moe3(deepseek2_lite()),
        'rows-of-32': llama(20, 1440, 10, 5, 4000, 32000, head=144),  # no row is a multiple of 256
        'rows-of-32-tied': llama(20, 1440, 10, 5, 4000, 32000, head=144, tied=True),
        'rows-of-none': stored_as('F32', llama(6, 1000, 10, 5, 1500, 2000, head=100)),  # nor of 32
        'five-blocks': llama(5, 512, 8, 2, 1024, 1024),
        'names': stored_as('BF16', names_of_every_kind()),
    }
