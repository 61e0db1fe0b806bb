#pragma once
#include <span>
#include <string>
#include <vector>

#include "core/io/checkpoint.h"
#include "core/model/recipe/mixture_model.h"
#include "core/model/recipe/other_model.h"
#include "core/model/recipe/recipe.h"
#include "core/model/tensor_roles.h"
#include "core/quant/calibration.h"

namespace core::model {

/// What a recipe does to one tensor, and why.
struct TensorDecision {
  TensorChoice place;                        ///< role, block, experts; what schemes do by themselves
  std::optional<quant::Scheme> scheme;       ///< what it is quantized to; nothing: it stays as stored
  quant::QuantizedTensorPtr replacement;     ///< what takes its place; null otherwise
  std::shared_ptr<const OtherTensor> other;  ///< another model's tensor that takes its place; null for none
  std::string rule;                          ///< what chose the scheme: "Q4_K_M: value, one of the first two"
  std::string fallback;  ///< empty, or why it is not what the rule says: "…: q5_0 instead of q4_k"
  std::string kept;      ///< empty, or why it stays as stored: "a norm"

  /// What is computed with: itself, or what an adapter that is added while the model runs stands beside.
  const TensorDecision& running() const;

  Fate fate() const { return scheme || replacement || other ? Fate::Quantize : Fate::Keep; }
};

struct RecipePlan {
  std::vector<TensorDecision> tensors;  ///< one per tensor of the checkpoint
  /// Rules and replacements that decided nothing: "attn_vv=q6_k (line 3)". Another model's names, or a slip.
  std::vector<std::string> unused;
};

/// Decides for every tensor. Nothing is read but names, shapes and types; whether a scheme can be made yet is not
/// asked. A matrix under a file type or a rule gets a fallback where its rows are no whole blocks; under a single
/// scheme it is kept, with the sentence that says so. Where an importance matrix has nothing on a tensor, its scheme
/// does without, and that is its fallback.
/// Under another model, every tensor that has a counterpart there of its shape is that one. A matrix that an adapter is
/// added to is an OtherTensor that holds what the rest of the recipe decided (AdaptedMatrix::beside).
/// @throws Error (InvalidArgument) when a pattern takes too many steps, and for another model where there is only a
///         table of tensors; (NotFound) for one that is not open
RecipePlan planRecipe(const Recipe& recipe, const MixtureModel& model, std::span<const io::TensorInfo> tensors,
                      io::FileFormat format);
RecipePlan planRecipe(const Recipe& recipe, const io::Checkpoint& checkpoint);

/// The most that one of the tensors' schemes asks of a calibration.
quant::CalibrationNeed calibrationNeed(const RecipePlan& plan);

/// Whether the stored bytes are already what the scheme would make, so that they are copied. What it says of inputs and
/// products is not asked.
bool isStoredAs(const quant::Scheme& scheme, std::optional<tensor::DType> stored);

/// Whether nothing at all would change: neither bytes nor how they are computed with.
bool leavesAsStored(const quant::Scheme& scheme, std::optional<tensor::DType> stored);

/// What a recipe's importance matrix makes of a scheme for this tensor: it with method=imatrix, or as it was, with the
/// reason in `fallback` (which may be null) where it could use importance.
quant::Scheme withImportance(const Recipe& recipe, const quant::Scheme& scheme, const std::string& tensor,
                             std::string* fallback = nullptr);

/// What a decision makes of a tensor: its replacement, another model's, quantized, or as it is stored (zero copy) where
/// it is kept or stored so already.
/// @param calibration where methods that look at data learn of the tensor's inputs; null: those refuse
/// @throws Error (InvalidArgument) for a replacement of another shape, and as quant::quantize
quant::QuantizedTensorPtr makeTensor(const TensorDecision& decision, const quant::QuantizedTensorPtr& stored,
                                     const JobContext& job = JobContext(), quant::Calibration* calibration = nullptr);

}  // namespace core::model
