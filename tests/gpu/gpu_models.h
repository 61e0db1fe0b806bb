#pragma once
// What the tests of the Vulkan executor share: opening devices in both kernel families, models, and comparing logits.
#include <QtTest>

#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "core/base/error.h"
#include "core/io/checkpoint.h"
#include "core/model/executor.h"
#include "core/quant/quantizer.h"
#include "core/quant/scheme.h"
#include "gpu/device_impl.h"
#include "support/moderate_blocks.h"
#include "support/random_blocks.h"

namespace gputest {

inline gpu::vk::KernelFamily familyOf(const QString& name) {
  return name == "lanes" ? gpu::vk::KernelFamily::Lanes : gpu::vk::KernelFamily::Workgroups;
}
/// @param options everything but the family
inline std::shared_ptr<gpu::VulkanDevice> openFamily(const QString& name, gpu::DeviceOptions options = {}) {
  options.family = familyOf(name);
  return gpu::openDevice(0, options);
}
/// The same device for a whole test program: its kernels are compiled once. It goes with the application object, not
/// with the static ones: before those go, a driver may already have left.
inline std::shared_ptr<gpu::VulkanDevice> sharedFamily(const QString& name) {
  static std::map<QString, std::shared_ptr<gpu::VulkanDevice>> devices;
  if (devices.empty()) qAddPostRoutine([] { devices.clear(); });
  auto& device = devices[name];
  if (!device) device = openFamily(name);
  return device;
}
/// The families of kernels that the device at hand can run, the one it prefers among them; all of them are tested.
inline const QStringList& families() {
  static const QStringList list = sharedFamily("workgroups")->device()->caps().supportsLanes()
                                      ? QStringList{"lanes", "workgroups"}
                                      : QStringList{"workgroups"};
  return list;
}

/// A model file with its weights, which several executors share.
class Model {
 public:
  explicit Model(const std::filesystem::path& path)
      : m_checkpoint(core::io::openCheckpoint(path)),
        m_config(core::model::ModelConfig::fromCheckpoint(*m_checkpoint)),
        m_library(m_checkpoint) {}
  core::model::Graph graph(const std::optional<core::quant::Scheme>& scheme = std::nullopt) {
    return core::model::buildGraph(m_config, m_library.load(m_config, scheme));
  }
  const core::model::ModelConfig& config() const { return m_config; }

 private:
  std::shared_ptr<const core::io::Checkpoint> m_checkpoint;
  core::model::ModelConfig m_config;
  core::model::WeightLibrary m_library;
};

/// The smallest graph with a weight: logits = W · W[token].
inline core::model::Graph tiedGraph(const core::quant::QuantizedTensorPtr& weight) {
  core::model::Graph graph;
  const auto rows = static_cast<std::uint32_t>(weight->rows()), width = static_cast<std::uint32_t>(weight->rowValues());
  graph.values = {{"row", width}, {"logits", rows}};
  graph.ops = {{.parameters = core::model::Embed{weight}, .out = 0},
               {.parameters = core::model::MatMul{weight}, .inputs = {0}, .out = 1}};
  graph.weightBytes = weight->bytes();
  return graph;
}

inline core::quant::QuantizedTensorPtr stored(core::tensor::DType dtype, std::uint64_t rows, std::uint64_t width,
                                              std::vector<std::uint8_t> bytes) {
  const auto owner = std::make_shared<std::vector<std::uint8_t>>(std::move(bytes));
  core::tensor::TensorView view{"weight", dtype, core::tensor::Shape{rows, width}, std::as_bytes(std::span(*owner)),
                                owner};
  return core::quant::wrapStored(view);
}

inline core::quant::QuantizedTensorPtr moderateBlocks(core::tensor::DType type, std::uint64_t rows,
                                                      std::uint64_t width) {
  return stored(type, rows, width, support::moderateBlocks(type, rows * width));
}

/// The values, quantized.
inline core::quant::QuantizedTensorPtr quantized(const std::string& scheme, std::uint64_t rows, std::uint64_t width,
                                                 std::vector<float> values) {
  const auto owner = std::make_shared<std::vector<float>>(std::move(values));
  core::tensor::TensorView view{"weight", core::tensor::DType::F32, core::tensor::Shape{rows, width},
                                std::as_bytes(std::span(*owner)), owner};
  return core::quant::quantize(core::quant::Scheme::parse(scheme), view);
}
/// Bell-shaped values with an outlier.
inline core::quant::QuantizedTensorPtr quantized(const std::string& scheme, std::uint64_t rows, std::uint64_t width) {
  support::RandomNumbers random(7);
  std::vector<float> values(rows * width);
  for (float& value : values) value = static_cast<float>(random.bell() * 0.7 + 0.1);
  values[3] = 9.0F;
  return quantized(scheme, rows, width, std::move(values));
}

/// The core::Error that f throws, if it does.
template <typename F>
std::optional<core::Error> errorOf(F&& f) {
  try {
    f();
  } catch (const core::Error& error) {
    return error;
  }
  return std::nullopt;
}

using Tokens = std::vector<core::model::TokenId>;

/// Logits of all tokens from an empty cache.
inline std::vector<float> allLogits(core::model::Executor& executor, const Tokens& tokens,
                                    core::model::KvType type = core::model::KvType::F32) {
  const auto cache = executor.createKvCache(static_cast<std::uint32_t>(tokens.size()), type);
  std::vector<float> logits(tokens.size() * executor.graph().vocabulary());
  executor.forward(tokens, *cache, core::model::LogitsWanted::AllTokens, logits);
  return logits;
}

/// ‖a − b‖ / ‖b‖, infinite when a value is not finite.
inline double relativeError(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0, norm = 0;
  if (a.size() != b.size()) return INFINITY;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!std::isfinite(a[i])) return INFINITY;
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    error += difference * difference;
    norm += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return std::sqrt(error / norm);
}

inline Tokens someTokens(std::size_t count, std::uint32_t vocabulary) {
  Tokens tokens(count);
  for (std::size_t i = 0; i < count; ++i) {
    tokens[i] = static_cast<core::model::TokenId>((i * 2654435761U + 17) % vocabulary);
  }
  return tokens;
}

}  // namespace gputest
