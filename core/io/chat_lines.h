#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace core::io {

struct ChatTurn {
  std::string role, content;
};

/// One line of a JSONL file: a conversation, or a text.
struct ChatLine {
  std::vector<ChatTurn> turns;  ///< empty for a text
  std::string text;
};

/// Reads untrusted lines of JSON, as calibration and training texts are kept:
///   {"messages": [{"role": "user", "content": "Hi"}, …]}   other keys are somebody else's
///   [{"role": "user", "content": "Hi"}, …]
///   {"question": "…", "answer": "…"}, {"prompt": "…", "completion": "…"}     a user's turn and the answer to it
///   {"text": "…"}
/// Empty lines are left out.
/// @param source how sentences call the file, e.g. its quoted name
/// @throws Error (InvalidFile) "SOURCE, line N: …"
std::vector<ChatLine> readChatLines(std::string_view text, std::string_view source);

}  // namespace core::io
