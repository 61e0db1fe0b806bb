// The parts of a split GGUF model, from one input: u16 length and bytes of each part but the last, which takes the
// rest.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/io/gguf.h"
#include "core/io/split_gguf.h"
#include "use_checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMostParts = 4;
  std::vector<core::io::StoredFile> files;
  auto rest = std::as_bytes(std::span(data, size));
  while (rest.size() > 2 && files.size() + 1 < kMostParts) {
    const std::size_t length = std::to_integer<std::size_t>(rest[0]) | std::to_integer<std::size_t>(rest[1]) << 8U;
    rest = rest.subspan(2);
    if (length >= rest.size()) break;
    files.push_back({"part", rest.first(length), nullptr, nullptr});
    rest = rest.subspan(length);
  }
  files.push_back({"part", rest, nullptr, nullptr});
  try {
    std::vector<core::io::ParsedModel> parts;
    for (const auto& file : files) parts.push_back(core::io::readGguf(file.bytes, "part"));
    const std::vector<std::string> names(parts.size(), "part");
    auto model = core::io::joinParts(std::move(parts), names);
    useCheckpoint(*std::make_shared<const core::io::StoredCheckpoint>(std::move(model), std::move(files), "fuzz"));
  } catch (const core::Error&) {
    // Refused with a sentence: that is what a bad file should get.
  }
  return 0;
}
