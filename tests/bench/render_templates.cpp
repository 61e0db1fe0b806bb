// Chat templates through our interpreter, for compare_templates.py: a line of JSON in, a line of JSON out.
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/io/json_tree.h"
#include "core/text/chat_template.h"

namespace {

using json = nlohmann::ordered_json;  // templates write objects in their order

core::io::JsonTree treeOf(const std::string& text) {
  core::io::JsonTreeBuilder builder(1'000'000, "input");
  core::io::readJson(text, builder, "input", 64);
  return builder.take();
}

json written(const core::io::JsonScalar& value) {
  return std::visit(
      [](const auto& held) -> json {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>) {
          return nullptr;
        } else {
          return held;
        }
      },
      value);
}

json render(const core::text::ChatTemplate& chatTemplate, const json& request) {
  core::text::TemplateVariables variables;
  for (const auto& [name, value] : request.at("variables").items()) variables.emplace_back(name, treeOf(value.dump()));
  try {
    return {{"text", chatTemplate.render(treeOf(request.at("messages").dump()),
                                         request.at("add_generation_prompt").get<bool>(), variables)}};
  } catch (const core::Error& error) {
    return {{"error", error.what()}, {"raised", error.code() == core::ErrorCode::InvalidArgument}};
  }
}

json describe(const core::text::ChatTemplate& chatTemplate) {
  static constexpr const char* kKinds[] = {"flag", "text", "number", "list"};
  json variables = json::array();
  for (const auto& variable : chatTemplate.variables()) {
    variables.push_back({{"name", variable.name},
                         {"kind", kKinds[static_cast<int>(variable.kind)]},
                         {"default", written(variable.usual)},
                         {"choices", variable.choices}});
  }
  json answer = {{"variables", variables}};
  if (const auto marks = chatTemplate.reasoning()) answer["reasoning"] = {marks->begin, marks->end};
  return answer;
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::optional<core::text::ChatTemplate> chatTemplate;
  json refused;
  for (std::string line; std::getline(std::cin, line);) {
    const json request = json::parse(line);
    if (request.contains("template")) {
      chatTemplate.reset();
      try {
        chatTemplate.emplace(request.at("template").get<std::string>(), request.at("bos").get<std::string>(),
                             request.at("eos").get<std::string>());
      } catch (const core::Error& error) {
        refused = {{"error", error.what()}, {"raised", false}};
      }
      std::cout << (chatTemplate ? describe(*chatTemplate) : refused).dump() << std::endl;
    } else {
      std::cout << (chatTemplate ? render(*chatTemplate, request) : refused).dump() << std::endl;
    }
  }
}
