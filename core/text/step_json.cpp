#include "core/text/step_json.h"

#include <fmt/format.h>

#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/text/oniguruma_expression.h"

namespace core::text::steps {

void refuse(const std::string& source, std::string_view what) {
  throw Error(ErrorCode::Unsupported, fmt::format("{}: {} is not supported (yet).", source, what));
}

void refuseMalformed(const std::string& source, std::string_view what) {
  throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}.", source, what));
}

std::string typeOf(const io::JsonTree& step, const char* what, const std::string& source) {
  if (const auto type = step.text("type")) return *type;
  refuseMalformed(source, fmt::format("a {} names no type", what));
}

Pattern patternOf(const io::JsonTree& step, const std::string& source) {
  const io::JsonTree* const pattern = step.find("pattern");
  if (pattern != nullptr) {
    if (auto text = pattern->text("String")) return {std::move(*text), false};
    if (const auto text = pattern->text("Regex")) return {fromOniguruma(*text), true};
  }
  refuseMalformed(source,
                  fmt::format("a step of type {} has no pattern", io::inQuotes(step.text("type").value_or(""))));
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view(R"(\^$.[]|()?*+{}#-)").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace core::text::steps
