#pragma once
#include <cstdint>

namespace core::model {

/// How a row of signed bytes lies in a value's floats, as 32-bit words, on every device. Columns are taken in units of
/// 32, the last one filled with zeros:
///   head    scale (float), zero-point (integer), 0, 0
///   codes   [units][8]  four columns to a word, the first one lowest
///   sums    [units][2]  of the codes of eight columns each, as signed 16 bits, the first one lowest
///   masks   [units][1]  bit i: column i of the unit is an outlier column (LLM.int8()), whose codes are all 0
/// x = scale · (code − zero-point).
struct CodedRow {
  static constexpr std::uint32_t kUnit = 32, kHead = 4;
  static constexpr std::uint32_t kCodeWords = 8, kSumWords = 2, kMaskWords = 1;  // of a unit

  std::uint32_t units;

  explicit constexpr CodedRow(std::uint32_t width) : units((width + kUnit - 1) / kUnit) {}
  constexpr std::uint32_t words() const { return kHead + units * (kCodeWords + kSumWords + kMaskWords); }
  constexpr std::uint32_t codes() const { return kHead; }
  constexpr std::uint32_t sums() const { return codes() + units * kCodeWords; }
  constexpr std::uint32_t masks() const { return sums() + units * kSumWords; }
};

}  // namespace core::model
