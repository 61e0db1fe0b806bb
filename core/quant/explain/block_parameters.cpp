#include "core/quant/explain/block_parameters.h"

#include <fmt/format.h>

#include <algorithm>

namespace core::quant {

namespace {

bool isParameter(FieldRole role) {
  switch (role) {
    case FieldRole::Code:
    case FieldRole::Index:
    case FieldRole::Sign:
    case FieldRole::Sum:
    case FieldRole::Padding:
      return false;
    default:
      return true;
  }
}

ParameterLevel levelOf(const BlockField& field) {
  if (field.sharedBy == 0) return ParameterLevel::Tensor;
  const bool isSuper = field.role == FieldRole::SuperScale || field.role == FieldRole::SuperMinimum;
  return isSuper ? ParameterLevel::SuperBlock : ParameterLevel::Group;
}

std::string meaningOf(FieldRole role) {
  switch (role) {
    case FieldRole::Scale:
      return "The scale: what one step of these weights' codes is worth.";
    case FieldRole::SuperScale:
      return "What the scales below it are multiples of.";
    case FieldRole::Minimum:
      return "Where these weights' levels begin.";
    case FieldRole::SuperMinimum:
      return "What the minima below it are multiples of.";
    case FieldRole::ZeroPoint:
      return "The zero-point: the code that stands for 0.";
    case FieldRole::OffsetSign:
      return "Whether these weights' levels are moved by 1/8: 0 is up, 1 is down.";
    case FieldRole::Offset:
      return "What is added to every scale of the tensor.";
    case FieldRole::Level:
      return "A level that these weights can become.";
    default:
      return {};
  }
}

}  // namespace

std::string storedAs(const BlockField& field) {
  const std::string_view name = title(field.reading);
  const bool isWhole = field.reading == FieldReading::Unsigned || field.reading == FieldReading::Signed;
  return isWhole ? fmt::format("{}-bit {}", field.bits(), name) : std::string(name);
}

std::vector<ExplanationParameter> storedParameters(const BlockFields& fields, std::span<const std::byte> bytes) {
  std::vector<ExplanationParameter> result;
  std::uint32_t levels = 0;
  for (std::size_t f = 0; f < fields.fields.size(); ++f) {
    const BlockField& field = fields.fields[f];
    if (!isParameter(field.role)) continue;
    ExplanationParameter parameter;
    parameter.level = levelOf(field);
    parameter.role = field.role;
    parameter.symbol = field.symbol;
    if (field.role == FieldRole::Level) parameter.symbol += std::to_string(levels++);
    parameter.meaning = meaningOf(field.role);
    parameter.stored = numberOf(field, bitsOf(field, bytes));
    parameter.storedAs = storedAs(field);
    parameter.bits = field.bits();
    parameter.firstValue = field.firstValue;
    parameter.valueCount = field.valueCount;
    parameter.fields = {static_cast<std::uint32_t>(f)};
    result.push_back(std::move(parameter));
  }
  std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.level < b.level; });
  return result;
}

}  // namespace core::quant
