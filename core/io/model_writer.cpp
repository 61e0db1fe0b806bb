#include "core/io/model_writer.h"

#include <fmt/format.h>

#include <utility>

#include "core/base/checked_math.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::io {

ModelWriter::ModelWriter(OutputFile file, std::uint64_t alignment) : m_file(std::move(file)), m_alignment(alignment) {}

void ModelWriter::declareTensor(std::string name, tensor::DType dtype, tensor::Shape shape) {
  if (m_headerIsWritten) fail(fmt::format("the tensor {} was declared after data was written", inQuotes(name)));
  if (name.empty()) fail(fmt::format("{} is no valid tensor name", inQuotes(name)));
  checkTensor(name, dtype, shape);
  const auto bytes = tensor::storageBytes(dtype, shape);
  const auto offset = checkedAlignUp(m_dataBytes, m_alignment);
  const auto end = bytes && offset ? checkedAdd(*offset, *bytes) : std::nullopt;
  if (!end) {
    fail(fmt::format("the tensor {} cannot have the type {} and the shape {}", inQuotes(name), tensor::name(dtype),
                     shape.toString()));
  }
  if (!m_names.insert(name).second) fail(fmt::format("the tensor {} was declared twice", inQuotes(name)));
  m_tensors.push_back({std::move(name), dtype, std::move(shape), *bytes, *offset});
  m_dataBytes = *end;
  m_missingBytes += *bytes;
}

void ModelWriter::append(std::span<const std::byte> bytes) {
  writeHeader();
  if (bytes.empty()) return;
  if (m_current == m_tensors.size()) fail("data was written after the last tensor");
  const Declared& tensor = m_tensors[m_current];
  if (bytes.size() > tensor.bytes - m_currentBytes) {
    fail(fmt::format("the tensor {} should have {} bytes but was given {}", inQuotes(tensor.name), tensor.bytes,
                     m_currentBytes + bytes.size()));
  }
  m_file.write(bytes);
  m_currentBytes += bytes.size();
  m_missingBytes -= bytes.size();
  if (m_currentBytes == tensor.bytes) {
    m_currentBytes = 0;
    ++m_current;
    pad();
    skipEmptyTensors();
  }
}

void ModelWriter::finish() {
  complete();
  m_file.commit();
}

OutputFile ModelWriter::takeFile() {
  complete();
  m_file.flush();
  return std::move(m_file);
}

void ModelWriter::complete() {
  writeHeader();
  if (m_current < m_tensors.size()) {
    fail(fmt::format("the tensor {} has {} of its {} bytes", inQuotes(m_tensors[m_current].name), m_currentBytes,
                     m_tensors[m_current].bytes));
  }
}

void ModelWriter::writeHeader() {
  if (m_headerIsWritten) return;
  m_headerIsWritten = true;
  m_file.write(header());
  skipEmptyTensors();
}

void ModelWriter::skipEmptyTensors() {
  while (m_current < m_tensors.size() && m_tensors[m_current].bytes == 0) ++m_current;
}

void ModelWriter::pad() {
  const std::vector<std::byte> zeros((m_alignment - m_tensors[m_current - 1].bytes % m_alignment) % m_alignment);
  m_file.write(zeros);
}

void ModelWriter::fail(std::string_view detail) const {
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("Could not write {}: {}.", inQuotes(m_file.target().filename().string()), detail));
}

}  // namespace core::io
