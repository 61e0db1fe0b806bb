// Which memory buffers lie in, by what devices of all makers offer: made up here, as the device at hand has only one
// way.
#include <QtTest>
#include <optional>

#include "gpu/vk/memory.h"

using gpu::vk::chooseMemoryType;
using gpu::vk::MemoryKind;

namespace {

constexpr VkMemoryPropertyFlags kLocal = VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT,
                                kMapped = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT,
                                kCached = VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
constexpr VkDeviceSize kGiB = 1ULL << 30U;
constexpr std::uint32_t kAll = ~0U;

struct Offer {
  std::vector<VkMemoryHeap> heaps;
  std::vector<VkMemoryType> types;

  std::optional<std::uint32_t> choose(MemoryKind kind, std::uint32_t allowed = kAll) const {
    VkPhysicalDeviceMemoryProperties properties{};
    properties.memoryHeapCount = static_cast<std::uint32_t>(heaps.size());
    properties.memoryTypeCount = static_cast<std::uint32_t>(types.size());
    std::ranges::copy(heaps, properties.memoryHeaps);
    std::ranges::copy(types, properties.memoryTypes);
    return chooseMemoryType(properties, allowed, kind);
  }
};

const VkMemoryHeap kLarge{8 * kGiB, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}, kHost{32 * kGiB, 0},
    kWindow{kGiB / 4, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};

/// A discrete GPU of which the host sees 256 MiB.
const Offer kOldBar{{kLarge, kHost, kWindow},
                    {{0, 1}, {kLocal, 0}, {kMapped, 1}, {kMapped | kCached, 1}, {kLocal | kMapped, 2}}};
/// One of which it sees all.
const Offer kResizableBar{{kLarge, kHost}, {{kLocal, 0}, {kMapped, 1}, {kMapped | kCached, 1}, {kLocal | kMapped, 0}}};
/// An integrated one: all memory is everybody's.
const Offer kShared{{{16 * kGiB, VK_MEMORY_HEAP_DEVICE_LOCAL_BIT}},
                    {{kLocal, 0}, {kLocal | kMapped, 0}, {kLocal | kMapped | kCached, 0}}};

}  // namespace

class TestGpuMemory : public QObject {
  Q_OBJECT
  using Type = std::optional<std::uint32_t>;

 private slots:
  void weightsLieWhereTheDeviceIsFastest() {
    QCOMPARE(kOldBar.choose(MemoryKind::Device), Type(1));  // not the window, which is mapped but small
    QCOMPARE(kResizableBar.choose(MemoryKind::Device), Type(3));
    QCOMPARE(kShared.choose(MemoryKind::Device), Type(1));
  }
  void theHostSeesWhatItWritesAndReads() {
    for (const Offer& offer : {kOldBar, kResizableBar, kShared}) {
      for (const MemoryKind kind : {MemoryKind::Upload, MemoryKind::Readback}) {
        const auto type = offer.choose(kind);
        QVERIFY(type && (offer.types[*type].propertyFlags & kMapped) == kMapped);
      }
      QVERIFY(offer.types[*offer.choose(MemoryKind::Readback)].propertyFlags & kCached);
    }
    const Offer withoutCached{{kLarge, kHost}, {{kLocal, 0}, {kMapped, 1}}};
    QCOMPARE(withoutCached.choose(MemoryKind::Readback), Type(1));
  }
  /// Weights that the device has no room for: in memory that is not its own, or its own would be taken from again.
  void whatHasNoRoomLiesInTheComputersMemory() {
    QCOMPARE(kOldBar.choose(MemoryKind::Host), Type(3));
    QCOMPARE(kResizableBar.choose(MemoryKind::Host), Type(2));
    const Offer withoutCached{{kLarge, kHost}, {{kLocal | kMapped, 0}, {0, 1}, {kMapped, 1}}};
    QCOMPARE(withoutCached.choose(MemoryKind::Host), Type(2));
    QCOMPARE(kShared.choose(MemoryKind::Host), Type(1));  // of one memory only where a test pretends that it is two
  }
  void onlyAllowedTypesAreTaken() {
    QCOMPARE(kOldBar.choose(MemoryKind::Device, 1U << 4U), Type(4));  // the window, where nothing else may be
    QCOMPARE(kOldBar.choose(MemoryKind::Device, 1U << 2U), Type(2));  // or what is far away
    QCOMPARE(kOldBar.choose(MemoryKind::Upload, 1U << 1U), Type());
    QCOMPARE(kOldBar.choose(MemoryKind::Readback, 1U << 4U), Type(4));
    QCOMPARE(kOldBar.choose(MemoryKind::Device, 0), Type());
  }
};

QTEST_GUILESS_MAIN(TestGpuMemory)
#include "tst_gpu_memory.moc"
