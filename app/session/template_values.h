#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/io/json_tree.h"
#include "core/text/chat_template.h"

namespace app {

/// A variable of a chat template as a person sets it. Its value is JSON text: it can be compared and kept.
struct TemplateValue {
  std::string name, json;

  bool operator==(const TemplateValue&) const = default;
};
using TemplateValues = std::vector<TemplateValue>;

/// Small JSON of a stranger.
/// @param source how sentences call it
/// @throws core::Error (InvalidFile) "SOURCE: …" where it is not JSON, too deep or too large
core::io::JsonTree readJsonTree(std::string_view json, std::string_view source);

/// What a template is given. @throws core::Error as readJsonTree, with the variable's name
core::text::TemplateVariables variablesOf(const TemplateValues& values);

/// A text as JSON: "…"
std::string jsonOf(const std::string& text);

/// "enable_thinking = false, tools = [3 entries]": texts as they are, lists and objects by their size.
std::string inWords(const TemplateValues& values);

}  // namespace app
