#include "core/trace/attribution.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/trace/contribution_sums.h"
#include "core/trace/model_line.h"
#include "core/trace/panel_offers.h"

namespace core::trace {

using model::Graph;
using model::OpKind;
using model::TokenId;
using train::Place;
using train::WeightId;

namespace {

/// (target − base) · gradient
void contributionsOfPanel(const train::WeightGradient<float>& panel, std::span<float> out) {
  constexpr std::size_t kGrain = 32768;
  parallelFor(out.size(), kGrain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) out[i] = panel.gradient[i] * panel.change[i];
  });
}

class Attributor {
 public:
  Attributor(ModelLine& line, const AttributionSettings& settings) : m_line(line), m_settings(settings) {
    for (WeightId id = 0; id < line.pass().weights().size(); ++id)
      if (line.pass().weights()[id].target) m_wanted.push_back(id);
  }

  Attribution run(const JobContext& job) {
    const auto [compared, reference] = m_line.ends(job.part(0.0, 0.1));
    for (std::size_t points = m_settings.firstPoints;; points *= 2) {
      Attribution result = integrate(points, job.part(0.1, 1.0));
      result.compared = compared;
      result.reference = reference;
      result.remainder = reference - compared - result.total();
      const double allowed = std::max(m_settings.remainder * std::abs(reference - compared), m_line.resolution());
      const bool isClose = std::abs(result.remainder) <= allowed;
      if (isClose || points * 2 > m_settings.mostPoints) return result;
    }
  }

 private:
  Attribution integrate(std::size_t points, const JobContext& job) {
    Attribution result;
    result.points = points;
    std::map<WeightId, std::uint32_t> index;
    for (const WeightId id : m_wanted) {
      index[id] = static_cast<std::uint32_t>(result.tensors.size());
      result.tensors.push_back(emptyTensor(id));
    }
    MostPositive most(m_settings.keep);
    MostNegative least(m_settings.keep);
    std::vector<float> contributions;
    const auto visit = [&](const train::WeightGradient<float>& panel) {
      contributions.resize(panel.gradient.size());
      contributionsOfPanel(panel, contributions);
      const std::uint32_t tensor = index.at(panel.weight);
      TensorContribution& sums = result.tensors[tensor];
      addPanel(sums, panel.firstRow, contributions);
      offer(tensor, panel.firstRow * sums.width, contributions, most, least);
    };
    m_line.integrate(points, {.weights = m_wanted, .values = {}, .offsets = true, .visit = visit}, job);
    result.most = most.take();
    result.least = least.take();
    addRoundings(result);
    return result;
  }

  TensorContribution emptyTensor(WeightId id) const {
    const train::PassWeight& weight = m_line.pass().weights()[id];
    TensorContribution tensor;
    tensor.name = m_line.nameOf(id);
    tensor.rows = weight.rows;
    tensor.width = weight.width;
    tensor.blockSize =
        m_settings.blockSize ? m_settings.blockSize(tensor.name) : blockSizeOf(m_line.comparedTensor(id));
    tensor.rowSums.resize(tensor.rows, 0.0);
    tensor.blockSums.resize(tensor.rows * tensor.blocksPerRow(), 0.0F);
    return tensor;
  }

  void addRoundings(Attribution& result) const {
    for (const train::Offset<float>& offset : m_line.offsets()) {
      const std::span<const float> gradient = m_line.pass().offsetGradient(offset.place);
      const model::Op& op = m_line.pass().graph().ops[offset.place.op];
      RoundingContribution rounding{kindOf(op, offset.place), "", 0.0, {}};
      const model::ValueId value = offset.place.input == Place::kResult ? op.out : op.inputs[offset.place.input];
      const std::size_t width = m_line.pass().graph().values[value].width;
      rounding.name =
          op.kind() == OpKind::MatMul ? op.as<model::MatMul>().weight->name : m_line.pass().graph().values[value].name;
      rounding.columns.resize(width, 0.0);
      for (std::size_t i = 0; i < gradient.size(); ++i) {
        const float base = offset.base.empty() ? 0.0F : offset.base[i];
        const float target = offset.target.empty() ? 0.0F : offset.target[i];
        rounding.columns[i % width] += static_cast<double>(gradient[i]) * static_cast<double>(target - base);
      }
      for (const double column : rounding.columns) rounding.sum += column;
      result.roundings.push_back(std::move(rounding));
    }
  }

  static RoundingContribution::Kind kindOf(const model::Op& op, Place place) {
    using Kind = RoundingContribution::Kind;
    if (op.kind() == OpKind::StoreKv) return place.input == 0 ? Kind::Keys : Kind::Values;
    return place.input == Place::kResult ? Kind::Result : Kind::Input;
  }

  ModelLine& m_line;
  const AttributionSettings& m_settings;
  std::vector<WeightId> m_wanted;
};

}  // namespace

double Attribution::total() const {
  double sum = 0.0;
  for (const TensorContribution& tensor : tensors) sum += tensor.sum;
  for (const RoundingContribution& rounding : roundings) sum += rounding.sum;
  return sum;
}

std::uint32_t blockSizeOf(const quant::QuantizedTensor& tensor) {
  constexpr std::uint32_t kGgufBlock = 32, kOtherBlock = 64;
  const quant::Grouping* grouping = nullptr;
  if (const auto* codes = tensor.as<quant::Uniform>()) grouping = &codes->grouping;
  if (const auto* codes = tensor.as<quant::CodeBook>()) grouping = &codes->grouping;
  if (const auto* codes = tensor.as<quant::LearnedCodeBooks>()) grouping = &codes->grouping;
  if (grouping != nullptr) return grouping->size != 0 ? grouping->size : kOtherBlock;
  const auto dtype = tensor.dtype();
  return dtype && tensor::info(*dtype).blockValues > 1 ? kGgufBlock : kOtherBlock;
}

Attribution attribute(const Graph& reference, const Graph& compared, std::span<const TokenId> tokens,
                      const Objective& objective, const AttributionSettings& settings, const JobContext& job) {
  ModelLine line(reference, compared, tokens, objective, settings, job.part(0.0, 0.05));
  return Attributor(line, settings).run(job.part(0.05, 1.0));
}

std::vector<float> contributionsOf(const std::string& tensor, const Graph& reference, const Graph& compared,
                                   std::span<const TokenId> tokens, const Objective& objective, std::size_t points,
                                   const AttributionSettings& settings, const JobContext& job) {
  ModelLine line(reference, compared, tokens, objective, settings, job.part(0.0, 0.05));
  const auto& weights = line.pass().weights();
  for (WeightId id = 0; id < weights.size(); ++id) {
    if (!weights[id].target || line.nameOf(id) != tensor) continue;
    std::vector<float> all(weights[id].count(), 0.0F);
    const auto visit = [&](const train::WeightGradient<float>& panel) {
      contributionsOfPanel(panel, std::span(all).subspan(panel.firstRow * weights[id].width, panel.gradient.size()));
    };
    line.integrate(points, {.weights = {id}, .values = {}, .offsets = false, .visit = visit}, job.part(0.05, 1.0));
    return all;
  }
  throw Error(ErrorCode::NotFound, "The two models do not differ in a tensor of this name.", tensor);
}

}  // namespace core::trace
