#include "app/cli/explain_tensor.h"

#include <fmt/format.h>

#include <charconv>
#include <variant>

#include "app/cli/explain_columns.h"
#include "app/cli/explain_input.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace app::cli {

using core::Error;
using core::ErrorCode;
namespace quant = core::quant;

namespace {

/// The number behind the last colon, which is taken off with it.
std::uint64_t takeNumber(std::string& text, std::string_view what, const std::string& whole) {
  const std::size_t colon = text.rfind(':');
  std::uint64_t number = 0;
  const std::string_view digits = std::string_view(text).substr(colon == std::string::npos ? text.size() : colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("--explain takes TENSOR:ROW:BLOCK, such as blk.0.ffn_up.weight:3:0; the {} of {} is no whole "
                    "number of at least 0.",
                    what, core::io::inQuotes(whole)));
  text.resize(colon);
  return number;
}

Json rangeJson(const quant::ExplanationRange& range) {
  return {{"min", range.min},
          {"max", range.max},
          {"low", finite(range.low)},
          {"high", finite(range.high)},
          {"meaning", range.meaning},
          {"candidates", range.candidates},
          {"non_finite", range.nonFinite}};
}

Json textOrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

/// A fragment such as "rows of 48 values are …" as a sentence.
std::string sentenceOf(std::string fragment) {
  if (fragment.front() >= 'a' && fragment.front() <= 'z') fragment.front() = static_cast<char>(fragment.front() - 32);
  return fragment + '.';
}

Json numbersJson(const std::vector<double>& numbers) {
  Json list = Json::array();
  for (const double number : numbers) list.push_back(finite(number));
  return list;
}

Json parameterJson(const quant::ExplanationParameter& parameter) {
  return {{"id", quant::toString(parameter.role)},
          {"level", quant::toString(parameter.level)},
          {"symbol", parameter.symbol},
          {"meaning", parameter.meaning},
          {"formula", parameter.formula},
          {"numbers", parameter.numbers},
          {"search", parameter.search},
          {"candidates", parameter.candidates},
          {"searched", finite(parameter.searched)},
          {"computed", finite(parameter.computed)},
          {"stored", finite(parameter.stored)},
          {"stored_as", parameter.storedAs},
          {"bits", parameter.bits},
          {"first_value", parameter.firstValue},
          {"value_count", parameter.valueCount},
          {"fields", parameter.fields}};
}

Json fieldJson(const quant::BlockField& field, const std::vector<std::byte>& bytes) {
  Json ranges = Json::array();
  for (const quant::BitRange& range : field.ranges)
    if (range.bits != 0) ranges.push_back({{"first", range.firstBit}, {"bits", range.bits}, {"shift", range.shift}});
  const std::uint64_t bits = quant::bitsOf(field, bytes);
  return {{"role", quant::toString(field.role)},
          {"symbol", field.symbol},
          {"reads_as", quant::title(field.reading)},
          {"ranges", std::move(ranges)},
          {"bits", bits},
          {"number", finite(quant::numberOf(field, bits))},
          {"first_value", field.firstValue},
          {"value_count", field.valueCount},
          {"value_stride", field.valueStride},
          {"shared_by", field.sharedBy}};
}

std::string hexOf(const std::vector<std::byte>& bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

}  // namespace

BlockAddress BlockAddress::parse(const std::string& text) {
  BlockAddress address;
  address.tensor = text;
  address.block = takeNumber(address.tensor, "block", text);
  address.row = takeNumber(address.tensor, "row", text);
  return address;
}

ExplainedBlock explain(const OpenModel& model, const core::model::Recipe& recipe, const BlockAddress& address,
                       const core::JobContext& job) {
  const auto& checkpoint = model.checkpoint();
  const auto stored = quant::loadTensor(checkpoint, address.tensor);
  auto plan = core::model::planRecipe(recipe, checkpoint);
  auto& decision = plan.tensors[*checkpoint.find(address.tensor)];
  const auto* const base = std::get_if<quant::Scheme>(&recipe.base);
  if (!decision.scheme && base == nullptr)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} leaves the tensor {} as it is stored: {}.", recipe.toString(),
                            core::io::inQuotes(address.tensor), decision.kept),
                address.tensor);
  const quant::Scheme scheme = decision.scheme   ? *decision.scheme
                               : base != nullptr ? core::model::withImportance(recipe, *base, stored->name)
                                                 : quant::Scheme();
  const auto need = quant::calibrationNeed(scheme);
  const auto calibration = model.calibration().current();
  const auto known = calibration && need != quant::CalibrationNeed::None ? calibration->of(stored->name, need, job)
                                                                         : quant::TensorCalibrationPtr();
  auto block = quant::explainBlock(scheme, *stored, address.row, address.block, job, known.get());
  if (!decision.scheme)
    block.notes.insert(
        block.notes.begin(),
        fmt::format("`quantize` keeps this tensor as it is stored ({}); here is what {} would make of it.",
                    decision.kept, scheme.toString()));
  if (!decision.fallback.empty()) block.notes.insert(block.notes.begin(), sentenceOf(decision.fallback));
  std::optional<quant::MethodExplanation> columns;
  if (quant::explainsColumns(scheme) && !block.isStored)
    columns = quant::explainColumns(scheme, *stored, address.row, known.get(), job);
  std::optional<quant::InputQuantizer> input;
  if (scheme.activations.isStatic()) input = quant::quantize(scheme, *stored, job, known.get())->input;
  return {std::move(block), std::move(decision), std::move(columns), input};
}

Json explanationJson(const ExplainedBlock& explained) {
  const quant::BlockExplanation& explanation = explained.block;
  Json parameters = Json::array(), steps = Json::array(), fields = Json::array(), levels = Json::array(),
       size = Json::array();
  for (const auto& parameter : explanation.parameters) parameters.push_back(parameterJson(parameter));
  for (const auto& step : explanation.steps)
    steps.push_back({{"id", quant::toString(step.id)},
                     {"symbol", step.symbol},
                     {"meaning", step.meaning},
                     {"formula", quant::stepFormula(step)},
                     {"values", numbersJson(step.values)}});
  for (const auto& field : explanation.fields.fields) fields.push_back(fieldJson(field, explanation.bytes));
  for (const auto& set : explanation.levels)
    levels.push_back({{"first_value", set.firstValue}, {"value_count", set.valueCount}, {"levels", set.levels}});
  for (const auto& part : explanation.size)
    size.push_back(
        {{"part", part.part}, {"count", part.count}, {"bits", part.bits}, {"bits_per_weight", part.bitsPerWeight}});
  return {{"tensor", explanation.tensor},
          {"scheme", explanation.scheme ? Json(explanation.scheme->toString()) : Json()},
          {"row", explanation.row},
          {"block", explanation.block},
          {"first_value", explanation.firstValue},
          {"count", explanation.values.size()},
          {"stored_already", explanation.isStored},
          {"range", rangeJson(explanation.range)},
          {"parameters", std::move(parameters)},
          {"steps", std::move(steps)},
          {"error_in_steps", numbersJson(quant::errorInSteps(explanation))},
          {"bytes", hexOf(explanation.bytes)},
          {"fields", std::move(fields)},
          {"levels", std::move(levels)},
          {"size", std::move(size)},
          {"bits_per_weight", explanation.bitsPerWeight},
          {"rule", textOrNull(explained.decision.rule)},
          {"fallback", textOrNull(explained.decision.fallback)},
          {"kept", textOrNull(explained.decision.kept)},
          {"columns", explained.columns ? columnsJson(*explained.columns) : Json()},
          {"input", explained.input ? inputJson(*explained.input) : Json()},
          {"notes", explanation.notes}};
}

}  // namespace app::cli
