#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/job_context.h"
#include "core/quant/calibration.h"
#include "core/quant/explain/block_fields.h"
#include "core/quant/explain/size_parts.h"
#include "core/quant/quantized_tensor.h"

namespace core::quant {

/// What shares a parameter.
enum class ParameterLevel : std::uint8_t { Tensor, SuperBlock, Group };
std::string_view toString(ParameterLevel level);  ///< "tensor", "super_block", "group"

/// A number that a block's values have in common, and how the encoder came to it.
struct ExplanationParameter {
  ParameterLevel level = ParameterLevel::Group;
  FieldRole role = FieldRole::Scale;
  std::string symbol;              ///< as in formulas: "S", "Z", "d", "sc"
  std::string meaning;             ///< one sentence
  std::string formula;             ///< with symbols: "S = (xmax − xmin)/(qmax − qmin)"; empty for a stored block
  std::string numbers;             ///< the same with the real numbers
  std::string search;              ///< one sentence on what was tried; empty where nothing was
  std::uint32_t candidates = 0;    ///< that were tried; 0: none
  std::optional<double> searched;  ///< what the search found, in units of the weights, where `stored` is in others
  std::optional<double> computed;  ///< before storing; nothing where the block was read as it is stored
  double stored = 0.0;             ///< what is read back, as the formulas use it
  std::string storedAs;            ///< "FP16", "6-bit unsigned integer", …
  std::uint32_t bits = 0;          ///< 0: not stored itself, it follows from others
  std::uint32_t firstValue = 0, valueCount = 0;  ///< of the block's values it covers
  std::vector<std::uint32_t> fields;             ///< indices into the block's fields
};

/// What happens to every value, one column after the other. Which of them there are depends on the format.
enum class StepId : std::uint8_t {
  Value,    ///< x, the weight
  Input,    ///< what an encoder takes x as where it is not finite or beyond what can be stored
  Offset,   ///< less the minimum
  Divide,   ///< in units of the step
  Round,    ///< to a whole number or to a level
  Clamp,    ///< to the levels there are: the number the code stands for
  Code,     ///< the bits that are stored, as an unsigned number
  Level,    ///< the entry of the code book
  Scaled,   ///< what is read back of a column that was multiplied before
  Factor,   ///< by this
  Decoded,  ///< x̂, what is read back
  Error     ///< x̂ − x
};
std::string_view toString(StepId id);  ///< "value", "divide", …

struct ExplanationStep {
  StepId id = StepId::Value;
  std::string symbol;   ///< "x", "t", "q", "x̂"
  std::string meaning;  ///< a few words
  std::string pattern;  ///< formula_text; names are symbols of earlier steps and of parameters (S′: before storing)
  std::vector<double> values;  ///< one per weight; NaN where the encoder computes none
};

/// The part of the real line that a block's levels were made to span.
struct ExplanationRange {
  double min = 0.0, max = 0.0;   ///< of the block's finite values
  double low = 0.0, high = 0.0;  ///< that the levels span
  std::uint64_t nonFinite = 0;   ///< values that took no part
  std::string meaning;           ///< one sentence: how low and high were chosen
  std::uint32_t candidates = 0;  ///< ranges that were tried; 0: none
};

/// Every value that some of the block's weights can become, ascending and distinct.
struct ExplanationLevels {
  std::uint32_t firstValue = 0, valueCount = 0;
  std::vector<double> levels;
};

/// One block step by step. All numbers are those of the encoder itself: its pieces computed them.
struct BlockExplanation {
  std::string tensor;                ///< its name
  std::optional<Scheme> scheme;      ///< nothing for a tensor that no scheme made
  std::uint64_t row = 0, block = 0;  ///< as asked for
  std::uint64_t firstValue = 0;      ///< flat index of values[0] in the tensor
  bool isStored = false;             ///< the tensor is stored this way already: its block was read, nothing was chosen
  std::vector<float> values;         ///< the weights; under one scale for all, those of the row
  std::vector<std::uint32_t> columns;  ///< of the values in their row, where columns are stored in another order
  ExplanationRange range;
  std::vector<ExplanationParameter> parameters;  ///< tensor, then super-block, then group
  std::vector<ExplanationStep> steps;
  BlockFields fields;
  std::vector<std::byte> bytes;  ///< of the block, laid out as `fields` says
  std::vector<SizePart> size;    ///< of the whole tensor
  double bitsPerWeight = 0.0;    ///< of the whole tensor: the sum of its parts
  std::vector<ExplanationLevels> levels;
  std::vector<std::string> notes;  ///< whole sentences about what is special here
  /// The staircase: what a weight x in the place of value i would become with every parameter as it is. Null where
  /// weights do not become codes one by one (lattices, ternary digits are) or nothing was encoded.
  std::function<float(float x, std::size_t i)> transfer;

  const ExplanationStep* step(StepId id) const;
  /// The parameter of this symbol that covers a value; null without one.
  const ExplanationParameter* parameter(std::string_view symbol, std::size_t value = 0) const;
};

/// How many blocks of a format touch one row of a tensor: groups of the row; 1 where a row or the tensor shares a scale
/// and for plain elements; blocks of bitsandbytes may begin in an earlier row.
std::uint64_t blocksOfRow(const Format& format, const tensor::Shape& shape, std::uint64_t row);

/// Explains what the scheme makes of one block. Quantizes as much of the tensor as the block depends on
/// (rangeToQuantize in grid.h): its row, or all of it where scales have a second level.
/// @param block from the left of the row
/// @throws Error (InvalidArgument) for a row or block that is not there; else as quantize()
BlockExplanation explainBlock(const Scheme& scheme, const QuantizedTensor& source, std::uint64_t row,
                              std::uint64_t block, const JobContext& job = JobContext(),
                              const TensorCalibration* calibration = nullptr);

/// The same for a tensor as it is stored: fields, parameters as they are read, codes and decoded values.
/// @throws Error (InvalidArgument) for a row or block that is not there
BlockExplanation explainStored(const QuantizedTensor& tensor, std::uint64_t row, std::uint64_t block);

/// The formula of one step with the numbers of one weight: "t = 0.45892/0.007874016 = 58.28285".
std::string stepText(const BlockExplanation& explanation, std::size_t step, std::size_t value);
/// With symbols: "t = x/S".
std::string stepFormula(const ExplanationStep& step);

/// The error of every weight in units of the step there: of the distance between the two levels around the weight
/// (beyond the outermost level of the last two). NaN where there are fewer than two levels.
std::vector<double> errorInSteps(const BlockExplanation& explanation);

}  // namespace core::quant
