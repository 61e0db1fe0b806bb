// The small texts that lead from one file to another: the index of shards, Ollama's manifest, and whatever a file may
// be instead of a model. The first byte chooses, so that one corpus serves all.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/base/utf8.h"
#include "core/io/ollama_store.h"
#include "core/io/sniff.h"
#include "core/io/split_name.h"
#include "core/io/text_checks.h"
#include "core/io/weight_index.h"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

void useIndex(std::span<const std::byte> bytes) {
  const auto index = core::io::readWeightIndex(bytes, "fuzz");
  for (const auto& placement : index.placements) require(placement.shard < index.shards.size());
  for (const auto& shard : index.shards) require(shard.find('/') == std::string::npos && shard != "..");
}

void useManifest(std::span<const std::byte> bytes) {
  (void)core::io::looksLikeOllamaManifest(bytes);
  for (const auto& layer : core::io::readOllamaManifest(bytes, "fuzz")) {
    require(layer.digest.size() == 71 && layer.digest.find('/') == std::string::npos);
  }
}

void useText(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  require(core::isValidUtf8(core::io::escapeInvalidUtf8(text)));
  const std::string safe = core::io::printable(text);
  require(core::isValidUtf8(safe) && safe.find('\x1B') == std::string::npos && safe.find('\n') == std::string::npos);
  require(core::isValidUtf8(core::io::inQuotes(text)));
  if (const auto foreign = core::io::recognizeForeign(bytes)) {
    require(core::isValidUtf8(foreign->description) && foreign->description.find('\x1B') == std::string::npos);
  }
  if (text.find('\0') != std::string_view::npos) return;  // cannot be a path
  if (const auto name = core::io::parseSplitName(std::string(text)))
    require(name->number >= 1 && name->number <= name->count);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  try {
    if (data[0] % 3 == 0) useIndex(bytes);
    if (data[0] % 3 == 1) useManifest(bytes);
    if (data[0] % 3 == 2) useText(bytes);
  } catch (const core::Error&) {
    // Refused with a sentence: that is what a bad file should get.
  }
  return 0;
}
