#include "app/cli/token_lines.h"

#include <fmt/core.h>

#include <fstream>
#include <iostream>

#include "app/cli/command.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace {

using core::Error;
using core::ErrorCode;

[[noreturn]] void refuse(const std::string& path, std::size_t line, const std::string& expected) {
  throw Error(ErrorCode::InvalidFile,
              fmt::format("Line {} of {} must be {}.", line, core::io::inQuotes(path), expected));
}

/// Calls visit(line's JSON, its number, counted from 1) for every line that is not empty. @param key of an object's
/// value
template <typename Visit>
void forEachLine(const std::string& path, const char* key, const Visit& visit) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) throw Error(ErrorCode::NotFound, "Could not open " + core::io::inQuotes(path) + ".");
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Json value = Json::parse(line, nullptr, false);
    visit(value.is_object() && value.contains(key) ? value[key] : value, number);
  }
  if (in.bad()) throw Error(ErrorCode::Io, "Could not read " + core::io::inQuotes(path) + ".");
}

}  // namespace

void printTokenLines(const std::string& path, const Encode& encode) {
  forEachLine(path, "text", [&](const Json& text, std::size_t number) {
    if (!text.is_string()) refuse(path, number, "a JSON text or {\"text\": \"…\"}");
    fmt::print("{}\n", Json{{"tokens", encode(text.get<std::string>())}}.dump());
  });
}

void printTextLines(const std::string& path, const core::text::Tokenizer& tokenizer, std::size_t vocabulary) {
  forEachLine(path, "tokens", [&](const Json& list, std::size_t number) {
    std::vector<core::text::TokenId> ids;
    for (const Json& id : list) {
      const bool isId = id.is_number_integer() && id.get<std::int64_t>() >= 0 &&
                        static_cast<std::uint64_t>(id.get<std::int64_t>()) < vocabulary;
      if (!isId) refuse(path, number, fmt::format("a list of token ids from 0 to {}", vocabulary - 1));
      ids.push_back(id.get<core::text::TokenId>());
    }
    if (!list.is_array()) refuse(path, number, "a JSON list of token ids or {\"tokens\": […]}");
    fmt::print("{}\n", Json{{"text", tokenizer.decode(ids)}}.dump());
  });
}

}  // namespace app::cli
