#pragma once
#include <QString>
#include <cstdint>
#include <optional>

namespace app {

/// Where the error is looked at.
enum class LayerMeasure : std::uint8_t {
  Weights,  ///< of the weights alone: a proxy
  Outputs,  ///< of the products with the inputs of a calibration text
};

/// "weights", "outputs": in links and settings.
QString wordOf(LayerMeasure measure);
std::optional<LayerMeasure> layerMeasureOf(const QString& word);

}  // namespace app
