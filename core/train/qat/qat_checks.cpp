#include "core/train/qat/qat_checks.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/visit_weights.h"
#include "core/quant/calibration.h"
#include "core/quant/plain_scheme.h"
#include "core/quant/registry.h"

namespace core::train {

namespace {

using quant::Family;
using quant::MethodName;

[[noreturn]] void refuse(const quant::Scheme& scheme, const std::string& name, std::string_view why) {
  throw Error(ErrorCode::Unsupported,
              fmt::format("{} cannot be trained through {}: {}.", io::inQuotes(name), scheme.displayName(), why), name);
}

/// What a scheme looks at of a text, as a fragment; empty where it looks at none.
std::string_view whatItNeeds(const quant::Scheme& scheme) {
  if (quant::calibrationNeed(scheme) == quant::CalibrationNeed::None) return "";
  if (scheme.activations.isStatic()) return "ranges of inputs that a text has shown end when weights move";
  return "its method looks at a calibration text, not at weights that move";
}

}  // namespace

void checkTrainable(const quant::Scheme& scheme, QatRange range, const std::string& name, const tensor::Shape& shape) {
  if (const std::string_view needs = whatItNeeds(scheme); !needs.empty())
    refuse(scheme, name,
           fmt::format("{}; training rounds anew at every step, so give the plain scheme, {}", needs,
                       quant::plainScheme(scheme).toString()));
  if (std::string why; !quant::accepts(scheme, shape, &why)) {
    why.pop_back();  // the full stop
    refuse(scheme, name, why);
  }
  if (range == QatRange::Recomputed) return;
  if (quant::family(scheme.format.name) != Family::Integer)
    refuse(scheme, name, "only formats of evenly spaced integers have ranges that can be learned");
  if (scheme.method.name != MethodName::RoundToNearest)
    refuse(scheme, name, "its method chooses zero-points itself, so that ranges cannot be learned");
}

void checkFinite(std::span<const float> latent, std::uint64_t width, const std::string& name) {
  for (std::size_t i = 0; i < latent.size(); ++i)
    if (!std::isfinite(latent[i]))
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("{} cannot be trained: the weight in row {}, column {} is {}.", io::inQuotes(name),
                              i / width, i % width, std::isnan(latent[i]) ? "NaN" : "infinite"),
                  name);
}

void checkNames(const model::ModelWeights& weights, const std::map<std::string, quant::Scheme>& schemes) {
  std::set<std::string_view> names;
  model::visitWeights(weights, [&](const quant::QuantizedTensorPtr& tensor) {
    if (tensor) names.insert(tensor->name);
  });
  for (const auto& [name, scheme] : schemes)
    if (!names.contains(name))
      throw Error(ErrorCode::NotFound,
                  fmt::format("The model has no weight {}, which {} is to be trained for.", io::inQuotes(name),
                              scheme.displayName()),
                  name);
}

}  // namespace core::train
