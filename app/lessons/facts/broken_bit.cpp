#include "app/lessons/facts/broken_bit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <utility>

#include "app/lessons/facts/lesson_models.h"
#include "app/session/demo_model.h"
#include "core/base/error.h"
#include "core/quant/explain/block_explanation.h"
#include "core/quant/explain/block_override.h"
#include "core/quant/quantizer.h"
#include "core/quant/registry.h"

namespace app {

namespace {

using core::quant::FieldPlace;
using core::quant::QuantizedTensor;
using core::quant::QuantizedTensorPtr;

[[noreturn]] void refuse(const std::string& sentence) { throw core::Error(core::ErrorCode::InvalidArgument, sentence); }

core::model::Recipe brokenRecipeOf(const std::string& scheme) {
  return scheme == "stored" ? core::model::Recipe() : core::model::Recipe(core::quant::Scheme::parse(scheme));
}

std::vector<float> valuesOf(const QuantizedTensor& tensor) {
  std::vector<float> values(tensor.shape.count());
  core::quant::decode(tensor, 0, values.size(), values.data());
  return values;
}

FieldPlace placeOf(const QuantizedTensor& tensor, std::uint64_t element, const std::string& part) {
  const FieldPlace code = core::quant::codePlace(tensor, element);
  if (part == "code") return code;
  if (part != "scale") refuse(fmt::format("A bit is of the code or of the scale, not of the {}.", part));
  const auto fields = core::quant::explainStored(tensor, code.row, code.block).fields.fields;
  const std::uint32_t value = fields[code.field].firstValue;
  const auto found = std::ranges::find_if(fields, [&](const core::quant::BlockField& field) {
    return field.role == core::quant::FieldRole::Scale && field.speaksOf(value);
  });
  if (found == fields.end()) refuse(fmt::format("The weights of {} have no scale.", tensor.name));
  return {code.row, code.block, static_cast<std::uint32_t>(found - fields.begin())};
}

/// The tensor before and after.
struct Broken {
  std::uint64_t element = 0;
  QuantizedTensorPtr before, after;
};

Broken breakBit(const OpenModel& model, const BrokenBit& broken, const core::JobContext& job) {
  const auto index = model.checkpoint().find(broken.tensor);
  if (!index) refuse(fmt::format("The built-in model has no tensor {}.", broken.tensor));
  Broken result;
  result.before = model.tensor(*index);
  const auto isSmaller = [](float a, float b) { return std::fabs(a) < std::fabs(b); };
  const std::vector<float> stored = valuesOf(*result.before);
  result.element = static_cast<std::uint64_t>(std::ranges::max_element(stored, isSmaller) - stored.begin());
  if (broken.scheme != "stored")
    result.before = core::quant::quantize(core::quant::Scheme::parse(broken.scheme), *result.before, job);
  result.after =
      core::quant::withToggledBit(*result.before, placeOf(*result.before, result.element, broken.part), broken.bit);
  return result;
}

}  // namespace

BrokenWeight brokenWeight(const BrokenBit& broken, const core::JobContext& job) {
  const auto model = OpenModel::open(std::string(kDemoName), job);
  const Broken tensors = breakBit(*model, broken, job);
  const std::vector<float> before = valuesOf(*tensors.before), after = valuesOf(*tensors.after);
  BrokenWeight result;
  result.element = tensors.element;
  result.before = static_cast<double>(before[tensors.element]);
  result.after = static_cast<double>(after[tensors.element]);
  for (std::size_t i = 0; i < before.size(); ++i) result.changed += before[i] != after[i] ? 1 : 0;
  return result;
}

std::optional<AnswerScore> brokenScore(const BrokenBit& broken, const core::JobContext& job) {
  static std::mutex mutex;
  static std::map<std::string, std::optional<AnswerScore>> known;
  const std::string key = fmt::format("{} {} {} {}", broken.tensor, broken.scheme, broken.part, broken.bit);
  {
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(key); found != known.end()) return found->second;
  }
  const auto model = OpenModel::open(std::string(kDemoName), job);
  core::model::Recipe recipe = brokenRecipeOf(broken.scheme);
  recipe.replacements[broken.tensor] = breakBit(*model, broken, job.part(0.0, 0.1)).after;
  std::optional<AnswerScore> score;
  try {
    score = scoreAnswers(*model, recipe, lessonExchanges(), job.part(0.1, 1.0));
  } catch (const core::Error& error) {
    if (error.code() != core::ErrorCode::NotFinite) throw;
  }
  const std::lock_guard lock(mutex);
  return known.insert_or_assign(key, score).first->second;
}

}  // namespace app
