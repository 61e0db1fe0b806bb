#include "app/session/engine.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "app/session/other_models.h"
#include "core/base/error.h"
#ifdef QS_HAS_GPU
#include "gpu/memory_plan.h"
#include "gpu/vulkan_device.h"
#endif

namespace app {

using core::Error;
using core::ErrorCode;

#ifdef QS_HAS_GPU

namespace {

int preference(const gpu::DeviceInfo& device) {
  if (device.type == "discrete") return 3;
  if (device.type == "integrated") return 2;
  return device.type == "virtual" ? 1 : 0;
}

bool isSoftware(const gpu::DeviceInfo& device) { return device.type == "cpu"; }

}  // namespace

struct Engine::Devices {
  std::map<std::uint32_t, std::shared_ptr<gpu::VulkanDevice>> opened;

  std::shared_ptr<gpu::VulkanDevice> open(std::uint32_t index) {
    auto& device = opened[index];
    // A device that stopped responding is opened anew: the driver may have recovered.
    if (!device || gpu::isLost(*device)) device = gpu::openDevice(index);
    return device;
  }

  /// The index a choice stands for; nothing where it stands for the CPU executor, which computes faster than a driver
  /// that renders on the same processor. @throws Error (NotFound)
  static std::optional<std::uint32_t> resolve(const DeviceChoice& choice) {
    if (choice.kind == DeviceChoice::Kind::Cpu) return std::nullopt;
    if (choice.index != DeviceChoice::kAnyIndex) return choice.index;
    const auto devices = gpu::enumerateDevices();
    const gpu::DeviceInfo* best = nullptr;
    for (const auto& device : devices) {
      if (device.unusable.empty() && (best == nullptr || preference(device) > preference(*best))) best = &device;
    }
    if (choice.kind == DeviceChoice::Kind::Auto && (best == nullptr || isSoftware(*best))) return std::nullopt;
    if (best != nullptr) return best->index;
    throw Error(ErrorCode::NotFound, devices.empty()
                                         ? "No Vulkan device was found on this computer."
                                         : devices.front().name + " cannot be used: " + devices.front().unusable);
  }

  static std::vector<std::string> names() {
    std::vector<std::string> usable;
    for (const auto& device : gpu::enumerateDevices())
      if (device.unusable.empty()) usable.push_back(device.name);
    return usable;
  }

  /// Nothing where the choice stands for the CPU executor.
  std::unique_ptr<core::model::Executor> create(const DeviceChoice& choice, const core::model::Graph& graph,
                                                const CacheRoom& cache, const core::JobContext& job) {
    const auto index = resolve(choice);
    if (!index) return nullptr;
    const std::uint32_t positions = std::min(cache.positions, graph.mostPositions().value_or(cache.positions));
    return gpu::createVulkanExecutor(open(*index), graph, gpu::plannedKvBytes(graph, positions, cache.type), job);
  }

  std::optional<DeviceMemory> memory(const DeviceChoice& choice) const {
    if (opened.empty()) return std::nullopt;
    const auto index = resolve(choice);
    const auto found = index ? opened.find(*index) : opened.end();
    if (found == opened.end() || !found->second) return std::nullopt;
    const auto memory = gpu::memory(*found->second);
    return DeviceMemory{memory.usedBytes, memory.budgetBytes, memory.hostUsedBytes, memory.hostAvailableBytes};
  }

  void injectLoss(std::uint32_t after) {
    for (const auto& [index, device] : opened) {
      if (device) gpu::injectDeviceLoss(*device, after);
    }
  }
};

#else

struct Engine::Devices {
  static std::vector<std::string> names() { return {}; }
  static std::optional<std::uint32_t> resolve(const DeviceChoice&) { return std::nullopt; }
  static std::unique_ptr<core::model::Executor> create(const DeviceChoice& choice, const core::model::Graph&,
                                                       const CacheRoom&, const core::JobContext&) {
    if (choice.kind != DeviceChoice::Kind::Vulkan) return nullptr;
    throw Error(ErrorCode::NotFound, "This build of Quantscope has no Vulkan backend; choose the device cpu.");
  }
  static std::optional<DeviceMemory> memory(const DeviceChoice&) { return std::nullopt; }
  static void injectLoss(std::uint32_t) {}
};

#endif

Engine::Engine() : m_devices(std::make_unique<Devices>()) {}
Engine::~Engine() = default;

std::unique_ptr<core::model::Executor> Engine::createExecutor(OpenModel& model, const SessionOptions& options,
                                                              const core::JobContext& job) {
  if (model.whyNotRunnable()) throw Error(ErrorCode::Unsupported, *model.whyNotRunnable());
  return createAny(model, options, job);
}

std::unique_ptr<core::model::Executor> Engine::createEncoder(OpenModel& model, const SessionOptions& options,
                                                             const core::JobContext& job) {
  if (const auto why = model.whyNoEmbedding()) throw Error(ErrorCode::Unsupported, *why);
  return createAny(model, options, job);
}

std::unique_ptr<core::model::Executor> Engine::createAny(OpenModel& model, const SessionOptions& options,
                                                         const core::JobContext& job) {
  requireComparable(model, options.recipe);
  const auto calibration = model.calibration().current();
  const core::model::ModelWeights weights =
      model.weights().load(model.config(), options.recipe, job.part(0.0, 0.5), calibration.get());
  core::model::ModelConfig config = model.config();
  config.usedContext = contextLength(model, options);
  return create(core::model::buildGraph(config, weights), options.device, {config.usedContext, options.kvType},
                job.part(0.5, 1.0));
}

std::unique_ptr<core::model::Executor> Engine::createExecutor(core::model::Graph graph, const DeviceChoice& device,
                                                              const core::JobContext& job) {
  return create(std::move(graph), device, CacheRoom(), job);
}

std::unique_ptr<core::model::Executor> Engine::create(core::model::Graph graph, const DeviceChoice& device,
                                                      const CacheRoom& cache, const core::JobContext& job) {
  try {
    if (auto executor = m_devices->create(device, graph, cache, job)) return executor;
  } catch (const Error&) {
    if (device.kind != DeviceChoice::Kind::Auto) throw;
  }
  return core::model::createCpuExecutor(std::move(graph));
}

std::unique_ptr<core::model::Session> Engine::createSession(OpenModel& model, const SessionOptions& options,
                                                            const core::JobContext& job) {
  if (model.whyCannotComplete()) throw Error(ErrorCode::Unsupported, *model.whyCannotComplete());
  return createSession(model, createExecutor(model, options, job), options.contextLength, options.kvType);
}

std::unique_ptr<core::model::Session> Engine::createSession(OpenModel& model,
                                                            std::shared_ptr<core::model::Executor> executor,
                                                            std::uint32_t length, core::model::KvType kvType) {
  SessionOptions options;
  options.contextLength = length;
  return std::make_unique<core::model::Session>(std::move(executor), model.tokenizer(), model.chatTemplate(),
                                                contextLength(model, options), kvType);
}

std::unique_ptr<core::model::Executor> Engine::createExecutor(OpenModel& model, const Variant& variant,
                                                              const core::JobContext& job) {
  return createExecutor(model, SessionOptions{variant.recipe, variant.device, 0, variant.kv}, job);
}

std::unique_ptr<core::model::Session> Engine::createSession(OpenModel& model, const Variant& variant,
                                                            std::uint32_t contextLength, const core::JobContext& job) {
  return createSession(model, SessionOptions{variant.recipe, variant.device, contextLength, variant.kv}, job);
}

DeviceChoice::Kind Engine::kindOf(const DeviceChoice& choice) {
  if (choice.kind != DeviceChoice::Kind::Auto) return choice.kind;
  return automaticGpu() ? DeviceChoice::Kind::Vulkan : DeviceChoice::Kind::Cpu;
}

std::optional<std::uint32_t> Engine::automaticGpu() { return Devices::resolve(DeviceChoice()); }

std::vector<std::string> Engine::vulkanDevices() { return Devices::names(); }

std::optional<DeviceMemory> Engine::memory(const DeviceChoice& choice) const { return m_devices->memory(choice); }

void Engine::injectDeviceLoss(std::uint32_t after) { m_devices->injectLoss(after); }

std::uint32_t Engine::contextLength(const OpenModel& model, const SessionOptions& options) {
  const std::uint32_t own = model.config().contextLength;
  return options.contextLength == 0 ? std::min(own, kUsualContext) : std::min(own, options.contextLength);
}

}  // namespace app
