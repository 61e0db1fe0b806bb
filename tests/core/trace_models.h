#pragma once
#include <QTemporaryDir>
#include <memory>
#include <string>
#include <vector>

#include "core/model/executor.h"
#include "core/model/weights.h"
#include "core/trace/parting_search.h"
#include "support/random_model.h"

/// Two versions of one small random model, as a trace sees them.
class TraceModels {
 public:
  explicit TraceModels(const support::RandomModel& shape = {.biases = true}) {
    const std::string path = m_folder.filePath("model.gguf").toStdString();
    support::writeRandomModel(shape, path);
    const std::shared_ptr<const core::io::Checkpoint> checkpoint = core::io::openCheckpoint(path);
    m_config = core::model::ModelConfig::fromCheckpoint(*checkpoint);
    m_library = std::make_unique<core::model::WeightLibrary>(checkpoint);
  }

  core::model::Graph graph(const core::model::Recipe& recipe) {
    return core::model::buildGraph(m_config, m_library->load(m_config, recipe));
  }
  core::model::Graph graph(const std::string& scheme) {
    return graph(scheme.empty() ? core::model::Recipe() : core::model::Recipe(core::quant::Scheme::parse(scheme)));
  }
  std::unique_ptr<core::model::Executor> executor(const core::model::Recipe& recipe) {
    return core::model::createCpuExecutor(graph(recipe));
  }

  static std::vector<core::model::TokenId> tokens(std::size_t count) {
    std::vector<core::model::TokenId> result(count);
    for (std::size_t i = 0; i < count; ++i) result[i] = static_cast<core::model::TokenId>((i * 2654435761U + 17) % 131);
    return result;
  }
  /// What an executor says behind the last token.
  static std::vector<float> lastLogits(const core::model::Graph& graph, const std::vector<core::model::TokenId>& tokens,
                                       core::model::KvType kv = core::model::KvType::F16) {
    const auto executor = core::model::createCpuExecutor(graph);
    const auto cache = executor->createKvCache(static_cast<std::uint32_t>(tokens.size()), kv);
    std::vector<float> logits(graph.vocabulary());
    executor->forward(tokens, *cache, core::model::LogitsWanted::LastToken, logits);
    return logits;
  }

 private:
  QTemporaryDir m_folder;
  core::model::ModelConfig m_config;
  std::unique_ptr<core::model::WeightLibrary> m_library;
};
