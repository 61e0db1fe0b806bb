// A stranger's tokenizer.json, and any text under it.
// Input, divided by zero bytes: tokenizer.json, tokenizer_config.json, text.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "core/base/error.h"
#include "core/io/stored_checkpoint.h"
#include "core/text/chat_template_source.h"
#include "core/text/vocabulary_data.h"
#include "use_tokenizer.h"

namespace {

std::string_view takePart(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\0'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  core::io::ParsedModel model{core::io::FileFormat::Safetensors, "fuzz", "llama", {}, {}};
  for (const char* name : {"tokenizer.json", "tokenizer_config.json"})
    model.sideFiles.push_back({name, std::as_bytes(std::span(takePart(rest))), nullptr});
  const auto checkpoint = std::make_shared<const core::io::StoredCheckpoint>(
      std::move(model), std::vector<core::io::StoredFile>(), "\"fuzz\"");
  try {
    static_cast<void>(core::text::chatTemplateOf(*checkpoint));
  } catch (const core::Error&) {
    // As below.
  }
  try {
    const auto vocabulary = core::text::vocabularyOf(*checkpoint);
    useTokenizer(*core::text::Tokenizer::fromData(vocabulary), rest, std::numeric_limits<std::size_t>::max());
  } catch (const core::Error&) {
    // Refused with a sentence: that is what a bad file should get.
  }
  return 0;
}
