#include "core/model/graph.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace core::model {

Graph buildGraph(const ModelConfig& config, const ModelWeights& weights) {
  if (config.architecture == "llama") return buildLlamaGraph(config, weights);
  throw Error(ErrorCode::Unsupported,
              fmt::format("Models of architecture \"{}\" cannot be run yet; llama can.", config.architecture),
              "general.architecture");
}

}  // namespace core::model
