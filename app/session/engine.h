#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/session/device_choice.h"
#include "app/session/open_model.h"
#include "app/session/variant.h"
#include "core/model/session.h"

namespace app {

/// Device-local memory in use by this program, and what the driver lets it use.
struct DeviceMemory {
  std::uint64_t usedBytes = 0;
  std::uint64_t budgetBytes = 0;
  std::uint64_t hostUsedBytes = 0;       ///< of the computer's memory, by weights that the device's did not hold
  std::uint64_t hostAvailableBytes = 0;  ///< for more of them; 0 where all memory is one
};

/// Opens devices once and makes executors and sessions on them. Used from the one inference thread only.
class Engine {
 public:
  struct SessionOptions {
    core::model::Recipe recipe;  ///< a scheme is one; the default: the weights as stored
    DeviceChoice device;
    std::uint32_t contextLength = 0;  ///< 0: the model's own, at most 4096
    core::model::KvType kvType = core::model::KvType::F16;
  };

  Engine();
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// One executor, for logits and benchmarks.
  /// @throws core::Error, core::Cancelled
  std::unique_ptr<core::model::Executor> createExecutor(OpenModel& model, const SessionOptions& options,
                                                        const core::JobContext& job = core::JobContext());
  /// One whose result is the rows of an encoder's tokens (core::model::Embedder). @throws core::Error (Unsupported) for
  /// a model that is none, core::Cancelled
  std::unique_ptr<core::model::Executor> createEncoder(OpenModel& model, const SessionOptions& options,
                                                       const core::JobContext& job = core::JobContext());
  /// One of a graph, on the device of the choice, with room for a cache of the usual context.
  /// @throws core::Error, core::Cancelled
  std::unique_ptr<core::model::Executor> createExecutor(core::model::Graph graph, const DeviceChoice& device,
                                                        const core::JobContext& job = core::JobContext());
  /// A conversation. @throws core::Error (Unsupported) when the model has no tokenizer, and as createExecutor
  std::unique_ptr<core::model::Session> createSession(OpenModel& model, const SessionOptions& options,
                                                      const core::JobContext& job = core::JobContext());
  /// The same of a variant. @param contextLength as in SessionOptions
  std::unique_ptr<core::model::Executor> createExecutor(OpenModel& model, const Variant& variant,
                                                        const core::JobContext& job = core::JobContext());
  std::unique_ptr<core::model::Session> createSession(OpenModel& model, const Variant& variant,
                                                      std::uint32_t contextLength,
                                                      const core::JobContext& job = core::JobContext());
  /// One on an executor that others use, too, made of the same model, recipe, device and context: their answers are
  /// then written together (core::model::nextTogether()).
  static std::unique_ptr<core::model::Session> createSession(OpenModel& model,
                                                             std::shared_ptr<core::model::Executor> executor,
                                                             std::uint32_t contextLength, core::model::KvType kvType);
  /// Tokens a session of this model and these options can hold.
  static std::uint32_t contextLength(const OpenModel& model, const SessionOptions& options);

  /// What a choice stands for here: the CPU executor or Vulkan. Automatic is the best GPU; where there is none, the CPU
  /// executor, which computes several times faster than a Vulkan driver on the same processor does.
  static DeviceChoice::Kind kindOf(const DeviceChoice& choice);
  /// Index of the Vulkan device that Automatic is; nothing where it is the CPU executor.
  static std::optional<std::uint32_t> automaticGpu();
  /// Whether a Vulkan device can be used.
  static bool hasVulkan() { return !vulkanDevices().empty(); }
  /// Names of the Vulkan devices that can be used, in their order.
  static std::vector<std::string> vulkanDevices();
  /// Of a Vulkan device that has been opened for this choice; nothing otherwise.
  std::optional<DeviceMemory> memory(const DeviceChoice& choice) const;

  /// Makes the (after + 1)-th submission or wait of every opened Vulkan device fail as on a lost one: for tests of what
  /// happens then.
  void injectDeviceLoss(std::uint32_t after);

 private:
  struct Devices;
  /// What keys and values will be kept beside the weights.
  struct CacheRoom {
    std::uint32_t positions = kUsualContext;
    core::model::KvType type = core::model::KvType::F16;
  };
  std::unique_ptr<core::model::Executor> create(core::model::Graph graph, const DeviceChoice& device,
                                                const CacheRoom& cache, const core::JobContext& job);
  std::unique_ptr<core::model::Executor> createAny(OpenModel& model, const SessionOptions& options,
                                                   const core::JobContext& job);

  std::unique_ptr<Devices> m_devices;
};

}  // namespace app
