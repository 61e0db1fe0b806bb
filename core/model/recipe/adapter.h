#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/job_context.h"
#include "core/io/checkpoint.h"

namespace core::model {

/// The two factors by which an adapter changes one matrix W [out, in] to W + scale · B·A.
struct AdapterPair {
  std::string target;        ///< the matrix as files of the adapter's format name it: "blk.0.attn_q.weight"
  std::size_t a = 0, b = 0;  ///< A [rank, in] and B [out, rank] in the adapter's table of tensors
  std::uint64_t rank = 0;
  double scale = 1;  ///< as it was trained with: alpha / rank, or alpha / √rank
};

/// A LoRA adapter: small factors whose products are added to a model's matrices. Immutable.
/// Source: Hu et al. 2021, LoRA (arXiv 2106.09685), section 4.1; rank-stabilized (√rank): Kalajdzievski 2023 (arXiv
/// 2312.03732). Files: PEFT's adapter_config.json with adapter_model.safetensors; GGUF of general.type "adapter", as
/// llama.cpp's convert_lora_to_gguf.py writes it.
class Adapter : public std::enable_shared_from_this<Adapter> {
 public:
  /// @param percent of the change that it was trained to make: 100 is all, 0 none, less than 0 takes it away
  /// @throws Error (Unsupported, InvalidFile) with one sentence, for what is no LoRA adapter, for one that changes a
  /// model otherwise than by factors, and where factors do not fit each other or what its settings say
  static std::shared_ptr<const Adapter> read(std::shared_ptr<const io::Checkpoint> checkpoint, double percent = 100);

  const io::Checkpoint& checkpoint() const { return *m_checkpoint; }
  const std::shared_ptr<const io::Checkpoint>& sharedCheckpoint() const { return m_checkpoint; }
  std::span<const AdapterPair> pairs() const { return m_pairs; }
  double percent() const { return m_percent; }

 private:
  std::shared_ptr<const io::Checkpoint> m_checkpoint;
  double m_percent = 100;
  std::vector<AdapterPair> m_pairs;
};

/// Reads every factor once. @throws Error (InvalidFile) naming a factor with NaN or an infinity, Cancelled
void requireFinite(const Adapter& adapter, const JobContext& job = JobContext());

/// What a person names an adapter by: "PATH", "PATH:50%".
struct AdapterText {
  std::string source;
  double percent = 100;

  static AdapterText parse(std::string_view text);
  std::string toString() const;
};

}  // namespace core::model
