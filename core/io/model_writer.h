#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/io/output_file.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace core::io {

/// Streams a model to disk: declare every tensor, then append their bytes in that order, then finish().
/// Nothing but the header and one buffer is held in memory; the file appears only when it is complete.
class ModelWriter {
 public:
  virtual ~ModelWriter() = default;
  ModelWriter(const ModelWriter&) = delete;
  ModelWriter& operator=(const ModelWriter&) = delete;

  /// @throws Error (InvalidArgument) for a name declared twice, a dtype or shape the format cannot hold, or when data
  ///         was already appended
  void declareTensor(std::string name, tensor::DType dtype, tensor::Shape shape);
  /// The next bytes of the tensors' data; a call may hold part of a tensor, but not run past its end.
  /// @throws Error (InvalidArgument, Io)
  void append(std::span<const std::byte> bytes);
  /// Whether all bytes of the declared tensors were appended.
  bool isFull() const { return m_missingBytes == 0; }
  /// @throws Error (InvalidArgument) when data is missing, (Io)
  void finish();
  /// For files that appear together: the file with everything in it, still to be committed. @throws as finish()
  OutputFile takeFile();

 protected:
  struct Declared {
    std::string name;
    tensor::DType dtype;
    tensor::Shape shape;
    std::uint64_t bytes;
    std::uint64_t offset;  ///< in the data section
  };

  /// @param alignment of every tensor's start in the data section, in bytes
  ModelWriter(OutputFile file, std::uint64_t alignment);
  /// Throws Error (InvalidArgument) when the format cannot hold this name, dtype or shape.
  virtual void checkTensor(const std::string& name, tensor::DType dtype, const tensor::Shape& shape) const = 0;
  /// Everything before the data section, padding included.
  virtual std::vector<std::byte> header() const = 0;

  std::span<const Declared> tensors() const { return m_tensors; }
  std::uint64_t alignment() const { return m_alignment; }
  bool headerIsWritten() const { return m_headerIsWritten; }
  [[noreturn]] void fail(std::string_view detail) const;

 private:
  void complete();
  void writeHeader();
  void skipEmptyTensors();
  void pad();

  OutputFile m_file;
  std::uint64_t m_alignment;
  std::vector<Declared> m_tensors;
  std::unordered_set<std::string> m_names;
  std::uint64_t m_dataBytes = 0;     ///< declared so far, without padding after the last tensor
  std::uint64_t m_missingBytes = 0;  ///< of the declared tensors
  bool m_headerIsWritten = false;
  std::size_t m_current = 0;  ///< tensor that is being written
  std::uint64_t m_currentBytes = 0;
};

}  // namespace core::io
