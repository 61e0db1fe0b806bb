#include "gpu/memory_plan.h"

#include <algorithm>
#include <map>
#include <set>

#include "gpu/kernels/attention_kernel.h"
#include "gpu/kernels/matmul_kernel.h"
#include "gpu/kernels/store_kv_kernel.h"
#include "gpu/shaders/common/interface.h"
#include "gpu/vk/alignment.h"
#include "gpu/vk/instance.h"
#include "gpu/vulkan_executor.h"

namespace gpu {

namespace {

using core::model::Graph;
using core::model::Op;
using core::model::OpKind;

/// Limits that discrete GPUs of all makers have or exceed.
vk::Caps usualCaps() {
  vk::Caps caps;
  caps.subgroupSize = caps.minSubgroupSize = caps.maxSubgroupSize = 32;
  caps.maxStorageBufferRange = caps.maxMemoryAllocationSize = (std::uint64_t{1} << 32) - 256;
  caps.maxWorkgroupInvocations = 1024;
  caps.maxWorkgroupCount = 65535;
  caps.maxSharedMemoryBytes = 48 * 1024;
  caps.maxStorageBuffersPerStage = 16;
  return caps;
}

vk::Caps capsOf(std::optional<std::uint32_t> device) {
  const auto instance = device ? vk::Instance::get() : nullptr;
  if (!instance) return usualCaps();
  const auto physical = instance->physicalDevices();
  if (*device >= physical.size()) return usualCaps();
  vk::Caps caps = vk::readCaps(physical[*device]);
  return caps.unusable.empty() ? caps : usualCaps();
}

/// The sizes of one graph on one device.
class Footprint {
 public:
  Footprint(const Graph& graph, const vk::Caps& caps, const KernelChoice& choice, std::uint64_t maxBlockBytes)
      : m_graph(graph), m_caps(caps), m_choice(choice), m_uses(VulkanExecutor::usesOf(graph)) {
    for (WeightUse& use : m_uses) {
      PackedFormat format = packedFormatOf(*use.tensor, m_choice.family, use.columns);
      for (const std::uint64_t bytes : WeightStore::partBytes(m_caps, format, maxBlockBytes)) use.load.bytes += bytes;
      m_formats.emplace(WeightKey(use.tensor.get(), use.columns), std::move(format));
    }
  }

  std::vector<core::model::WeightLoad> loads() const {
    std::vector<core::model::WeightLoad> loads;
    for (const WeightUse& use : m_uses) loads.push_back(use.load);
    return loads;
  }

  /// Tokens of a batch. A model that fills the device decodes slower by what activations push out of its memory; more
  /// tokens than usual are not worth that.
  std::uint32_t batchTokens() const {
    const std::uint32_t wished = VulkanExecutor::wishedRows(m_graph, m_choice);
    if (wished <= KernelChoice::kUsualBatchTokens || m_graph.rowsTogether()) return wished;
    std::uint64_t bytes = compute(wished);
    for (const WeightUse& use : m_uses) bytes += use.load.bytes;
    return bytes > m_caps.deviceMemoryBytes / 4 * 3 ? KernelChoice::kUsualBatchTokens : wished;
  }

  std::uint64_t compute(std::uint32_t batch) const {
    return constants() + kMostSequences * sizeof(SequenceState) + batch * sizeof(core::model::TokenId) + workspace(1) +
           workspace(batch);
  }

 private:
  static std::uint64_t constantWords(const Op& op, const core::quant::QuantizedTensor& vector) {
    const std::uint64_t row = VulkanExecutor::constantRow(op, vector);
    return vector.shape.count() / row * strideOf(static_cast<std::uint32_t>(row));
  }

  std::uint64_t constants() const {
    std::uint64_t words = 0;
    const auto add = [&words](std::uint64_t count) { words += strideOf(static_cast<std::uint32_t>(count)); };
    std::set<std::vector<std::uint32_t>> tables;
    for (const auto& [key, format] : m_formats)
      if (!format.table.empty() && tables.insert(format.table).second) add(format.table.size());
    std::set<const void*> known;
    std::set<std::uint32_t> ones;
    for (const Op& op : m_graph.ops) {
      if (const auto* norm = std::get_if<core::model::RmsNorm>(&op.parameters);
          norm != nullptr && !norm->weight && ones.insert(norm->alone).second)
        add(norm->alone);
      if (const auto* arrange = std::get_if<core::model::ArrangeColumns>(&op.parameters);
          arrange != nullptr && known.insert(arrange->arrangement.get()).second) {
        add(arrange->arrangement->order.size());
        add(arrange->arrangement->factors.size());
      }
      for (const core::quant::QuantizedTensorPtr* vector : {op.smallWeight(), op.vector()})
        if (vector != nullptr && *vector && known.insert(vector->get()).second) add(constantWords(op, **vector));
    }
    return 4 * std::max<std::uint64_t>(words, m_choice.isLanes() ? kTableWords : strideOf(1));
  }

  /// Activations and results of a batch of so many tokens.
  std::uint64_t workspace(std::uint32_t wished) const {
    Fusion fusion;
    fusion.swiGlu = canFuseSwiGlu(m_choice, wished);
    fusion.canShare = [this](const Op& a, const Op& b) {
      return haveSameKernel(m_formats.at(VulkanExecutor::keyOf(a)), m_formats.at(VulkanExecutor::keyOf(b)));
    };
    fusion.canNorm = [this, wished](const Op& norm, const Op& product) {
      return canFuseNorm(m_choice, wished, m_graph.values[norm.out].width, m_graph.values[product.out].width,
                         m_formats.at(VulkanExecutor::keyOf(product)).tableWords);
    };
    const std::uint64_t perRow = placeValues(m_graph, planSteps(m_graph, fusion)).rowFloats;
    const std::uint64_t limit = m_caps.maxRange(m_choice.family, 4 * sizeof(float)) / 4;
    const std::uint64_t candidates = VulkanExecutor::candidateFloatsOf(m_graph, m_choice);
    const std::uint64_t others = attentionPartFloats(m_graph, m_choice) + candidates,
                        left = limit - std::min(limit, others);
    const std::uint64_t most = std::min(left / std::max<std::uint64_t>(perRow, 1),
                                        Workspace::mostResultRows(m_caps, m_graph)),
                        rows = std::min<std::uint64_t>(wished, std::max<std::uint64_t>(most, 1));
    const std::uint64_t results = std::max(strideOf(m_graph.vocabulary()) * rows, candidates);
    return (perRow * rows + others + results) * 4;
  }

  const Graph& m_graph;
  const vk::Caps& m_caps;
  KernelChoice m_choice;
  std::vector<WeightUse> m_uses;
  std::map<WeightKey, PackedFormat> m_formats;
};

}  // namespace

std::uint64_t PlannedMemory::reservedBytes(const Graph& graph, std::uint64_t cacheBytes) const {
  // Constants, tokens, two arenas, two buffers of results, angles, and what each layer and each state keeps.
  constexpr std::uint64_t kOtherBuffers = 7, kAlignment = std::uint64_t{64} << 10;
  return compute + cacheBytes + (graph.kv.size() + graph.states.size() + kOtherBuffers) * kAlignment;
}

PlannedMemory plannedMemory(const Graph& graph, const vk::Caps& caps, const KernelChoice& choice,
                            std::uint64_t maxBlockBytes) {
  const Footprint footprint(graph, caps, choice, maxBlockBytes);
  const std::uint32_t batch = footprint.batchTokens();
  PlannedMemory memory{0, footprint.compute(batch), footprint.loads(), batch};
  for (const core::model::WeightLoad& load : memory.loads) memory.weights += load.bytes;
  return memory;
}

PlannedMemory plannedMemory(const Graph& graph, std::optional<std::uint32_t> device) {
  const vk::Caps caps = capsOf(device);
  const vk::KernelFamily family = caps.preferredFamily();
  return plannedMemory(graph, caps, KernelChoice::forDevice(caps, family), maxBlockBytes(caps, family));
}

std::uint64_t plannedKvBytes(const Graph& graph, std::uint32_t capacity, core::model::KvType type) {
  std::uint64_t bytes = rotationBytes(graph.ropeTables, capacity);
  for (const core::model::KvShape& shape : graph.kv) {
    bytes += vk::alignUp(capacity * kvRowBytes(shape.heads, shape.headSize, type.keys)) +
             capacity * kvRowBytes(shape.heads, shape.valueHeadSize, type.values);
  }
  for (const std::uint32_t floats : graph.states) bytes += stateBytes(floats);
  return bytes;
}

}  // namespace gpu
