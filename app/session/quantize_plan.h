#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/metrics/non_finite.h"
#include "core/model/recipe/recipe_plan.h"

namespace app {

/// A tensor that a recipe leaves as it is stored.
struct KeptTensor {
  std::string tensor, reason;
  std::uint64_t bytes = 0;
};

/// What becomes of one tensor on its way to a quantized file.
struct QuantizedFileRow {
  std::string tensor;
  std::string from, to;      ///< the types, as people call them
  core::tensor::DType type;  ///< of the stored elements in the new file; U8 for packed codes
  std::uint64_t bytes = 0;   ///< in the new file
  core::model::TensorDecision decision;
  /// What is made of the source's tensor before that: the sum of a matrix and its adapter, what runs and is stored in
  /// another way. Null: nothing, the decision is about the source's.
  std::shared_ptr<const core::model::TensorDecision> before = nullptr;
  bool isCopied = false;                ///< the source's bytes: kept, or stored so already
  core::metrics::NonFinite nonFinite;   ///< values of the source that are no numbers
  core::metrics::NonFinite overflowed;  ///< values of the new file that are none, where they are more than before
  std::string target = {};              ///< what the new file calls it, of packed codes their first piece (planWriting)
  bool isLeftOut = false;               ///< a piece of what is stored in another way now, or what only its format has

  bool isKept() const { return decision.fate() == core::model::Fate::Keep; }
};

struct QuantizationPlan {
  std::vector<QuantizedFileRow> rows;  ///< one per tensor of the source
  std::vector<std::string> unused;     ///< rules of the recipe that decided nothing
};

/// Decides for every tensor before anything is written. A file holds one matrix: an adapter that is added while a
/// recipe runs is merged, and under a scheme the sum is quantized once more.
/// @throws core::Error (Unsupported) when the recipe would apply to no tensor at all, or a tensor can neither be
///         quantized nor copied, (InvalidArgument) as planRecipe
QuantizationPlan planQuantization(const core::io::Checkpoint& source, const core::model::Recipe& recipe);

/// The same of what a recipe with an adapter makes while it runs, stored as another recipe says: every matrix is what
/// runs (W + B·A, W as the first recipe makes it), quantized by the second. What only the second leaves alone keeps the
/// type that it is stored in, FP16 where that is packed.
/// @param stored the default: nothing is quantized again
/// @throws core::Error as planQuantization, and (InvalidArgument) for a second recipe that is another model's
QuantizationPlan planMerging(const core::io::Checkpoint& source, const core::model::Recipe& runs,
                             const core::model::Recipe& stored);

/// Counts and locates what is no number in a tensor and in what was made of it. @param quantized null: kept as stored
void noteNonFinite(QuantizedFileRow& row, const core::quant::QuantizedTensor& source,
                   const core::quant::QuantizedTensor* quantized, const core::JobContext& job);

/// The rows of Fate::Keep with the bytes they had. @pre one row per tensor of the source
std::vector<KeptTensor> keptTensors(const core::io::Checkpoint& source, const std::vector<QuantizedFileRow>& rows);

/// Share of all tensors' bytes, 0…1.
double shareOfBytes(const core::io::Checkpoint& source, std::uint64_t bytes);

/// "42 × a norm (0.1 % of the bytes), an embedding (18.7 %)": the reasons in the order of their bytes, for people.
std::string describeKept(const core::io::Checkpoint& source, const std::vector<KeptTensor>& kept);

}  // namespace app
