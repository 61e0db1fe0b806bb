#include "gpu/weight_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <numeric>

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "gpu/vk/alignment.h"

namespace gpu {

namespace {

void uploadPart(const core::quant::QuantizedTensor& tensor, const PackedFormat& format, const DeviceTensor::Part& part,
                vk::Uploader& uploader, const core::JobContext& job) {
  // Tiles are packed in cached memory and copied in order: device memory may be slow to write out of order.
  constexpr std::uint64_t kBatchWords = std::uint64_t{4} << 20;
  const std::uint64_t tileWords = format.tileWords();
  const std::uint32_t firstTile = part.firstRow / kTileRows;
  const auto batch = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(kBatchWords / std::max<std::uint64_t>(tileWords, 1), 1, part.tiles));
  std::vector<std::uint32_t> words(batch * tileWords);
  for (std::uint32_t done = 0; done < part.tiles; done += batch) {
    job.throwIfCancelled();
    const std::uint32_t count = std::min(batch, part.tiles - done);
    core::parallelFor(count, 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) {
        packTile(tensor, format, firstTile + done + static_cast<std::uint32_t>(i),
                 std::span(words).subspan(i * tileWords, tileWords));
      }
    });
    uploader.upload(part.range->block()->buffer, part.range->offset() + done * tileWords * 4,
                    std::as_bytes(std::span(words).first(count * tileWords)));
  }
}

}  // namespace

WeightStore::WeightStore(std::shared_ptr<vk::Memory> memory, vk::KernelFamily family, std::uint64_t maxBlockBytes)
    : m_memory(memory),
      m_family(family),
      m_heap(memory, vk::MemoryKind::Device, family, maxBlockBytes),
      m_hostHeap(memory, vk::MemoryKind::Host, family, maxBlockBytes) {}

DeviceTensorPtr WeightStore::find(const WeightKey& key) const {
  const auto found = m_resident.find(key);
  return found == m_resident.end() ? nullptr : found->second.lock();
}

std::vector<DeviceTensorPtr> WeightStore::upload(std::span<const WeightUse> weights, std::uint64_t reservedBytes,
                                                 const core::JobContext& job) {
  std::erase_if(m_resident, [](const auto& entry) { return entry.second.expired(); });
  std::map<WeightKey, std::size_t> missing;  // → its place among the loads
  std::vector<core::model::WeightLoad> loads;
  std::vector<std::vector<std::uint64_t>> parts;
  std::uint64_t missingBytes = 0;
  for (const auto& [tensor, columns, load] : weights) {
    const WeightKey key(tensor.get(), columns);
    if (find(key) || !missing.emplace(key, loads.size()).second) continue;
    parts.push_back(
        partBytes(m_memory->device()->caps(), packedFormatOf(*tensor, m_family, columns), m_heap.maxBlockBytes()));
    loads.push_back(load);
    loads.back().bytes = std::accumulate(parts.back().begin(), parts.back().end(), std::uint64_t{0});
    missingBytes += loads.back().bytes;
  }
  const auto placement = core::model::placeWeights(loads, m_memory->room(reservedBytes));
  if (!placement) m_memory->require(missingBytes, "Holding the weights");
  // What is reserved may be what is missing: who asks for it says so.
  const std::vector<bool> isOnHost = placement ? placement->isOnHost : std::vector<bool>(loads.size(), false);
  for (const bool host : {false, true}) {
    std::deque<std::uint64_t> expected;
    for (std::size_t i = 0; i < loads.size(); ++i)
      if (isOnHost[i] == host) expected.insert(expected.end(), parts[i].begin(), parts[i].end());
    heap(host).expect(std::move(expected));
  }
  std::vector<DeviceTensorPtr> result;
  std::uint64_t doneBytes = 0;
  vk::Uploader uploader(m_memory);
  for (const WeightUse& weight : weights) {
    const WeightKey key(weight.tensor.get(), weight.columns);
    DeviceTensorPtr resident = find(key);
    if (!resident) {
      resident = uploadOne(weight, isOnHost[missing.at(key)], uploader, job);
      m_resident[key] = resident;
      doneBytes += resident->bytes;
      job.progress(static_cast<double>(doneBytes) / static_cast<double>(std::max<std::uint64_t>(missingBytes, 1)),
                   "Uploading weights");
    }
    result.push_back(std::move(resident));
  }
  return result;
}

std::uint32_t WeightStore::tilesPerPart(const vk::Caps& caps, const PackedFormat& format, std::uint64_t maxBlockBytes) {
  // A part is a dispatch with a workgroup per tile at most, and up to three tensors share one.
  const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(
      maxBlockBytes / std::max<std::uint64_t>(format.tileWords() * 4, 1), caps.maxWorkgroupCount / 3));
  return format.matrices > 1 ? most / format.tilesPerMatrix() * format.tilesPerMatrix() : most;
}

std::vector<std::uint64_t> WeightStore::partBytes(const vk::Caps& caps, const PackedFormat& format,
                                                  std::uint64_t maxBlockBytes) {
  const std::uint64_t tileBytes = format.tileWords() * 4;
  const std::uint32_t perPart = tilesPerPart(caps, format, maxBlockBytes);
  std::vector<std::uint64_t> bytes;
  for (std::uint32_t first = 0; perPart != 0 && first < format.tiles(); first += perPart)
    bytes.push_back(vk::alignUp(std::min(perPart, format.tiles() - first) * tileBytes));
  return bytes;
}

DeviceTensorPtr WeightStore::uploadOne(const WeightUse& weight, bool isOnHost, vk::Uploader& uploader,
                                       const core::JobContext& job) {
  const core::quant::QuantizedTensor& tensor = *weight.tensor;
  auto resident = std::make_shared<DeviceTensor>();
  resident->isOnHost = isOnHost;
  resident->format = packedFormatOf(tensor, m_family, weight.columns);
  const std::uint64_t tileBytes = resident->format.tileWords() * 4;
  const std::uint32_t perPart = tilesPerPart(m_memory->device()->caps(), resident->format, m_heap.maxBlockBytes());
  if (perPart == 0) {
    throw core::Error(core::ErrorCode::Unsupported,
                      fmt::format("Rows of {} values are too long for {}, whose buffers span at most {} bytes.",
                                  tensor.rowValues(), m_memory->device()->caps().name, m_heap.maxBlockBytes()),
                      tensor.name);
  }
  const std::uint32_t tiles = resident->format.tiles();
  for (std::uint32_t first = 0; first < tiles; first += perPart) {
    DeviceTensor::Part part;
    part.firstRow = first * kTileRows;
    part.tiles = std::min(perPart, tiles - first);
    part.range = heap(isOnHost).allocate(part.tiles * tileBytes);
    resident->bytes += part.range->bytes();
    uploadPart(tensor, resident->format, part, uploader, job);
    resident->parts.push_back(std::move(part));
  }
  ++m_uploadCount;
  return resident;
}

}  // namespace gpu
