// Packed checkpoints: the text of a config.json, a zero byte, then a safetensors file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/error.h"
#include "core/io/config_json.h"
#include "core/io/safetensors.h"
#include "core/io/stored_checkpoint.h"
#include "use_checkpoint.h"
#include "use_weights.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto end = std::find(bytes.begin(), bytes.end(), std::byte{0});
  if (end == bytes.end()) return 0;
  const auto config = bytes.first(static_cast<std::size_t>(end - bytes.begin()));
  const auto file = bytes.subspan(config.size() + 1);
  std::shared_ptr<const core::io::Checkpoint> model;
  try {
    core::io::ParsedModel parsed = core::io::readSafetensors(file, "fuzz");
    auto arrays = std::make_shared<core::io::EncodedArrays>();
    core::io::readConfigJson(config, parsed.metadata, *arrays, "config.json");
    std::vector<core::io::StoredFile> files = {{"fuzz", file, nullptr, nullptr}};
    model = std::make_shared<const core::io::StoredCheckpoint>(std::move(parsed), std::move(files), "fuzz", arrays);
  } catch (const core::Error&) {
    return 0;  // refused with a sentence: that is what a bad file should get
  }
  useCheckpoint(*model);
  useWeights(*model);  // which no longer may be refused
  return 0;
}
