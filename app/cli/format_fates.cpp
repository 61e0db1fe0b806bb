#include "app/cli/format_fates.h"

#include <fmt/format.h>

#include <cmath>

#include "core/metrics/format_census.h"
#include "core/numeric/scale_of_range.h"

namespace app::cli {

namespace {

using core::metrics::Fate;

core::metrics::CensusFormat scaled(const core::numeric::NumberFormat& format, double absmax) {
  constexpr double kLeast = 1e-30;  // of a tensor of zeros, as in the window
  const double reach = std::isfinite(absmax) ? std::max(kLeast, absmax) : 1;
  return {format, core::numeric::scaleOfRange(format, {-reach, reach, false})};
}

}  // namespace

Json formatFatesJson(const core::quant::QuantizedTensor& tensor, const core::metrics::TensorStats& stats,
                     const std::vector<core::numeric::NumberFormat>& formats) {
  std::vector<core::metrics::CensusFormat> census;
  for (const auto& format : formats) census.push_back(scaled(format, stats.absMax));
  const auto results = core::metrics::formatCensus(tensor, census);
  Json rows = Json::array();
  for (std::size_t i = 0; i < results.size(); ++i) {
    Json row = {{"format", formats[i].name}};
    if (formats[i].isScaled()) row["scale"] = census[i].scale.scale;
    if (formats[i].isInteger()) row["zero_point"] = census[i].scale.zeroPoint;
    for (std::size_t fate = 0; fate < core::metrics::kFates; ++fate)
      row[core::metrics::toString(static_cast<Fate>(fate))] = results[i].groups[fate].count;
    row["relative_squared_error"] = finite(results[i].relativeSquaredError());
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string formatFatesText(const Json& fates) {
  std::string text;
  for (const Json& row : fates) {
    std::uint64_t all = 0;
    std::string words;
    for (std::size_t fate = 0; fate < core::metrics::kFates; ++fate)
      all += row[core::metrics::toString(static_cast<Fate>(fate))].get<std::uint64_t>();
    for (std::size_t fate = 0; fate < core::metrics::kFates; ++fate) {
      std::string name = core::metrics::toString(static_cast<Fate>(fate));
      const auto count = row[name].get<std::uint64_t>();
      if (count == 0) continue;
      for (char& letter : name) letter = letter == '_' ? ' ' : letter;
      words += fmt::format("{}{} {:.3g}%", words.empty() ? "" : ", ", name,
                           100.0 * static_cast<double>(count) / static_cast<double>(all));
    }
    text += fmt::format("    {:<14} {}\n", row["format"].get<std::string>(), words);
  }
  return text;
}

}  // namespace app::cli
