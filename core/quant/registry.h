#pragma once
#include <span>
#include <string>
#include <vector>

#include "core/quant/scheme.h"
#include "core/tensor/shape.h"

namespace core::quant {

/// A named scheme a person can pick. Nothing else in the program holds a list of schemes.
struct Preset {
  Scheme scheme;
  std::string title;        ///< "NF4 · 64"
  std::string description;  ///< one sentence
  bool needsCalibration;
};

/// Every scheme of the registry, in the order people should see them.
std::span<const Preset> presets();
const Preset* findPreset(const Scheme& scheme);

/// Bits per weight for a tensor of this shape, computed from the layout, never typed in.
double bitsPerWeight(const Scheme& scheme, const tensor::Shape& shape);
/// Whether quantize() would accept this shape; if not, `why` (when given) gets one sentence.
bool accepts(const Scheme& scheme, const tensor::Shape& shape, std::string* why = nullptr);

}  // namespace core::quant
