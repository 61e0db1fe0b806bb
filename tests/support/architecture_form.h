#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/model/architectures/tensor_names.h"
#include "core/model/executor.h"
#include "core/model/weights.h"
#include "core/quant/load_tensor.h"
#include "support/architectures.h"

namespace support {

/// A tiny model of an architecture as one of its two forms, and what its tensors are called there.
struct Form {
  /// @param path below kArchitectures
  explicit Form(const std::string& path)
      : checkpoint(core::io::openCheckpoint(kArchitectures / path)),
        config(core::model::ModelConfig::fromCheckpoint(*checkpoint)),
        weights(checkpoint) {}

  /// What a graph calls a tensor of GGUF's name.
  std::string nameOf(const std::string& gguf) const {
    return core::model::TensorNames(*checkpoint).in(checkpoint->format(), gguf);
  }
  /// Nothing where the folder has it in another form.
  std::optional<std::size_t> find(const std::string& gguf) const { return checkpoint->find(nameOf(gguf)); }
  core::quant::QuantizedTensorPtr tensor(const std::string& gguf) const {
    return core::quant::loadTensor(*checkpoint, *find(gguf));
  }
  core::model::Graph graph(const core::model::Recipe& recipe = {}) {
    return core::model::buildGraph(config, weights.load(config, recipe));
  }

  std::shared_ptr<const core::io::Checkpoint> checkpoint;
  core::model::ModelConfig config;
  core::model::WeightLibrary weights;
};

/// Of the last of architectureTokens(). float32 [vocabulary]
inline std::vector<float> lastLogits(const core::model::Graph& graph) {
  const auto tokens = architectureTokens();
  const auto executor = core::model::createCpuExecutor(graph);
  const auto cache = executor->createKvCache(static_cast<std::uint32_t>(tokens.size()), core::model::KvType::F32);
  std::vector<float> logits(graph.vocabulary());
  executor->forward(tokens, *cache, core::model::LogitsWanted::LastToken, logits);
  return logits;
}

}  // namespace support
