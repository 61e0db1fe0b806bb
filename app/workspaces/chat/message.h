#pragma once
#include <string>
#include <vector>

#include "core/io/json_tree.h"

namespace app {

/// A message that a pane reads. What a model thought before it wrote is apart from what it answered.
struct Message {
  std::string role;  ///< "system", "user", "assistant"
  std::string content;
  std::string reasoning = {};

  bool operator==(const Message&) const = default;
};

/// As a chat template takes them. Thoughts go by each of the names that templates read ("reasoning_content",
/// "reasoning", "thinking"): whether a model sees its earlier ones is for its template to say.
core::io::JsonTree jsonTreeOf(const std::vector<Message>& messages);

}  // namespace app
