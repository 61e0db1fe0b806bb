#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace core::io {

/// How a model is cut into several files: a part ends before the tensor with which it would hold more.
struct SplitLimits {
  std::uint64_t bytes = 0;    ///< of a part's tensors, padding included, the header not; 0: any number
  std::uint64_t tensors = 0;  ///< of a part; 0: any number

  bool isSplit() const { return bytes != 0 || tensors != 0; }
  bool operator==(const SplitLimits&) const = default;
};

/// "2G", "500M" (powers of 1000, as gguf-split counts) or a number of bytes.
/// @throws Error (InvalidArgument) when it is none, or zero
std::uint64_t parseSplitSize(std::string_view text);

/// Consecutive tensors of a model that go into one file.
struct SplitPart {
  std::size_t first = 0, count = 0;  ///< tensors
  std::uint64_t bytes = 0;           ///< of them, padding included
};

struct SizedTensor {
  std::string_view name;
  std::uint64_t bytes;
};

/// The parts that llama.cpp's gguf-split makes under these limits. One part without limits.
/// @throws Error (InvalidArgument) for a tensor that is larger than a part may be (gguf-split makes that part larger),
///         and for more parts than can be counted
std::vector<SplitPart> planSplit(std::span<const SizedTensor> tensors, const SplitLimits& limits);

}  // namespace core::io
