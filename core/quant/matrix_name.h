#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace core::quant {

/// One matrix of a stack [matrices, out, in], as calibrations are asked for it: "blk.0.ffn_up_exps.weight[3]".
struct MatrixName {
  std::string stack;
  std::size_t index = 0;

  std::string toString() const;
  /// Nothing where a name is not of that form.
  static std::optional<MatrixName> parse(std::string_view name);
  /// What it may be where a folder has a tensor for each matrix: of "layers.0.experts.3.up.weight" the third of
  /// "layers.0.experts.*.up.weight", and the first of "layers.*.experts.3.up.weight". Empty for a name without numbers.
  static std::vector<MatrixName> ofOwnTensor(std::string_view name);
};

}  // namespace core::quant
