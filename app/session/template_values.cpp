#include "app/session/template_values.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <variant>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace app {

namespace {

constexpr std::size_t kMostJsonValues = 1'000'000, kDeepestJson = 60;

std::string shortText(const TemplateValue& value) {
  const core::io::JsonTree tree = readJsonTree(value.json, value.name);
  if (tree.container)
    return fmt::format("[{} {}]", tree.children.size(), tree.children.size() == 1 ? "entry" : "entries");
  const auto* text = std::get_if<std::string>(&tree.scalar);
  return text != nullptr ? *text : value.json;
}

}  // namespace

core::io::JsonTree readJsonTree(std::string_view json, std::string_view source) {
  core::io::JsonTreeBuilder builder(kMostJsonValues, source);
  core::io::readJson(json, builder, source, kDeepestJson);
  return builder.take();
}

core::text::TemplateVariables variablesOf(const TemplateValues& values) {
  core::text::TemplateVariables variables;
  for (const TemplateValue& value : values) variables.emplace_back(value.name, readJsonTree(value.json, value.name));
  return variables;
}

std::string jsonOf(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string inWords(const TemplateValues& values) {
  std::string words;
  for (const TemplateValue& value : values)
    words += fmt::format("{}{} = {}", words.empty() ? "" : ", ", value.name, shortText(value));
  return words;
}

}  // namespace app
