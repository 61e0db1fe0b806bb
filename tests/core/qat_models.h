#pragma once
#include <QTemporaryDir>
#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/model/visit_weights.h"
#include "core/quant/quantizer.h"
#include "core/train/qat/qat_model.h"
#include "support/random_blocks.h"
#include "support/random_model.h"

/// What the tests of quantization-aware training share.
namespace qat {

using namespace core;
using quant::QuantizedTensorPtr;
using train::Parameter;
using train::QatModel;
using train::QatSettings;

inline const std::string kMatrix = "blk.0.attn_q.weight";
inline const std::vector<std::string> kMatrices = {"attn_q",   "attn_k", "attn_v",  "attn_output",
                                                   "ffn_gate", "ffn_up", "ffn_down"};

/// Weights of a small model whose rows hold whole super-blocks.
class Model {
 public:
  explicit Model(support::RandomModel shape = {.vocabulary = 97,
                                               .width = 256,
                                               .layers = 1,
                                               .feedForward = 256,
                                               .heads = 4,
                                               .kvHeads = 2,
                                               .headSize = 64,
                                               .valueHeadSize = 64,
                                               .embeddingType = "bf16",
                                               .tiedOutput = true,
                                               .biases = true}) {
    const std::filesystem::path path = (m_folder.path() + "/model.gguf").toStdString();
    support::writeRandomModel(shape, path);
    const auto checkpoint = io::openCheckpoint(path);
    m_config = model::ModelConfig::fromCheckpoint(*checkpoint);
    m_weights = model::WeightLibrary(checkpoint).load(*m_config, {});
  }

  std::unique_ptr<QatModel> make(const std::map<std::string, quant::Scheme>& schemes,
                                 const QatSettings& settings = {}) const {
    return std::make_unique<QatModel>(*m_config, m_weights, schemes, settings);
  }
  /// One scheme for all matrices of the blocks.
  std::unique_ptr<QatModel> make(const char* scheme, const QatSettings& settings = {}) const {
    return make(all(scheme), settings);
  }
  std::map<std::string, quant::Scheme> all(const char* scheme) const {
    std::map<std::string, quant::Scheme> schemes;
    for (std::size_t layer = 0; layer < m_weights.blocks.size(); ++layer)
      for (const std::string& name : kMatrices)
        schemes.emplace("blk." + std::to_string(layer) + "." + name + ".weight", quant::Scheme::parse(scheme));
    return schemes;
  }
  QuantizedTensorPtr tensor(const std::string& name) const {
    QuantizedTensorPtr found;
    model::visitWeights(m_weights, [&](const QuantizedTensorPtr& tensor) {
      if (tensor && tensor->name == name) found = tensor;
    });
    return found;
  }
  void replace(const std::string& name, std::vector<float> values) {
    auto kept = std::make_shared<std::vector<float>>(std::move(values));
    model::visitWeights(m_weights, [&](QuantizedTensorPtr& tensor) {
      if (!tensor || tensor->name != name) return;
      tensor = quant::wrapStored({name, tensor::DType::F32, tensor->shape, std::as_bytes(std::span(*kept)), kept});
    });
  }

 private:
  QTemporaryDir m_folder;
  std::optional<model::ModelConfig> m_config;
  model::ModelWeights m_weights;
};

inline Parameter& parameter(QatModel& model, const std::string& name) {
  const auto found = std::ranges::find(model.parameters(), name, &Parameter::name);
  if (found == model.parameters().end()) throw std::runtime_error("no parameter " + name);
  return *found;
}

inline bool has(QatModel& model, const std::string& name) {
  return std::ranges::find(model.parameters(), name, &Parameter::name) != model.parameters().end();
}

/// Moves everything a little, so that nothing lies where it began; clips so far that they cut something off.
inline void disturb(QatModel& model) {
  support::RandomNumbers random(21);
  for (Parameter& one : model.parameters()) {
    const bool isRange = one.name.find(".weight.") != std::string::npos;
    const double mean = one.name.find(".clip") != std::string::npos ? -3.0 : 0.0;
    for (float& value : one.values) value += static_cast<float>(mean + (isRange ? 0.15 : 0.02) * random.bell());
  }
}

/// What a pass reads of a weight.
inline std::vector<float> valuesRead(const QatModel& model, const std::string& name) {
  for (const train::PassWeight& weight : model.weights()) {
    if (weight.name != name) continue;
    std::vector<float> values(weight.count());
    weight.base->rows(0, values);
    return values;
  }
  return {};
}

}  // namespace qat
