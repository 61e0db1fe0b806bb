#pragma once
#include <cstdint>
#include <span>

#include "core/io/output_file.h"
#include "core/tensor/shape.h"

namespace core::io {

/// Writes a float32 array as NumPy's .npy, version 1.0 (source: NumPy's format description): magic, version, u16 header
/// length, a Python dict as text padded to 64 bytes, then the values in C order, little-endian.
class NpyWriter {
 public:
  /// @throws Error (InvalidArgument) for a shape too large to count, (Io)
  NpyWriter(OutputFile file, const tensor::Shape& shape);
  /// The next values in row-major order. @throws Error (InvalidArgument) past the end of the shape, (Io)
  void append(std::span<const float> values);
  /// @throws Error (InvalidArgument) when values are missing, (Io)
  void finish();

 private:
  OutputFile m_file;
  std::uint64_t m_remaining;
};

}  // namespace core::io
