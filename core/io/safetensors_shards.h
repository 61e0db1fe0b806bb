#pragma once
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/io/safetensors_writer.h"
#include "core/io/split_plan.h"

namespace core::io {

/// Writes a model as one or several safetensors files. Tensors are declared and their bytes appended in the model's
/// order; within a file those of odd sizes (a flag of one byte, a scale of four) come last, since every tensor has to
/// begin at a multiple of its elements' size for PyTorch to see it in place, and the format allows no gaps. Nothing but
/// those few is held in memory. The files appear together, or none does.
class SafetensorsShards {
 public:
  /// @param files one per part  @param parts consecutive tensors, in the order they will be declared
  SafetensorsShards(std::vector<OutputFile> files, std::vector<SplitPart> parts);

  /// For every file. Before the first tensor is declared.
  void addMetadata(std::string_view key, std::string_view value);
  void declareTensor(std::string name, tensor::DType dtype, tensor::Shape shape);
  /// All bytes of the next tensor. @throws Error (InvalidArgument, Io)
  void append(std::span<const std::byte> bytes);
  void finish();

 private:
  struct Declared {
    std::string name;
    tensor::DType dtype;
    tensor::Shape shape;
    bool isLast = false;  ///< among those of odd sizes at the end of its file
  };

  void declarePart();
  void finishPart();

  std::vector<SplitPart> m_parts;
  std::deque<SafetensorsWriter> m_writers;  ///< of the parts that are not written yet, the current one first
  std::vector<Declared> m_tensors;
  std::vector<std::pair<std::size_t, std::vector<std::byte>>> m_waiting;  ///< tensors of the current part, at its end
  std::vector<OutputFile> m_written;
  std::size_t m_part = 0, m_appended = 0;
  bool m_isDeclared = false;  ///< the current part
};

}  // namespace core::io
