#include "core/model/recipe/tensor_group.h"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace core::model {

namespace {

using enum TensorGroup;

struct NamePart {
  std::string_view part;
  TensorGroup group;
};

// Names and their order: tensor_get_category of llama.cpp's llama-quant.cpp (0.5.0). The first part found decides.
constexpr NamePart kParts[] = {
    {"attn_qkv.weight", QueryKeyValue},
    {"attn_kv_b.weight", LatentKeyValue},
    {"attn_v.weight", Value},
    {"attn_k.weight", Key},
    {"attn_q.weight", Query},
    {"attn_output.weight", AttentionOutput},
    {"ffn_up", Up},
    {"ffn_gate", Gate},
    {"ffn_down", Down},
};

struct KeptPart {
  std::string_view part;
  std::string_view reason;
};

// What tensor_allows_quantization of llama-quant.cpp leaves alone wherever the part is found.
constexpr KeptPart kKept[] = {
    {"_norm.weight", "a norm"},
    {"ffn_gate_inp.weight", "a router of experts"},
    {"ffn_gate_tid2eid.weight", "a router of experts"},
    {"altup", "a small low-rank factor"},
    {"laurel", "a small low-rank factor"},
    {"per_layer_model_proj", "a projection of the embeddings of the blocks"},
    {"ssm_conv1d", "a convolution"},
    {"shortconv.conv.weight", "a convolution"},
    {"indexer.k_proj.weight", "a small indexer"},
    {"indexer.q_proj.weight", "a small indexer"},
    {"time_mix_first.weight", "a small low-rank factor"},
    {"time_mix_w0.weight", "a small low-rank factor"},
    {"time_mix_w1.weight", "a small low-rank factor"},
    {"time_mix_w2.weight", "a small low-rank factor"},
    {"time_mix_v0.weight", "a small low-rank factor"},
    {"time_mix_v1.weight", "a small low-rank factor"},
    {"time_mix_v2.weight", "a small low-rank factor"},
    {"time_mix_a0.weight", "a small low-rank factor"},
    {"time_mix_a1.weight", "a small low-rank factor"},
    {"time_mix_a2.weight", "a small low-rank factor"},
    {"time_mix_g1.weight", "a small low-rank factor"},
    {"time_mix_g2.weight", "a small low-rank factor"},
    {"time_mix_decay_w1.weight", "a small low-rank factor"},
    {"time_mix_decay_w2.weight", "a small low-rank factor"},
    {"time_mix_lerp_fused.weight", "a small low-rank factor"},
    {"attn_rel_b.weight", "positions"},
    {".position_embd", "positions"},
    {"sam.pos_embd", "positions"},
    {".rel_pos", "positions"},
    {"sam.neck.", "a convolution"},
    {"sam.net_", "a convolution"},
    {".patch_embd", "an embedding of images"},
    {".patch_merger", "an embedding of images"},
    {"a.rvq.codebook", "a code book of sounds"},
    {"mm.a.code_embd", "a code book of sounds"},
};

TensorGroup groupByName(std::string_view name) {
  if (name == "output.weight") return Output;
  if (name == "token_embd.weight" || name == "per_layer_token_embd.weight") return Embedding;
  for (const NamePart& row : kParts)
    if (name.find(row.part) != std::string_view::npos) return row.group;
  return Other;
}

bool isOfTokens(std::string_view name) {
  return name.find("token_type") == std::string_view::npos && name.find("patch") == std::string_view::npos &&
         name.find("class_embd") == std::string_view::npos;
}

TensorGroup groupByRole(std::string_view name, const TensorChoice& choice) {
  switch (choice.role) {
    case TensorRole::Embedding:
      return isOfTokens(name) ? Embedding : Other;
    case TensorRole::Output:
      return Output;
    case TensorRole::Query:
      return Query;
    case TensorRole::Key:
      return Key;
    case TensorRole::Value:
      return Value;
    case TensorRole::QueryKeyValue:
      return QueryKeyValue;
    case TensorRole::LatentUp:
      return name.find("kv_b") != std::string_view::npos ? LatentKeyValue : Other;
    case TensorRole::AttentionOutput:
      return AttentionOutput;
    case TensorRole::Up:
      return Up;
    case TensorRole::Gate:
    case TensorRole::GateUp:
      return Gate;
    case TensorRole::Down:
      return Down;
    default:
      return Other;
  }
}

std::string whyKeptByName(const io::TensorInfo& tensor) {
  const std::string_view name = tensor.name;
  if (name.ends_with("bias")) return "a bias";
  if (!name.ends_with("weight")) return "its name does not end in weight";
  if (name == "position_embd.weight") return "positions";
  if (name == "token_types.weight") return "an embedding of token types";
  for (const KeptPart& row : kKept)
    if (name.find(row.part) != std::string_view::npos) return std::string(row.reason);
  return {};
}

std::string whyKeptByRole(const io::TensorInfo& tensor, const TensorChoice& choice) {
  const bool isTable = choice.role == TensorRole::Output || groupByRole(tensor.name, choice) == Embedding;
  return isTable || choice.fate == Fate::Quantize ? std::string() : choice.reason;
}

}  // namespace

std::string_view label(TensorGroup group) {
  static constexpr std::array<std::string_view, 13> kLabels = {"embedding",
                                                               "embedding that is the output, too",
                                                               "output",
                                                               "query",
                                                               "key",
                                                               "value",
                                                               "query, key and value",
                                                               "latent key and value",
                                                               "attention output",
                                                               "up",
                                                               "gate",
                                                               "down",
                                                               "any other matrix"};
  static_assert(kLabels.size() == static_cast<std::size_t>(TensorGroup::Other) + 1);
  return kLabels[static_cast<std::size_t>(group)];
}

TensorGroup groupOf(const io::TensorInfo& tensor, const TensorChoice& choice, io::FileFormat format) {
  return format == io::FileFormat::Gguf ? groupByName(tensor.name) : groupByRole(tensor.name, choice);
}

std::string whyUntouched(const io::TensorInfo& tensor, const TensorChoice& choice, io::FileFormat format) {
  // A single row is a vector, whatever its rank: GGUF drops extents of 1.
  const std::size_t rank = tensor.shape.rank();
  if (rank < 2 || (rank <= 3 && tensor.shape.rows() == 1))
    return choice.reason.empty() ? std::string("a vector, not a matrix") : choice.reason;
  if (std::string why = whyUnusable(tensor); !why.empty()) return why;
  return format == io::FileFormat::Gguf ? whyKeptByName(tensor) : whyKeptByRole(tensor, choice);
}

}  // namespace core::model
