#include "core/model/tensor_role_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <unordered_map>

namespace core::model {

namespace {

using enum TensorRole;

/// Names of one role, separated by blanks. A name matches where it ends the path at a dot; the longest match decides,
/// so that "experts.gate" (a matrix) is told from "gate" (a router).
struct Names {
  TensorRole role;
  std::string_view names;
};

// As GGUF writes them (llama.cpp's gguf-py names), then as Hugging Face checkpoints do.
constexpr Names kInBlock[] = {
    {Query, "attn_q cross_attn_q vis_attn_q attn.q"},
    {Query,
     "self_attn.q_proj attn.q_proj attention.q_proj mixer.q_proj encoder_attn.q_proj q_proj q_proj_no_perm "
     "attention.wq wq self.query attention.query multi_head_attention.query crossattention.query attention.q_lin "
     "SelfAttention.q EncDecAttention.q attn.q"},
    {Key, "attn_k cross_attn_k"},
    {Key,
     "self_attn.k_proj attn.k_proj mixer.k_proj k_proj k_proj_no_perm attention.wk wk self.key "
     "multi_head_attention.key "
     "attention.k_lin SelfAttention.k EncDecAttention.k attn.k indexer.wk"},
    {Value, "attn_v cross_attn_v"},
    {Value,
     "self_attn.v_proj attn.v_proj mixer.v_proj v_proj attention.wv wv self.value multi_head_attention.value "
     "attention.v_lin SelfAttention.v EncDecAttention.v attn.v"},
    {KeyValue, "attn_kv kv_proj attn.kv attn.c_kv"},
    {QueryKeyValue, "attn_qkv vis_attn_qkv attn.qkv"},
    {QueryKeyValue,
     "query_key_value language_expert_query_key_value vision_expert_query_key_value c_attn attn.c_attn Wqkv qkv_proj "
     "qkv attn.in_proj in_proj_qkv in_proj_weight attn.in_proj_weight wqkv"},
    {AttentionOutput, "attn_output attn_out attn_o cross_attn_o vis_attn_output attn.out"},
    {AttentionOutput,
     "self_attn.o_proj self_attn.out_proj o_proj attn.c_proj attn.out_proj attn.proj mixer.o_proj "
     "encoder_attn.out_proj "
     "attention.wo attention.dense self_attention.dense self_attn.dense attention.output.dense attention.out_lin "
     "multi_head_attention.linear attn.Wo wo attn_out linear_attn SelfAttention.o EncDecAttention.o "
     "language_expert_dense vision_expert_dense attention.out_proj"},
    {AttentionGate, "attn_gate self_attn.gate_proj self_attn.g_proj self_attn.gate linear_attn.in_proj_z in_proj_z"},
    {LatentDown, "attn_q_a attn_kv_a_mqa attn_kv_a q_a_proj kv_a_proj_with_mqa kv_a_proj wq_a wkv_a_with_mqa"},
    {LatentUp,
     "attn_q_b attn_kv_b attn_k_b attn_v_b indexer.attn_k indexer.attn_q_b q_b_proj kv_b_proj k_b_proj v_b_proj wq_b "
     "wkv_b"},
    {Gate, "ffn_gate ffn_gate_exps ffn_gate_shexp ffn_gate_chexps ffn_gate_1 vis_gate"},
    {Gate,
     "mlp.gate_proj gate_proj feed_forward.w1 mlp.w2 mlp.c_fc2 mlp.c_fc_0 mlp.fc12 mlp.gated_layers_w mlp.linear_1 "
     "residual_mlp.w1 ff_proj experts.w1 experts.gate experts.linear moe.linear experts.mlp.w1 shared_experts.w1 "
     "DenseReluDense.wi_0 ffn.w1 block_sparse_moe.gate_proj"},
    {Up, "ffn_up ffn_up_exps ffn_up_shexp ffn_up_chexps ffn_up_1 ffn_latent_up vis_up"},
    {Up,
     "mlp.up_proj up_proj feed_forward.w3 mlp.w1 mlp.dense_h_to_4h dense_h_to_4h mlp.c_fc mlp.c_fc_1 c_fc mlp.fc1 fc1 "
     "mlp.fc11 mlp.fc_in fc_in mlp.Wi intermediate.dense ffn.lin1 mlp.lin1 mlp.linear_3 mlp.linear_fc1 "
     "mlp.gated_layers_v mlp.gated_layers mlp.up_gated_layer residual_mlp.w3 ffn.w12 block_sparse_moe.up experts.w3 "
     "experts.up experts.linear_v moe.linear_v experts.mlp.v1 shared_experts.w3 DenseReluDense.wi DenseReluDense.wi_1 "
     "ffn.proj_1 fc2_latent_proj ffn.w3_proj"},
    {GateUp,
     "ffn_gate_up ffn_gate_up_exps gate_up_proj experts.gate_up_proj mlp.gate_up_proj block_sparse_moe.input_linear "
     "shared_mlp.input_linear"},
    {Down, "ffn_down ffn_down_exps ffn_down_shexp ffn_down_chexps ffn_down_1 ffn_latent_down vis_down"},
    {Down,
     "mlp.down_proj down_proj feed_forward.w2 mlp.c_proj mlp.dense_4h_to_h dense_4h_to_h mlp.fc2 fc2 mlp.fc_out fc_out "
     "mlp.Wo output.dense ffn.lin2 mlp.lin2 mlp.linear_fc2 mlp.wo mlp.down_layer residual_mlp.w2 ffn.w3 ff_out "
     "block_sparse_moe.down block_sparse_moe.output_linear shared_mlp.output_linear experts.w2 experts.down "
     "experts.linear_1 moe.linear_1 experts.mlp.w2 shared_experts.w2 DenseReluDense.wo ffn.proj_2 fc1_latent_proj"},
    {StateSpace, "ssm_in ssm_x ssm_dt ssm_out ssm_ba ssm_alpha ssm_beta ssm_f_a ssm_f_b ssm_g_a ssm_g_b"},
    {StateSpace, "shortconv.in_proj shortconv.out_proj conv.in_proj conv.out_proj"},
    {StateSpace,
     "in_proj x_proj dt_proj out_proj mixer.in_proj mixer.x_proj mixer.dt_proj mixer.dt mixer.out_proj mamba.in_proj "
     "mamba.x_proj mamba.dt_proj mamba.out_proj mixer.bcdt_proj linear_attn.in_proj_qkvz linear_attn.in_proj_ba "
     "linear_attn.in_proj_a linear_attn.in_proj_b linear_attn.out_proj f_a_proj f_b_proj g_a_proj g_b_proj b_proj"},
    {TimeMixing,
     "time_mix_key time_mix_value time_mix_receptance time_mix_gate time_mix_output channel_mix_key "
     "channel_mix_receptance channel_mix_value"},
    {TimeMixing,
     "attention.key attention.value attention.receptance attention.gate attention.output feed_forward.key "
     "feed_forward.receptance feed_forward.value attention.k_proj attention.v_proj attention.r_proj attention.o_proj"},
    {Linear, "nextn.eh_proj eh_proj inp_gate per_layer_input_gate per_layer_projection proj"},

    {Router, "ffn_gate_inp ffn_gate_inp_shexp ffn_gate_tid2eid exp_probs_b altup_router"},
    {Router,
     "gate mlp.gate block_sparse_moe.gate feed_forward.gate moe.gate mixer.gate mlp.gate.wg router router.layer "
     "router.proj router.gate primary_router shared_expert_gate e_score_correction e_score_correction_bias expert_bias "
     "modality_router indexer.proj indexer.weights_proj indexer.k_proj indexer.q_proj"},
    {Norm, "mixer.q mixer.k attn.q_ln attn.k_ln inner_attn_ln nextn.enorm nextn.hnorm"},
    {Embedding, "nextn.embed_tokens"},
    {Output, "nextn.shared_head_head shared_head.head"},
    {Position, "attn_rel_b cross_attn_rel_b attn_rot_embd relative_attention_bias attn_k_rel attn.pos_h attn.pos_w"},
    {Convolution, "ssm_conv1d ssm_conv1d_q ssm_conv1d_k ssm_conv1d_v shortconv.conv conv1d q_conv1d k_conv1d v_conv1d"},
    {LowRank, "altup_correct_coef altup_predict_coef laurel_l laurel_r correction_coefs prediction_coefs linear_left"},
    {LowRank, "linear_right time_mix_w0 time_mix_w1 time_mix_w2 time_mix_a0 time_mix_a1 time_mix_a2 time_mix_v0"},
    {LowRank, "time_mix_v1 time_mix_v2 time_mix_g1 time_mix_g2 time_mix_decay time_mix_decay_w1 time_mix_decay_w2"},
    {LowRank, "time_mix_first time_maa_w1 time_maa_w2 time_decay_w1 time_decay_w2 time_decay time_faaaa attention.w0"},
    {LowRank,
     "attention.w1 attention.w2 attention.a0 attention.a1 attention.a2 attention.v0 attention.v1 attention.v2"},
    {LowRank, "attention.g1 attention.g2 attention.k_k attention.k_a attention.r_k"},
    {Scale, "ssm_a ssm_d A_log A D attn_sinks sinks layer_output_scale ls1 ls2 out_scale layer_scalar"},
};

constexpr Names kOutside[] = {
    {Embedding,
     "token_embd per_layer_token_embd embed_tokens embed_tokens_per_layer wte word_embeddings tok_embeddings embed_in "
     "in_out_embed token_embeddings embeddings backbone.embedding model.embedding shared token_types "
     "token_type_embeddings class_embd patch_embd embd_to_logits"},
    {Position,
     "position_embd wpe position_embeddings position_embedding embed_positions pos_embed pos_embd rope_freqs "
     "rope_factors_long rope_factors_short inv_freq rope.freqs"},
    {Output, "output lm_head embed_out output_layer head.out word_embeddings_for_head lm_head.linear ff_out head"},
    {Norm, "norm token_embd_norm output_norm ln_f norm_f"},
};

using Roles = std::unordered_map<std::string_view, TensorRole>;

template <std::size_t size>
Roles rolesOf(const Names (&table)[size]) {
  Roles roles;
  for (const Names& row : table) {
    for (std::string_view rest = row.names; !rest.empty();) {
      const std::string_view name = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      roles.emplace(name, row.role);
    }
  }
  return roles;
}

std::optional<TensorRole> longestMatch(const Roles& roles, std::string_view path) {
  while (true) {
    if (const auto found = roles.find(path); found != roles.end()) return found->second;
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    path.remove_prefix(dot + 1);
  }
}

std::string lastWord(std::string_view path) {
  std::string word(path.substr(path.rfind('.') + 1));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return word;
}

}  // namespace

std::optional<TensorRole> knownRoleInBlock(std::string_view path) {
  static const Roles roles = rolesOf(kInBlock);
  return longestMatch(roles, path);
}

std::optional<TensorRole> knownRoleOutside(std::string_view name) {
  static const Roles roles = rolesOf(kOutside);
  return longestMatch(roles, name);
}

std::optional<TensorRole> roleByWord(std::string_view path) {
  const std::string word = lastWord(path);
  const auto has = [&word](std::string_view part) { return word.find(part) != std::string::npos; };
  if (path.find("lora") != std::string_view::npos) return LowRank;
  if (word.ends_with("bias")) return Bias;
  if (has("norm") || word == "ln" || word == "bn" || word.starts_with("ln_") || word.ends_with("_ln") ||
      (word.size() == 3 && word.starts_with("ln")))
    return Norm;
  if (has("position") || has("rel_pos") || has("relative") || has("rotary") || has("inv_freq") || has("rope"))
    return Position;
  if (has("embed") || has("embd")) return Embedding;
  if (has("router")) return Router;
  if (has("conv")) return Convolution;
  if (has("scale") || has("absmax") || has("gamma") || has("beta")) return Scale;
  return std::nullopt;
}

}  // namespace core::model
