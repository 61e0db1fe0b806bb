#include "core/trace/depth.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/trace/bare_graph.h"
#include "core/trace/lens.h"

namespace core::trace {

namespace {

constexpr std::size_t kTop = 5;

/// The residual streams of the last positions: [steps][positions, width].
struct Streams {
  std::vector<std::string> names;
  std::size_t firstPosition = 0, positions = 0, width = 0;
  std::vector<std::vector<float>> values;

  std::span<const float> row(std::size_t step, std::size_t position) const {
    return std::span(values[step]).subspan(position * width, width);
  }
};

Streams watch(model::Executor& executor, std::span<const model::TokenId> tokens, std::size_t mostPositions,
              model::KvType kv, const JobContext& job) {
  const model::Graph& graph = executor.graph();
  Streams streams;
  streams.positions = std::min(mostPositions, tokens.size());
  streams.firstPosition = tokens.size() - streams.positions;
  std::vector<model::ValueId> watched;
  for (const std::size_t op : residualOps(graph)) watched.push_back(graph.ops[op].out);
  streams.width = graph.values[watched.front()].width;
  for (const model::ValueId value : watched) streams.names.push_back(graph.values[value].name);
  streams.values.assign(watched.size(), std::vector<float>(streams.positions * streams.width));
  const auto subscription = executor.subscribe(watched, [&](const model::Observation& seen) {
    const auto step = static_cast<std::size_t>(std::ranges::find(watched, seen.value) - watched.begin());
    for (std::size_t row = 0; row < seen.rows; ++row) {
      const std::size_t position = seen.firstPosition + row;
      if (position < streams.firstPosition) continue;
      std::ranges::copy(seen.data.subspan(row * streams.width, streams.width),
                        streams.values[step].begin() +
                            static_cast<std::ptrdiff_t>((position - streams.firstPosition) * streams.width));
    }
  });
  const auto cache = executor.createKvCache(static_cast<std::uint32_t>(tokens.size()), kv);
  std::vector<float> logits(graph.vocabulary());
  executor.forward(tokens, *cache, model::LogitsWanted::LastToken, logits, job);
  return streams;
}

struct Distance {
  double relativeError, cosine;
};

Distance distance(std::span<const float> reference, std::span<const float> compared) {
  double error = 0.0, product = 0.0, size = 0.0, other = 0.0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double a = static_cast<double>(reference[i]), b = static_cast<double>(compared[i]);
    error += (b - a) * (b - a);
    product += a * b;
    size += a * a;
    other += b * b;
  }
  return {size > 0.0 ? std::sqrt(error / size) : 0.0,
          size > 0.0 && other > 0.0 ? product / std::sqrt(size * other) : 1.0};
}

std::span<const float> known(std::span<const float> logits, std::size_t count) {
  return logits.first(model::knownTokens(logits.size(), count));
}

/// What one model's lens shows at the last position, into the steps.
void readLast(const model::Graph& graph, const Streams& streams, const Parting& parting, std::size_t knownTokens,
              std::vector<model::TokenProbability> DepthStep::*top, double DepthStep::*difference,
              std::vector<DepthStep>& steps, const JobContext& job) {
  std::vector<float> rows;
  for (std::size_t step = 0; step < steps.size(); ++step) {
    const auto row = streams.row(step, streams.positions - 1);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  Lens(graph).read(
      rows,
      [&](std::size_t step, std::span<const float> logits) {
        steps[step].*top = model::topProbabilities(known(logits, knownTokens), kTop);
        steps[step].*difference = static_cast<double>(logits[static_cast<std::size_t>(parting.reference)]) -
                                  static_cast<double>(logits[static_cast<std::size_t>(parting.compared)]);
      },
      job);
}

/// The most probable token of every step and position: [steps][positions].
std::vector<std::vector<std::size_t>> words(const model::Graph& graph, const Streams& streams, std::size_t knownTokens,
                                            const JobContext& job) {
  const Lens lens(graph);
  std::vector<std::vector<std::size_t>> result(streams.values.size(), std::vector<std::size_t>(streams.positions));
  for (std::size_t step = 0; step < result.size(); ++step) {
    job.progress(static_cast<double>(step) / static_cast<double>(result.size()), "Reading every depth");
    lens.read(
        streams.values[step],
        [&](std::size_t row, std::span<const float> logits) {
          const auto some = known(logits, knownTokens);
          result[step][row] = static_cast<std::size_t>(std::ranges::max_element(some) - some.begin());
        },
        job);
  }
  return result;
}

}  // namespace

Depth lookIntoDepth(model::Executor& reference, model::Executor& compared, const Parting& parting,
                    const DepthSettings& settings, const JobContext& job) {
  const Streams mine = watch(reference, parting.tokens, settings.mostPositions, settings.referenceKv, job);
  const Streams other = watch(compared, parting.tokens, settings.mostPositions, settings.comparedKv, job);
  if (mine.names != other.names || mine.width != other.width)
    throw Error(ErrorCode::Unsupported, "The two models have different residual streams, which cannot be compared.");
  Depth depth;
  depth.firstPosition = mine.firstPosition;
  depth.positions = mine.positions;
  const std::size_t steps = mine.names.size();
  depth.relativeErrors.resize(depth.positions * steps);
  for (std::size_t step = 0; step < steps; ++step) {
    Distance last{};
    for (std::size_t position = 0; position < depth.positions; ++position) {
      last = distance(mine.row(step, position), other.row(step, position));
      depth.relativeErrors[position * steps + step] = static_cast<float>(last.relativeError);
    }
    depth.steps.push_back({mine.names[step], last.relativeError, last.cosine, {}, {}});
  }
  readLast(reference.graph(), mine, parting, settings.knownTokens, &DepthStep::referenceTop,
           &DepthStep::referenceDifference, depth.steps, job);
  readLast(compared.graph(), other, parting, settings.knownTokens, &DepthStep::comparedTop,
           &DepthStep::comparedDifference, depth.steps, job);
  const double products = static_cast<double>(depth.positions * steps) * static_cast<double>(mine.width) *
                          static_cast<double>(reference.graph().vocabulary());
  if (products > settings.mostLensProducts) return depth;
  const auto a = words(reference.graph(), mine, settings.knownTokens, job);
  const auto b = words(compared.graph(), other, settings.knownTokens, job);
  depth.agrees.resize(depth.relativeErrors.size());
  for (std::size_t position = 0; position < depth.positions; ++position)
    for (std::size_t step = 0; step < steps; ++step)
      depth.agrees[position * steps + step] = a[step][position] == b[step][position] ? 1 : 0;
  return depth;
}

}  // namespace core::trace
