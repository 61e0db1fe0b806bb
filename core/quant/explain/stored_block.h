#pragma once
#include <span>

#include "core/quant/explain/block_explanation.h"
#include "core/quant/explain/block_place.h"

namespace core::quant {

/// What can be said of a block from its stored form alone: fields, bytes, parameters as they are read, the columns
/// code, level and decoded, the levels. Everything else is added by what explains the encoder.
/// @param place inside `tensor`, which may be a part of the tensor that is explained
void describeStored(const QuantizedTensor& tensor, const BlockPlace& place, BlockExplanation& out);

/// The weights in the places of a block: of its row's columns `changes->order`, where there is an order.
std::vector<float> weightsAt(const QuantizedTensor& tensor, const BlockPlace& place, const ColumnChanges* changes);

/// The unsigned codes of consecutive values of a row, one byte each. @pre the layout is not Elements
std::vector<std::uint8_t> codesOf(const QuantizedTensor& tensor, const BlockPlace& place);

/// Adds the column behind the others.
void addStep(BlockExplanation& out, StepId id, std::string symbol, std::string meaning, std::string pattern,
             std::vector<double> values);
/// Adds it before the first column of another kind.
void insertStepBefore(BlockExplanation& out, StepId before, ExplanationStep step);
std::vector<double> toDoubles(std::span<const float> values);

/// The parameter of this symbol that covers a value. @pre there is one
ExplanationParameter& parameterOf(BlockExplanation& out, std::string_view symbol, std::size_t value = 0);

/// Null where there is none.
ExplanationParameter* findParameter(BlockExplanation& out, std::string_view symbol, std::size_t value = 0);

/// Writes how a parameter was computed: the pattern with symbols and with numbers, and the result.
/// @param valueOf the number of each name in the pattern
void setFormula(ExplanationParameter& parameter, std::string_view pattern,
                const std::function<double(std::string_view)>& valueOf, double computed);

/// What a formula is rounded by: "round(" and ")".
struct Rounded {
  std::string_view open = "round(", close = ")";
};
/// The same for a parameter that is stored as a rounded number: "Z = round(qmin − xmin/S)", with the numbers
/// "Z = round(−8 − (−0.2)/0.0226) = round(0.85) = 1". @param pattern of what is rounded
void setRoundedFormula(ExplanationParameter& parameter, const Rounded& rounded, std::string_view pattern,
                       const std::function<double(std::string_view)>& valueOf, double computed);

}  // namespace core::quant
