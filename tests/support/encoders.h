#pragma once
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <span>
#include <vector>

#include "core/model/executor.h"
#include "support/golden.h"

namespace support {

/// Tiny encoders and their rows (tests/data/encoders).
inline const std::filesystem::path kEncoders = std::filesystem::path(QS_TEST_DATA) / "encoders";

/// Of a token: 1 − cosine to the rows in float64. float32 rounds to 1e-13 here; attention that sees too little, a
/// position that is one off or the other GELU give 1e-8 and more.
constexpr double kRowLimit = 1e-11;
/// The same to llama.cpp, whose GELU is a table in FP16: up to 1.2e-7 (tests/data/encoders/README.md).
constexpr double kLlamaRowLimit = 5e-7;

inline std::vector<core::model::TokenId> encoderTokens() { return readJson(kEncoders / "tokens.json"); }
/// float32 [tokens, width]. @param kind "rows" or "llama_rows"
inline std::vector<float> encoderRows(const QString& name, const char* kind) {
  return readArray<float>(kEncoders / (name.toStdString() + '.' + kind));
}

/// The greatest 1 − cosine of a row; infinite for another number of them, or none.
inline double worstTurn(std::span<const float> a, std::span<const float> b, std::size_t width) {
  if (a.size() != b.size() || a.empty()) return INFINITY;
  double worst = 0.0;
  for (std::size_t row = 0; row < a.size(); row += width) {
    double ab = 0.0, aa = 0.0, bb = 0.0;
    for (std::size_t i = row; i < row + width; ++i) {
      const double x = a[i], y = b[i];
      ab += x * y, aa += x * x, bb += y * y;
    }
    const double turn = 1 - ab / std::sqrt(aa * bb);
    worst = std::isnan(turn) ? INFINITY : std::max(worst, turn);
  }
  return worst;
}

}  // namespace support
