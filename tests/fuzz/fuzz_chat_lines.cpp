// A stranger's JSONL file of chats.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/io/chat_lines.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const core::io::ChatLine& line : core::io::readChatLines(text, "\"fuzz\""))
      if (line.turns.empty() == line.text.empty()) std::abort();  // either a conversation or a text
  } catch (const core::Error&) {
    // Refused with a sentence.
  }
  return 0;
}
