#include "app/selection/scheme_group.h"

#include <QCoreApplication>

#include "core/quant/calibration.h"

namespace app {

SchemeGroup groupOf(const core::model::Recipe& recipe) {
  if (recipe.otherModel() != nullptr) return SchemeGroup::Models;
  const core::quant::Scheme* const scheme = recipe.asScheme();
  if (scheme == nullptr) return SchemeGroup::Recipes;
  using core::quant::Family;
  if (scheme->activations.name != core::quant::ActivationName::None) return SchemeGroup::Activations;
  if (core::quant::calibrationNeed(*scheme) != core::quant::CalibrationNeed::None) return SchemeGroup::Calibrated;
  switch (core::quant::family(scheme->format.name)) {
    case Family::Cast:
    case Family::ScaledFloat:
      return SchemeGroup::Floats;
    case Family::Integer:
      return SchemeGroup::Uniform;
    case Family::Logarithmic:
    case Family::KMeans:
      return SchemeGroup::NonUniform;
    case Family::CodeBook:
      return SchemeGroup::BitsAndBytes;
    case Family::Microscaling:
      return SchemeGroup::Microscaling;
    case Family::GgufBlock:
      return SchemeGroup::Gguf;
    case Family::LlmInt8:
      return SchemeGroup::Activations;
  }
  return SchemeGroup::Recipes;
}

QString titleOf(SchemeGroup group) {
  const auto tr = [](const char* text) { return QCoreApplication::translate("SchemeGroup", text); };
  switch (group) {
    case SchemeGroup::Models:
      return tr("Compared model");
    case SchemeGroup::Own:
      return tr("Your own");
    case SchemeGroup::Floats:
      return tr("Floats");
    case SchemeGroup::Uniform:
      return tr("Uniform integers");
    case SchemeGroup::NonUniform:
      return tr("Logarithmic and k-means");
    case SchemeGroup::BitsAndBytes:
      return tr("bitsandbytes");
    case SchemeGroup::Gguf:
      return tr("GGUF block types");
    case SchemeGroup::Microscaling:
      return tr("MX and NVFP4");
    case SchemeGroup::Calibrated:
      return tr("Calibrated by a text");
    case SchemeGroup::Activations:
      return tr("Weights and activations");
    case SchemeGroup::Recipes:
      return tr("Recipes for whole models");
  }
  return {};
}

}  // namespace app
