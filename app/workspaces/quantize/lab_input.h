#pragma once
#include <QString>
#include <cstdint>
#include <map>
#include <vector>

#include "core/metrics/drawn_weights.h"
#include "core/quant/scheme.h"

namespace app {

enum class WeightSource : std::uint8_t {
  Tensor,  ///< the selected tensor of the open model
  Drawn,   ///< from a distribution
  Typed
};

/// What the lab works on: everything a person can change here, and undo.
struct LabInput {
  WeightSource source = WeightSource::Drawn;
  core::metrics::WeightDraw draw;
  QString typed = QStringLiteral("0.45892, 1, -0.3");
  std::map<std::uint64_t, float> edits;  ///< weights moved by hand, by flat index
  QString edited;                        ///< which weights `edits` belong to (LabSource::keyOf)
  core::quant::Scheme scheme = core::quant::Scheme::parse("int4");
  double clip = 1;  ///< of the block's range, before it is quantized; 1: nothing is cut off

  bool operator==(const LabInput&) const = default;
};

/// Throws core::Error (InvalidArgument) with what is wrong with something typed or linked.
[[noreturn]] void refuseInput(const QString& sentence);
/// The numbers of "0.45892, 1 −0.3": decimals between commas, semicolons or blanks, as float32.
/// @throws core::Error (InvalidArgument) with a sentence about the first that is no finite number, none or too many
std::vector<float> parseWeights(const QString& text);
/// The fewest digits that read back as the same float32, C locale.
QString weightText(float value);
/// "0.45892, 1, -0.3": the fewest digits that read back as the same float32.
QString weightsText(const std::vector<float>& values);

}  // namespace app
