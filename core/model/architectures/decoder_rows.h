#pragma once
#include <array>
#include <cstddef>

#include "core/model/architectures/architecture.h"

namespace core::model {

constexpr WeightRow inLayers(LayerKind layers, WeightRow row) {
  row.layers = layers;
  return row;
}
constexpr WeightRow optional(WeightRow row) {
  row.isRequired = false;
  return row;
}
/// What folders store is the logarithm of the number.
constexpr WeightRow logarithm(WeightRow row) {
  row.isLogarithm = true;
  return row;
}
/// Folders have a side of 1 between its two.
constexpr WeightRow withMiddle(WeightRow row) {
  row.form = FolderForm::WithMiddle;
  return row;
}

/// What most decoders since Llama have. Biases are there where the model has them.
/// Sources: tensor names of transformers' LlamaForCausalLM; gguf-py's tensor mapping.
inline constexpr std::array kDecoderRows{
    WeightRow{WeightKind::Embedding, "token_embd.weight", "model.embed_tokens.weight", Side::Vocabulary, Side::Width},
    WeightRow{WeightKind::OutputNorm, "output_norm.weight", "model.norm.weight", Side::Width},
    WeightRow{WeightKind::Output, "output.weight", "lm_head.weight", Side::Vocabulary, Side::Width},
    WeightRow{WeightKind::AttentionNorm, "attn_norm.weight", "input_layernorm.weight", Side::Width},
    WeightRow{WeightKind::Query, "attn_q.weight", "self_attn.q_proj.weight", Side::Queries, Side::Width},
    WeightRow{WeightKind::QueryBias, "attn_q.bias", "self_attn.q_proj.bias", Side::Queries, Side::None, false},
    WeightRow{WeightKind::Key, "attn_k.weight", "self_attn.k_proj.weight", Side::Keys, Side::Width},
    WeightRow{WeightKind::KeyBias, "attn_k.bias", "self_attn.k_proj.bias", Side::Keys, Side::None, false},
    WeightRow{WeightKind::Value, "attn_v.weight", "self_attn.v_proj.weight", Side::Values, Side::Width},
    WeightRow{WeightKind::ValueBias, "attn_v.bias", "self_attn.v_proj.bias", Side::Values, Side::None, false},
    WeightRow{WeightKind::AttentionOutput, "attn_output.weight", "self_attn.o_proj.weight", Side::Width,
              Side::Attended},
    WeightRow{WeightKind::AttentionOutputBias, "attn_output.bias", "self_attn.o_proj.bias", Side::Width, Side::None,
              false},
    WeightRow{WeightKind::FeedForwardNorm, "ffn_norm.weight", "post_attention_layernorm.weight", Side::Width},
    WeightRow{WeightKind::Gate, "ffn_gate.weight", "mlp.gate_proj.weight", Side::FeedForward, Side::Width},
    WeightRow{WeightKind::Up, "ffn_up.weight", "mlp.up_proj.weight", Side::FeedForward, Side::Width},
    WeightRow{WeightKind::Down, "ffn_down.weight", "mlp.down_proj.weight", Side::Width, Side::FeedForward},
};

/// Norms of every head's queries and keys (Qwen 3, Gemma 3).
inline constexpr std::array kHeadNormRows{
    WeightRow{WeightKind::QueryNorm, "attn_q_norm.weight", "self_attn.q_norm.weight", Side::HeadSize},
    WeightRow{WeightKind::KeyNorm, "attn_k_norm.weight", "self_attn.k_norm.weight", Side::HeadSize},
};

template <typename Row, std::size_t A, std::size_t B>
constexpr std::array<Row, A + B> joined(const std::array<Row, A>& first, const std::array<Row, B>& second) {
  std::array<Row, A + B> all{};
  for (std::size_t i = 0; i < A; ++i) all[i] = first[i];
  for (std::size_t i = 0; i < B; ++i) all[A + i] = second[i];
  return all;
}

/// For architectures whose GGUF files pair neighbours in rotary embedding.
template <std::size_t N>
constexpr std::array<WeightRow, N> withHeadsInPairs(std::array<WeightRow, N> rows) {
  for (WeightRow& row : rows) {
    if (row.kind == WeightKind::Query || row.kind == WeightKind::QueryBias) row.order = RowOrder::QueryHeads;
    if (row.kind == WeightKind::Key || row.kind == WeightKind::KeyBias) row.order = RowOrder::KeyHeads;
  }
  return rows;
}

/// Without the rows of some kinds. @pre each of them is there once
template <std::size_t N, std::size_t M>
constexpr std::array<WeightRow, N - M> withoutAll(const std::array<WeightRow, N>& rows,
                                                  const std::array<WeightKind, M>& kinds) {
  std::array<WeightRow, N - M> rest{};
  std::size_t count = 0;
  for (const WeightRow& row : rows) {
    bool isGone = false;
    for (const WeightKind kind : kinds) isGone = isGone || kind == row.kind;
    if (!isGone) rest[count++] = row;
  }
  return rest;
}
template <std::size_t N>
constexpr std::array<WeightRow, N - 1> without(const std::array<WeightRow, N>& rows, WeightKind kind) {
  return withoutAll(rows, std::array{kind});
}

/// For architectures whose folders store norms as differences from 1.
template <std::size_t N>
constexpr std::array<WeightRow, N> withNormsFromOne(std::array<WeightRow, N> rows) {
  for (WeightRow& row : rows)
    if (row.huggingFace.ends_with("norm.weight")) row.folderOffset = 1.0F;
  return rows;
}

/// Norms before and behind the parts of a block (Gemma 2 and 3).
inline constexpr auto kNormedOnBothSidesRows = joined(
    without(kDecoderRows, WeightKind::FeedForwardNorm),
    std::array{
        WeightRow{WeightKind::AttentionPostNorm, "post_attention_norm.weight", "post_attention_layernorm.weight",
                  Side::Width},
        WeightRow{WeightKind::FeedForwardNorm, "ffn_norm.weight", "pre_feedforward_layernorm.weight", Side::Width},
        WeightRow{WeightKind::FeedForwardPostNorm, "post_ffw_norm.weight", "post_feedforward_layernorm.weight",
                  Side::Width}});

/// Without one feed-forward part for all tokens.
inline constexpr auto kDecoderRowsWithoutFeedForward =
    withoutAll(kDecoderRows, std::array{WeightKind::Gate, WeightKind::Up, WeightKind::Down});

constexpr WeightRow expertStack(WeightKind kind, std::string_view gguf, std::string_view folder, Side rows,
                                Side columns, LayerKind layers = LayerKind::Sparse,
                                FolderForm form = FolderForm::Same) {
  WeightRow row{kind, gguf, folder, rows, columns};
  row.stack = Side::Experts;
  row.form = form;
  return inLayers(layers, row);
}

/// Experts as GGUF files have them, gate and up one each or in one stack, and in folders a matrix for each of these
/// names.
constexpr std::array<WeightRow, 5> expertRows(std::string_view router, std::string_view gate, std::string_view up,
                                              std::string_view down) {
  constexpr FolderForm kEach = FolderForm::EachExpert;
  return {inLayers(LayerKind::Sparse, {WeightKind::Router, "ffn_gate_inp.weight", router, Side::Experts, Side::Width}),
          expertStack(WeightKind::GateExperts, "ffn_gate_exps.weight", gate, Side::ExpertFeedForward, Side::Width,
                      LayerKind::SparseApart, kEach),
          expertStack(WeightKind::UpExperts, "ffn_up_exps.weight", up, Side::ExpertFeedForward, Side::Width,
                      LayerKind::SparseApart, kEach),
          expertStack(WeightKind::GateUpStack, "ffn_gate_up_exps.weight", "", Side::ExpertGateUp, Side::Width,
                      LayerKind::SparseStacked),
          expertStack(WeightKind::DownExperts, "ffn_down_exps.weight", down, Side::Width, Side::ExpertFeedForward,
                      LayerKind::Sparse, kEach)};
}

/// The same where folders have stacks, too: gate and up in one. GGUF files may have it so, or not.
constexpr std::array<WeightRow, 5> stackedExpertRows(std::string_view router, std::string_view gateUp,
                                                     std::string_view down) {
  auto rows = expertRows(router, "", "", down);
  for (WeightRow& row : rows) {
    row.form = FolderForm::Same;
    if (row.kind == WeightKind::GateUpStack) row.huggingFace = gateUp;
  }
  return rows;
}

/// A part for all tokens beside the experts.
constexpr std::array<WeightRow, 3> sharedExpertRows(std::string_view gate, std::string_view up, std::string_view down) {
  const auto shared = [](WeightKind kind, std::string_view gguf, std::string_view folder, Side rows, Side columns) {
    return inLayers(LayerKind::SparseShared, {kind, gguf, folder, rows, columns});
  };
  return {shared(WeightKind::SharedGate, "ffn_gate_shexp.weight", gate, Side::SharedFeedForward, Side::Width),
          shared(WeightKind::SharedUp, "ffn_up_shexp.weight", up, Side::SharedFeedForward, Side::Width),
          shared(WeightKind::SharedDown, "ffn_down_shexp.weight", down, Side::Width, Side::SharedFeedForward)};
}

/// The same where it counts as much as a gate says, of which files have a row or a vector (Qwen 2 MoE).
inline constexpr auto kGatedSharedExpertRows = joined(
    sharedExpertRows("mlp.shared_expert.gate_proj.weight", "mlp.shared_expert.up_proj.weight",
                     "mlp.shared_expert.down_proj.weight"),
    std::array{
        inLayers(LayerKind::SparseShared, {WeightKind::SharedRouter, "ffn_gate_inp_shexp.weight", "", Side::Width}),
        inLayers(LayerKind::SparseShared,
                 {WeightKind::SharedRouter, "", "mlp.shared_expert_gate.weight", Side::One, Side::Width})});

/// What is added to scores where experts are chosen.
constexpr WeightRow choiceBiasRow(std::string_view folder) {
  return inLayers(LayerKind::SparseBiased, {WeightKind::ChoiceBias, "exp_probs_b.bias", folder, Side::Experts});
}

}  // namespace core::model
