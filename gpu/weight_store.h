#pragma once
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/base/job_context.h"
#include "gpu/packed_format.h"
#include "gpu/vk/uploader.h"
#include "gpu/weight_heap.h"

namespace gpu {

/// A tensor in device memory, packed. One that is larger than a descriptor may span lies in several parts, each of
/// whole tiles of rows.
struct DeviceTensor {
  struct Part {
    std::unique_ptr<WeightRange> range;
    std::uint32_t firstRow = 0;
    std::uint32_t tiles = 0;
  };
  PackedFormat format;
  std::vector<Part> parts;
  std::uint64_t bytes = 0;  ///< of device memory
};
using DeviceTensorPtr = std::shared_ptr<const DeviceTensor>;

/// A tensor as it is used.
struct WeightUse {
  core::quant::QuantizedTensorPtr tensor;
  core::quant::Columns columns = core::quant::Columns::OfTheWeight;
};
using WeightKey = std::pair<const core::quant::QuantizedTensor*, core::quant::Columns>;

/// The weights resident on one device: each distinct QuantizedTensor is uploaded once for every way to use it and stays
/// as long as any executor does.
class WeightStore {
 public:
  WeightStore(std::shared_ptr<vk::Memory> memory, vk::KernelFamily family, std::uint64_t maxBlockBytes);

  /// Uploads what is not resident yet; the result is in the order of `weights`. Nothing is left behind on an error.
  /// @throws core::Error (OutOfMemory) saying needed and available, before anything is uploaded; Cancelled
  std::vector<DeviceTensorPtr> upload(std::span<const WeightUse> weights, const core::JobContext& job);
  /// Tiles that one part of a tensor may have, those of whole matrices; 0 where not even one fits.
  static std::uint32_t tilesPerPart(const vk::Caps& caps, const PackedFormat& format, std::uint64_t maxBlockBytes);
  std::uint64_t uploadCount() const { return m_uploadCount; }  ///< tensors uploaded so far, for tests of sharing

 private:
  DeviceTensorPtr find(const WeightKey& key) const;
  DeviceTensorPtr uploadOne(const WeightUse& weight, vk::Uploader& uploader, const core::JobContext& job);

  std::shared_ptr<vk::Memory> m_memory;
  vk::KernelFamily m_family;
  WeightHeap m_heap;
  /// An entry lives while an executor does, whose graph keeps the key's tensor alive: a key is never a stale address.
  std::map<WeightKey, std::weak_ptr<const DeviceTensor>> m_resident;
  std::uint64_t m_uploadCount = 0;
};

}  // namespace gpu
