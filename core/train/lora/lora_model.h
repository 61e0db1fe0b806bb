#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/model/graph.h"
#include "core/train/trained_model.h"

namespace core::train {

struct LoraSettings {
  std::uint32_t rank = 8;
  double alpha = 16.0;   ///< the product of the factors is multiplied by alpha / rank
  double dropout = 0.0;  ///< of what A reads
  std::vector<std::string> targets = {"attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"};
  bool isBf16 = false;     ///< factors are rounded to BF16 where they are computed with and stored; moments stay FP32
  std::uint64_t seed = 1;  ///< of A's first values: normal, of deviation 1 / sqrt(in); B begins as 0 (Hu et al. 2021)
};

/// One pair of factors of W + alpha / rank · B·A.
struct LoraPair {
  std::string target;  ///< the matrix: "blk.0.attn_q.weight"
  std::uint64_t in = 0, out = 0;
  std::size_t a = 0, b = 0;  ///< of parameters(): A [rank, in], B [out, rank]
};

/// Adapters over a frozen model (LoRA, Hu et al. 2021; over an NF4 base with double quantization: QLoRA, Dettmers et
/// al. 2023). The base stays packed and is decoded in panels while it is read; nothing of its size is kept.
class LoraModel final : public TrainedModel {
 public:
  /// @param base the frozen model's graph, whatever it is quantized to
  /// @throws Error (InvalidArgument) with one sentence where no matrix has a target's name, or for a rank of 0
  LoraModel(const model::Graph& base, const LoraSettings& settings);
  ~LoraModel() override;

  const model::Graph& graph() const override;
  const std::vector<PassWeight>& weights() const override;
  std::span<const WeightId> wanted() const override;
  std::span<Parameter> parameters() override;
  void prepare(const JobContext& job) override;
  void add(const WeightGradient<float>& panel) override;
  std::vector<Dropout> dropouts(std::uint64_t seed) const override;

  std::span<const LoraPair> pairs() const;
  const LoraSettings& settings() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

}  // namespace core::train
