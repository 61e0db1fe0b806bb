#pragma once
#include <QString>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/calibration.h"
#include "core/quant/grid.h"
#include "core/quant/scheme.h"
#include "core/tensor/tensor_view.h"

namespace app {

/// What a scheme makes of one weight and its block.
struct SchemeView {
  core::quant::Scheme scheme;
  std::string refused;       ///< empty, or why the scheme cannot hold this tensor (then there is nothing else)
  std::uint64_t around = 0;  ///< flat index of the weight
  float value = 0;           ///< what the scheme stores in its place
  core::quant::Grid grid;    ///< every level of its block
};

/// Quantizes no more of the tensor than the weight's scale depends on, unless the scheme looks at data.
/// @param around flat index of the weight whose block is shown
/// @param calibration for schemes that look at data; null: they are refused in the view
/// @throws core::Error, core::Cancelled
SchemeView viewScheme(const core::quant::QuantizedTensor& tensor, const core::quant::Scheme& scheme,
                      std::uint64_t around, const core::JobContext& job,
                      core::quant::Calibration* calibration = nullptr);

/// "[3, 128–191]", "row 3", "the whole tensor": weights first … first + count − 1.
QString blockText(const core::tensor::Shape& shape, std::uint64_t first, std::uint64_t count);

}  // namespace app
