#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/session/open_model.h"
#include "core/quant/calibration.h"

namespace app {

/// The built-in model with what a built-in text ("demo" or "prose", 4096 tokens) shows of it; opened once.
/// @throws core::Error (InvalidArgument) for another word
std::shared_ptr<OpenModel> lessonDemo(const std::string& text, const core::JobContext& job);

/// What that text shows about the inputs of the layer with this weight. @throws core::Error for no such layer
core::quant::TensorCalibrationPtr inputsShown(const std::string& text, const std::string& layer,
                                              core::quant::CalibrationNeed need, const core::JobContext& job);

/// What a layer is multiplied with while the built-in model, as it is stored, reads a text; remembered.
struct LayerInputs {
  std::size_t width = 0;
  std::vector<float> values;  ///< [tokens, width]

  std::size_t tokens() const { return values.size() / width; }
  /// max |x| of a token.
  float largest(std::size_t token) const;
};
std::shared_ptr<const LayerInputs> layerInputs(const std::string& text, const std::string& layer,
                                               const core::JobContext& job);

/// ‖W x − what the scheme makes of it‖ / ‖W x‖ over all tokens of a text, computed by the CPU's executor.
/// @param scheme of the layer's weights and inputs  @param calibrated the text it is made with  @param read the text
/// whose tokens x are
double layerError(const std::string& scheme, const std::string& layer, const std::string& calibrated,
                  const std::string& read, const core::JobContext& job);

}  // namespace app
