#include "core/io/split_gguf_writer.h"

#include <utility>

namespace core::io {

SplitGgufWriter::SplitGgufWriter(std::vector<OutputFile> files, std::vector<SplitPart> parts)
    : m_parts(std::move(parts)) {
  for (OutputFile& file : files) m_writers.emplace_back(std::move(file));
}

void SplitGgufWriter::addSplitKeys() {
  const SplitPart& last = m_parts.back();
  for (std::size_t i = 0; i < m_writers.size(); ++i) {
    m_writers[i].addU16("split.no", static_cast<std::uint16_t>(i));
    m_writers[i].addI32("split.tensors.count", static_cast<std::int32_t>(last.first + last.count));
    m_writers[i].addU16("split.count", static_cast<std::uint16_t>(m_parts.size()));
  }
}

void SplitGgufWriter::declareTensor(std::string name, tensor::DType dtype, tensor::Shape shape) {
  if (m_declared == 0) addSplitKeys();
  const SplitPart& part = m_parts[m_declaredPart];
  if (m_declared == part.first + part.count) ++m_declaredPart;
  m_writers[m_declaredPart].declareTensor(std::move(name), dtype, std::move(shape));
  ++m_declared;
}

void SplitGgufWriter::append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  while (m_writers.size() > 1 && m_writers.front().isFull()) {
    m_written.push_back(m_writers.front().takeFile());
    m_writers.pop_front();
  }
  m_writers.front().append(bytes);
}

void SplitGgufWriter::finish() {
  for (GgufWriter& writer : m_writers) m_written.push_back(writer.takeFile());
  m_writers.clear();
  OutputFile::commitAll(m_written);
}

}  // namespace core::io
