#include "core/io/safetensors_shards.h"

#include <algorithm>
#include <limits>

namespace core::io {

namespace {

/// The largest element of a safetensors file: what has a multiple of it leaves the next tensor where it may begin.
constexpr std::uint64_t kLargestElement = 8;

}  // namespace

SafetensorsShards::SafetensorsShards(std::vector<OutputFile> files, std::vector<SplitPart> parts)
    : m_parts(std::move(parts)) {
  for (OutputFile& file : files) m_writers.emplace_back(std::move(file));
}

void SafetensorsShards::addMetadata(std::string_view key, std::string_view value) {
  for (SafetensorsWriter& writer : m_writers) writer.addMetadata(key, value);
}

void SafetensorsShards::declareTensor(std::string name, tensor::DType dtype, tensor::Shape shape) {
  const bool isLast = tensor::storageBytes(dtype, shape).value_or(0) % kLargestElement != 0;
  m_tensors.push_back({std::move(name), dtype, std::move(shape), isLast});
}

void SafetensorsShards::declarePart() {
  const SplitPart& part = m_parts[m_part];
  std::vector<const Declared*> order;
  for (std::size_t i = part.first; i < part.first + part.count; ++i) order.push_back(&m_tensors[i]);
  std::stable_sort(order.begin(), order.end(), [](const Declared* a, const Declared* b) {
    const auto rank = [](const Declared& tensor) {
      return tensor.isLast ? tensor::info(tensor.dtype).blockBytes : std::numeric_limits<std::uint32_t>::max();
    };
    return rank(*a) > rank(*b);
  });
  for (const Declared* tensor : order) m_writers.front().declareTensor(tensor->name, tensor->dtype, tensor->shape);
  m_isDeclared = true;
}

void SafetensorsShards::finishPart() {
  std::stable_sort(m_waiting.begin(), m_waiting.end(), [this](const auto& a, const auto& b) {
    const auto size = [this](std::size_t tensor) { return tensor::info(m_tensors[tensor].dtype).blockBytes; };
    return size(a.first) > size(b.first);
  });
  for (const auto& [tensor, bytes] : m_waiting) m_writers.front().append(bytes);
  m_waiting.clear();
  m_written.push_back(m_writers.front().takeFile());
  m_writers.pop_front();
  ++m_part;
  m_isDeclared = false;
}

void SafetensorsShards::append(std::span<const std::byte> bytes) {
  if (!m_isDeclared) declarePart();
  if (m_tensors[m_appended].isLast)
    m_waiting.emplace_back(m_appended, std::vector<std::byte>(bytes.begin(), bytes.end()));
  else
    m_writers.front().append(bytes);
  ++m_appended;
  const SplitPart& part = m_parts[m_part];
  if (m_appended == part.first + part.count && !m_writers.empty()) finishPart();
}

void SafetensorsShards::finish() {
  while (!m_writers.empty()) {  // a model without tensors
    if (!m_isDeclared) declarePart();
    finishPart();
  }
  OutputFile::commitAll(m_written);
}

}  // namespace core::io
