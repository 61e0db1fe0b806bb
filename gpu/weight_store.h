#pragma once
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/base/job_context.h"
#include "core/model/weight_placement.h"
#include "gpu/packed_format.h"
#include "gpu/vk/uploader.h"
#include "gpu/weight_heap.h"

namespace gpu {

/// A tensor in memory that the device reads, packed. One that is larger than a descriptor may span lies in several
/// parts, each of whole tiles of rows.
struct DeviceTensor {
  struct Part {
    std::unique_ptr<WeightRange> range;
    std::uint32_t firstRow = 0;
    std::uint32_t tiles = 0;
  };
  PackedFormat format;
  std::vector<Part> parts;
  std::uint64_t bytes = 0;  ///< of memory
  bool isOnHost = false;    ///< in the computer's memory, as the device's own is too small
};
using DeviceTensorPtr = std::shared_ptr<const DeviceTensor>;

/// A tensor as it is used.
struct WeightUse {
  core::quant::QuantizedTensorPtr tensor;
  core::quant::Columns columns = core::quant::Columns::OfTheWeight;
  core::model::WeightLoad load = {};  ///< but for its bytes
};
using WeightKey = std::pair<const core::quant::QuantizedTensor*, core::quant::Columns>;

/// The weights resident on one device: each distinct QuantizedTensor is uploaded once for every way to use it and stays
/// as long as any executor does.
class WeightStore {
 public:
  WeightStore(std::shared_ptr<vk::Memory> memory, vk::KernelFamily family, std::uint64_t maxBlockBytes);

  /// Uploads what is not resident yet; the result is in the order of `weights`. Nothing is left behind on an error.
  /// Where the device's memory is too small for all of it, a part lies in the computer's (placeWeights()).
  /// @param reservedBytes of the device's memory that something else will need
  /// @throws core::Error (OutOfMemory) saying needed and available, before anything is uploaded; Cancelled
  std::vector<DeviceTensorPtr> upload(std::span<const WeightUse> weights, std::uint64_t reservedBytes,
                                      const core::JobContext& job);
  /// Tiles that one part of a tensor may have, those of whole matrices; 0 where not even one fits.
  static std::uint32_t tilesPerPart(const vk::Caps& caps, const PackedFormat& format, std::uint64_t maxBlockBytes);
  /// Bytes of the parts of a tensor, each a range of its own; none where no tile fits.
  static std::vector<std::uint64_t> partBytes(const vk::Caps& caps, const PackedFormat& format,
                                              std::uint64_t maxBlockBytes);
  std::uint64_t maxBlockBytes() const { return m_heap.maxBlockBytes(); }
  std::uint64_t uploadCount() const { return m_uploadCount; }  ///< tensors uploaded so far, for tests of sharing

 private:
  DeviceTensorPtr find(const WeightKey& key) const;
  DeviceTensorPtr uploadOne(const WeightUse& weight, bool isOnHost, vk::Uploader& uploader,
                            const core::JobContext& job);
  WeightHeap& heap(bool isOnHost) { return isOnHost ? m_hostHeap : m_heap; }

  std::shared_ptr<vk::Memory> m_memory;
  vk::KernelFamily m_family;
  WeightHeap m_heap, m_hostHeap;
  /// An entry lives while an executor does, whose graph keeps the key's tensor alive: a key is never a stale address.
  std::map<WeightKey, std::weak_ptr<const DeviceTensor>> m_resident;
  std::uint64_t m_uploadCount = 0;
};

}  // namespace gpu
