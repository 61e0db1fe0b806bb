#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "core/model/recipe/recipe_plan.h"

namespace app {

/// What tensors are made with.
struct TensorMaking {
  core::quant::Calibration* calibration = nullptr;  ///< for schemes that look at data; null: those refuse
  /// Where matrices stay that took long to make until their model is complete; empty: nowhere.
  std::filesystem::path workFolder = {};
};

/// Makes the tensors of one model file. Under a method that needs a Hessian each is kept in the work folder as soon as
/// it is ready, under a hash of model, text, tensor, scheme and this build of the program: who quantizes the model
/// again after being stopped goes on where it was. Every other method is fast enough to begin anew.
class MadeTensors {
 public:
  static constexpr std::uint64_t kMostFolderBytes = std::uint64_t{4} << 30;  ///< the oldest files make room

  explicit MadeTensors(TensorMaking making) : m_making(std::move(making)) {}

  /// As core::model::makeTensor. @param order tells a tensor whose rows were put in another order from the source's own
  /// @param calibration of its inputs as they lie now: that of TensorMaking, or null with it
  core::quant::QuantizedTensorPtr make(const core::model::TensorDecision& decision,
                                       const core::quant::QuantizedTensorPtr& stored, const core::JobContext& job,
                                       std::string_view order, core::quant::Calibration* calibration);
  /// The model is complete: what was kept of it goes.
  void forget() noexcept;

 private:
  std::filesystem::path fileOf(const core::quant::Scheme& scheme, const std::string& tensor,
                               std::string_view order) const;

  TensorMaking m_making;
  std::vector<std::filesystem::path> m_kept;
};

/// A quantized tensor as bytes with a checksum. Empty for layouts that no model file holds, and for changed columns.
std::vector<std::byte> packTensor(const core::quant::QuantizedTensor& tensor);
/// The tensor again; null for other bytes, damaged ones, and what does not fit name, scheme and shape.
core::quant::QuantizedTensorPtr unpackTensor(std::span<const std::byte> bytes, const std::string& name,
                                             const core::quant::Scheme& scheme, const core::tensor::Shape& shape);

}  // namespace app
