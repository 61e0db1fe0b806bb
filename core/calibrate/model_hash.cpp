#include "core/calibrate/model_hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/base/content_hash.h"
#include "core/base/parallel_chunks.h"

namespace core::calibrate {

namespace {

constexpr std::size_t kPieceBytes = std::size_t{4} << 20;

std::span<const std::byte> bytesOf(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string describeMetadata(const io::Metadata& metadata) {
  std::string text;
  for (const io::MetadataEntry& entry : metadata.entries()) {
    text += entry.key + '\n';
    if (const auto* const array = std::get_if<io::MetadataArray>(&entry.value))
      text += fmt::format("{:016x}\n", contentHash(array->encoded()));
    else
      text += io::toDisplayText(entry.value) + '\n';
  }
  return text;
}

}  // namespace

std::string modelHash(const io::Checkpoint& checkpoint, const JobContext& job) {
  std::string whole = describeMetadata(checkpoint.metadata());
  std::vector<tensor::TensorView> views;  // keep the bytes
  std::vector<std::span<const std::byte>> pieces;
  for (std::size_t i = 0; i < checkpoint.tensors().size(); ++i) {
    views.push_back(checkpoint.view(i));
    const tensor::TensorView& view = views.back();
    whole += fmt::format("{} {} {}\n", view.name, tensor::name(view.dtype), view.shape.toString());
    for (std::size_t at = 0; at < view.bytes.size(); at += kPieceBytes)
      pieces.push_back(view.bytes.subspan(at, std::min(kPieceBytes, view.bytes.size() - at)));
  }
  std::vector<std::uint64_t> hashes(pieces.size());
  forEachChunk(pieces.size(), 1, job, "Recognising the model",
               [&](std::uint64_t first, std::uint64_t) { hashes[first] = contentHash(pieces[first]); });
  for (const std::uint64_t hash : hashes) whole += fmt::format("{:016x}", hash);
  return fmt::format("{:016x}", contentHash(bytesOf(whole)));
}

}  // namespace core::calibrate
