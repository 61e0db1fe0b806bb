#include "core/io/split_plan.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "core/base/checked_math.h"
#include "core/base/error.h"
#include "core/io/gguf_writer.h"
#include "core/io/text_checks.h"

namespace core::io {

namespace {

/// split.count is a number of 16 bits.
constexpr std::size_t kMostParts = std::numeric_limits<std::uint16_t>::max();

void refuseLarge(const SizedTensor& tensor, std::uint64_t bytes, const SplitLimits& limits) {
  if (limits.bytes == 0 || bytes <= limits.bytes) return;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("A part of at most {} bytes cannot hold the tensor {}, which takes {}.", limits.bytes,
                          inQuotes(tensor.name), bytes),
              std::string(tensor.name));
}

}  // namespace

std::uint64_t parseSplitSize(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const std::uint64_t factor = unit.empty() ? 1 : unit == "M" ? 1'000'000 : unit == "G" ? 1'000'000'000 : 0;
  const auto bytes = checkedMul(number, factor);
  if (error == std::errc() && bytes && *bytes != 0) return *bytes;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("The size of a part is a number of bytes, of millions (500M) or of billions (2G), greater "
                          "than 0; found {}.",
                          inQuotes(text)));
}

std::vector<SplitPart> planSplit(std::span<const SizedTensor> tensors, const SplitLimits& limits) {
  std::vector<SplitPart> parts(1);
  for (const SizedTensor& tensor : tensors) {
    // Sizes of a file that is to be written: their sum is far from 2^64.
    const std::uint64_t bytes =
        checkedAlignUp<std::uint64_t>(tensor.bytes, GgufWriter::kDefaultAlignment).value_or(tensor.bytes);
    refuseLarge(tensor, bytes, limits);
    const bool isFull = (limits.bytes != 0 && parts.back().bytes + bytes > limits.bytes) ||
                        (limits.tensors != 0 && parts.back().count == limits.tensors);
    if (isFull) parts.push_back({parts.back().first + parts.back().count, 0, 0});
    ++parts.back().count;
    parts.back().bytes += bytes;
  }
  if (parts.size() > kMostParts) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("That would be {} parts; a model has at most {}.", parts.size(), kMostParts));
  }
  return parts;
}

}  // namespace core::io
