#pragma once
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "core/io/gguf_writer.h"
#include "core/io/split_plan.h"

namespace core::io {

/// Writes a model as several GGUF files as llama.cpp's gguf-split lays them out: metadata in the first part alone;
/// in every part split.no (from 0) and split.count, both U16, and split.tensors.count (I32, of the whole model); each
/// part's tensors from offset 0. Used as one GgufWriter is; the files appear together, or none does.
/// Source: llama.cpp, tools/gguf-split.
class SplitGgufWriter {
 public:
  /// @param files one per part  @param parts of planSplit
  SplitGgufWriter(std::vector<OutputFile> files, std::vector<SplitPart> parts);

  /// What gets the metadata, before the first tensor is declared.
  GgufWriter& first() { return m_writers.front(); }
  /// As ModelWriter; the tensors of all parts in order.
  void declareTensor(std::string name, tensor::DType dtype, tensor::Shape shape);
  void append(std::span<const std::byte> bytes);
  void finish();

 private:
  void addSplitKeys();

  std::vector<SplitPart> m_parts;
  std::deque<GgufWriter> m_writers;  ///< of the parts that are not written yet, the current one first
  std::vector<OutputFile> m_written;
  std::size_t m_declared = 0, m_declaredPart = 0;
};

}  // namespace core::io
