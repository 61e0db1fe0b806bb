#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/calibrate/input_statistics.h"

namespace core::calibrate {

/// How far the reading of a text has come: what is kept between two runs of the program.
struct Progress {
  /// [sections][inputs of the section]; nothing where the section was not read yet.
  std::vector<std::vector<std::optional<InputStatistics>>> statistics;
  std::size_t section = 0;       ///< that is read next; 0: from the beginning
  std::vector<float> residuals;  ///< that enter it; empty for 0
};

/// Writes a GGUF file (general.type "calibration"), complete or not at all: per input S.I.squares and S.I.magnitudes
/// F64, S.I.largest F32, S.I.counts I64 (of the histogram, then the values left out) and S.I.range F32 (limit, min,
/// max), and `residuals` F32. Metadata says what it is of and has a checksum over the rest.
/// @param residuals in place of those of `progress`, so that they need not be copied  @throws Error (Io)
void writeProgress(const std::filesystem::path& path, const std::string& identity, const Progress& progress,
                   std::span<const float> residuals);

/// Reads it back. Nothing for a file that is not there, damaged or of something else.
/// @param widths [sections][inputs] as they have to be  @param residualValues [sections] likewise
std::optional<Progress> readProgress(const std::filesystem::path& path, const std::string& identity,
                                     const std::vector<std::vector<std::size_t>>& widths,
                                     const std::vector<std::size_t>& residualValues);

}  // namespace core::calibrate
