#include "gpu/vk/timestamps.h"

namespace gpu::vk {

Timestamps::Timestamps(std::shared_ptr<Device> device, std::uint32_t count)
    : m_device(std::move(device)), m_count(count) {
  VkQueryPoolCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO;
  info.queryType = VK_QUERY_TYPE_TIMESTAMP;
  info.queryCount = count;
  m_device->check(vkCreateQueryPool(m_device->handle(), &info, nullptr, &m_pool), "vkCreateQueryPool",
                  "timing its steps");
}

Timestamps::~Timestamps() { vkDestroyQueryPool(m_device->handle(), m_pool, nullptr); }

std::vector<double> Timestamps::read() const {
  std::vector<std::uint64_t> ticks(m_count);
  m_device->check(
      vkGetQueryPoolResults(m_device->handle(), m_pool, 0, m_count, ticks.size() * sizeof(ticks[0]), ticks.data(),
                            sizeof(ticks[0]), VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
      "vkGetQueryPoolResults", "timing its steps");
  const std::uint32_t bits = m_device->caps().timestampBits;
  const std::uint64_t mask = bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  std::vector<double> seconds;
  for (const std::uint64_t tick : ticks)
    seconds.push_back(static_cast<double>((tick - ticks[0]) & mask) * m_device->caps().timestampSeconds);
  return seconds;
}

}  // namespace gpu::vk
