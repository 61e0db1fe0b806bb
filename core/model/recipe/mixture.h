#pragma once
#include <cstdint>
#include <string>

#include "core/model/recipe/file_type.h"
#include "core/model/recipe/mixture_model.h"
#include "core/model/recipe/tensor_group.h"

namespace core::model {

/// Where in the model a tensor stands, of those that are counted together.
struct MixturePosition {
  std::uint32_t block = 0;    ///< the number of its block where experts are several, else as `ordinal`
  std::uint32_t ordinal = 0;  ///< of its kind, in the order of blocks and names
  std::uint32_t count = 0;    ///< blocks, or tensors of its kind
};

/// One tensor as the rules see it.
struct MixtureTensor {
  TensorGroup group = TensorGroup::Other;
  MixturePosition position;
  std::uint64_t rowValues = 0;
  bool isStack = false;  ///< several matrices, one per expert
};

struct MixtureChoice {
  tensor::DType type;
  std::string rule;  ///< "Q4_K_M: value, in every third block"
};

/// The type that a file type's mixture gives a tensor whose rows are long enough for it (shape_fallback sees to that).
MixtureChoice chooseByMixture(FileType fileType, const MixtureTensor& tensor, const MixtureModel& model);

}  // namespace core::model
