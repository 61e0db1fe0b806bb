#include "core/calibrate/input_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/calibrate/section_stream.h"
#include "core/io/text_checks.h"
#include "core/model/coded_row.h"
#include "core/model/ops/decode_rows.h"
#include "core/model/ops/quantize_rows.h"
#include "core/quant/input_quantizer.h"
#include "core/quant/row_scale.h"

namespace core::calibrate {

namespace {

using quant::kLargestE4M3;
constexpr float kStepE4M3 = 32.0F;  // from 256 on
constexpr float kLowestCode = -128.0F, kHighestCode = 127.0F;

bool isFp8(quant::ActivationName name) {
  return name == quant::ActivationName::Fp8Static || name == quant::ActivationName::Fp8Dynamic;
}

/// What the outermost codes stand for, in static ranges. @param beyond of a step
quant::InputRange codesOf(const quant::InputQuantizer& quantizer, float beyond = 0.0F) {
  if (isFp8(quantizer.name)) {
    const float most = quantizer.scale * (kLargestE4M3 + beyond * kStepE4M3);
    return {-most, most};
  }
  const auto zero = static_cast<float>(quantizer.zeroPoint);
  return {quantizer.scale * (kLowestCode - beyond - zero), quantizer.scale * (kHighestCode + beyond - zero)};
}

/// The values that get a code of their own: up to half a step beyond the outermost ones.
quant::InputRange codedBy(const quant::InputQuantizer& quantizer) { return codesOf(quantizer, 0.5F); }

/// One way, and what it has cost so far.
struct Way {
  quant::InputQuantizer quantizer;
  bool isStatic = false;
  double squaredError = 0.0;
  std::uint64_t clipped = 0;
};

class Study {
 public:
  Study(const std::string& tensor, const quant::TensorCalibration& known, const std::vector<quant::Activations>& ways) {
    for (const quant::Activations& how : ways) {
      RangeStudy range;
      range.how = how;
      m_ways.push_back({*quant::inputQuantizer(how, &known, nullptr, tensor), how.isStatic()});
      const quant::InputQuantizer& quantizer = m_ways.back().quantizer;
      if (how.isStatic()) {
        range.range = codesOf(quantizer);
        range.step = static_cast<double>(quantizer.scale) * (isFp8(how.name) ? static_cast<double>(kStepE4M3) : 1.0);
        range.clippedBefore = shareBeyond(codedBy(quantizer), known.inputs);
      }
      m_study.ranges.push_back(range);
    }
  }

  void add(std::span<const float> rows, std::size_t width) {
    m_study.inputs.add(rows);
    for (std::size_t at = 0; at < rows.size(); at += width) {
      const auto [low, high] = std::minmax_element(rows.begin() + static_cast<std::ptrdiff_t>(at),
                                                   rows.begin() + static_cast<std::ptrdiff_t>(at + width));
      m_study.tokens.push_back({*low, *high});
    }
    for (const float x : rows) m_squares += static_cast<double>(x) * static_cast<double>(x);
    for (std::size_t w = 0; w < m_ways.size(); ++w) addTo(m_ways[w], rows, width);
  }

  InputStudy take() {
    const double values = static_cast<double>(m_study.inputs.total());
    for (std::size_t w = 0; w < m_ways.size(); ++w) {
      RangeStudy& range = m_study.ranges[w];
      range.error = m_squares > 0.0 ? m_ways[w].squaredError / m_squares : 0.0;
      if (!range.how.isStatic()) {
        const float most = m_study.magnitudeOf(1.0);
        range.range = {-most, most};
        const auto middle = static_cast<double>(m_study.magnitudeOf(0.5));
        range.step = isFp8(range.how.name) ? middle * static_cast<double>(kStepE4M3) / static_cast<double>(kLargestE4M3)
                                           : middle / static_cast<double>(kHighestCode);
        continue;
      }
      range.clipped = values > 0.0 ? static_cast<double>(m_ways[w].clipped) / values : 0.0;
      for (const TokenExtremes& token : m_study.tokens) range.clippedTokens += clips(range, token) ? 1 : 0;
    }
    return std::move(m_study);
  }

 private:
  static double shareBeyond(const quant::InputRange& range, const quant::InputHistogram& inputs) {
    std::uint64_t beyond = 0;
    for (std::size_t i = 0; i < inputs.counts.size(); ++i) {
      const float middle =
          std::clamp((static_cast<float>(i) + 0.5F) * inputs.binWidth() - inputs.limit, inputs.min, inputs.max);
      if (middle < range.low || middle > range.high) beyond += inputs.counts[i];
    }
    return static_cast<double>(beyond) / static_cast<double>(std::max<std::uint64_t>(inputs.total(), 1));
  }

  void addTo(Way& way, std::span<const float> rows, std::size_t width) {
    const std::size_t tokens = rows.size() / width;
    m_made.resize(rows.size());
    if (way.quantizer.makesCodes()) {
      m_coded.resize(tokens * model::CodedRow(static_cast<std::uint32_t>(width)).words());
      model::ops::encodeRows(way.quantizer, rows.data(), tokens, width, m_coded.data());
      model::ops::decodeRows(m_coded.data(), nullptr, tokens, width, m_made.data());
    } else {
      model::ops::roundRows(way.quantizer, rows.data(), tokens, width, m_made.data());
    }
    const quant::InputRange coded = codedBy(way.quantizer);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double error = static_cast<double>(m_made[i]) - static_cast<double>(rows[i]);
      way.squaredError += error * error;
      way.clipped += way.isStatic && (rows[i] < coded.low || rows[i] > coded.high) ? 1 : 0;
    }
  }

  InputStudy m_study;
  std::vector<Way> m_ways;
  double m_squares = 0.0;
  std::vector<float> m_made, m_coded;
};

}  // namespace

float InputStudy::magnitudeOf(double share) const {
  std::vector<float> all;
  for (const TokenExtremes& token : tokens) all.push_back(token.magnitude());
  if (all.empty()) return 0.0F;
  const auto at = all.begin() + static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(all.size() - 1)));
  std::nth_element(all.begin(), at, all.end());
  return *at;
}

bool clips(const RangeStudy& range, const TokenExtremes& token) {
  if (!range.how.isStatic()) return false;
  const auto half = static_cast<float>(range.step) / 2.0F;
  return token.min < range.range.low - half || token.max > range.range.high + half;
}

InputStudy studyInputs(const model::Graph& graph, const TokenWindows& windows, const std::string& tensor,
                       const quant::TensorCalibration& known, const std::vector<quant::Activations>& ways,
                       const JobContext& job) {
  const std::vector<Section> sections = cutIntoSections(graph);
  for (std::size_t s = 0; s < sections.size(); ++s) {
    const auto found = std::ranges::find_if(sections[s].inputs, [&](const LinearInput& input) {
      return std::ranges::find(input.weights, tensor) != input.weights.end();
    });
    if (found == sections[s].inputs.end()) continue;
    SectionStream stream(sections, windows);
    const auto steps = static_cast<double>(s + 1);
    while (stream.at() < s) {
      const auto done = static_cast<double>(stream.at());
      stream.advance(job.part(done / steps, (done + 1) / steps));
    }
    Study study(tensor, known, ways);
    const std::size_t width = sections[s].graph.values[found->value].width;
    stream.run(
        {found->value}, [&](const model::Observation& seen) { study.add(seen.data, width); },
        job.part(static_cast<double>(s) / steps, 1.0));
    return study.take();
  }
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("No layer of the model multiplies its inputs with the tensor {}.", io::inQuotes(tensor)),
              tensor);
}

}  // namespace core::calibrate
