#include "core/io/npy_writer.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/io/metadata_encoding.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

constexpr std::size_t kHeaderAlignment = 64;
constexpr std::size_t kPreambleBytes = 10;

std::vector<std::byte> npyHeader(const tensor::Shape& shape) {
  std::string extents;
  // A tuple of one needs its comma: (3,)
  for (const std::uint64_t extent : shape.extents()) extents += fmt::format("{}, ", extent);
  if (shape.rank() > 1) extents.resize(extents.size() - 2);
  std::string text = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}", extents);
  const std::size_t used = kPreambleBytes + text.size() + 1;
  text.append((kHeaderAlignment - used % kHeaderAlignment) % kHeaderAlignment, ' ');
  text += '\n';
  std::vector<std::byte> bytes;
  appendBytes(bytes, std::as_bytes(std::span(std::string_view("\x93NUMPY\x01\x00", 8))));
  appendNumber(bytes, static_cast<std::uint16_t>(text.size()));
  appendBytes(bytes, std::as_bytes(std::span(text)));
  return bytes;
}

}  // namespace

NpyWriter::NpyWriter(OutputFile file, const tensor::Shape& shape) : m_file(std::move(file)), m_remaining(0) {
  const auto bytes = tensor::storageBytes(tensor::DType::F32, shape);
  if (!bytes) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("Could not write {}: the shape {} has too many values.",
                                                        inQuotes(m_file.target().string()), shape.toString()));
  }
  m_remaining = shape.count();
  m_file.write(npyHeader(shape));
}

void NpyWriter::append(std::span<const float> values) {
  if (values.size() > m_remaining) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Could not write {}: {} values were given but only {} are left in its shape.",
                            inQuotes(m_file.target().string()), values.size(), m_remaining));
  }
  m_remaining -= values.size();
  m_file.write(std::as_bytes(values));
}

void NpyWriter::finish() {
  if (m_remaining != 0) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("Could not write {}: {} values are missing.",
                                                        inQuotes(m_file.target().string()), m_remaining));
  }
  m_file.commit();
}

}  // namespace core::io
