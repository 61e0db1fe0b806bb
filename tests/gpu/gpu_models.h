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
#include "core/quant/scheme.h"
#include "gpu/device_impl.h"

namespace gputest {

inline gpu::vk::KernelFamily familyOf(const QString& name) {
  return name == "lanes" ? gpu::vk::KernelFamily::Lanes : gpu::vk::KernelFamily::Workgroups;
}
/// @param options everything but the family
inline std::shared_ptr<gpu::VulkanDevice> openFamily(const QString& name, gpu::DeviceOptions options = {}) {
  options.family = familyOf(name);
  return gpu::openDevice(0, options);
}
/// The same device for a whole test program: its kernels are compiled once.
inline std::shared_ptr<gpu::VulkanDevice> sharedFamily(const QString& name) {
  static std::map<QString, std::shared_ptr<gpu::VulkanDevice>> devices;
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
  std::vector<float> logits(tokens.size() * executor.graph().config.vocabulary);
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
