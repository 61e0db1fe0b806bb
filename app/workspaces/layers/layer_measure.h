#pragma once
#include <QString>
#include <cstdint>
#include <optional>

namespace app {

/// Where the error is looked at.
enum class LayerMeasure : std::uint8_t {
  Weights,  ///< of the weights alone: a proxy
  Outputs,  ///< of the products with the inputs of a calibration text
  Measured  ///< of the model's answers, when one part alone is quantized or restored
};

/// "weights", "outputs", "measured": in links and settings.
QString wordOf(LayerMeasure measure);
std::optional<LayerMeasure> layerMeasureOf(const QString& word);

}  // namespace app
