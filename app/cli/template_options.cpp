#include "app/cli/template_options.h"

#include <fmt/format.h>

#include <fstream>

#include "app/cli/command.h"
#include "app/session/template_values.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace {

using core::Error;
using core::ErrorCode;

constexpr std::size_t kReadBytes = std::size_t{1} << 16, kMostJsonBytes = std::size_t{64} << 20;

/// A file or a pipe, whole.
std::string readAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  for (std::size_t read = 0; file;) {
    text.resize(read + kReadBytes);
    file.read(text.data() + read, kReadBytes);
    read += static_cast<std::size_t>(file.gcount());
    text.resize(read);
    if (read > kMostJsonBytes) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{} should hold at most {} bytes.", core::io::inQuotes(path), kMostJsonBytes));
    }
  }
  if (!file.eof() || file.bad()) throw Error(ErrorCode::Io, "Could not read " + core::io::inQuotes(path) + ".");
  return text;
}

}  // namespace

void addTemplateVariables(CLI::App& command, std::vector<std::string>& assignments) {
  command
      .add_option("--set", assignments,
                  "A variable of the chat template, NAME=VALUE with a text, JSON, or @FILE of JSON: "
                  "enable_thinking=false, tools=@tools.json; the verb template lists them with --json")
      ->allow_extra_args(false);
}

core::io::JsonTree readJsonFile(const std::string& path) {
  return readJsonTree(readAll(path), core::io::inQuotes(path));
}

core::text::TemplateVariables readTemplateVariables(const std::vector<std::string>& assignments) {
  core::text::TemplateVariables variables;
  for (const std::string& one : assignments) {
    const std::size_t equals = one.find('=');
    if (equals == std::string::npos || equals == 0)
      throw Error(ErrorCode::InvalidArgument, core::io::inQuotes(one) + " should be NAME=VALUE.");
    const std::string value = one.substr(equals + 1);
    if (value.starts_with('@'))
      variables.emplace_back(one.substr(0, equals), readJsonFile(value.substr(1)));
    else
      variables.emplace_back(one.substr(0, equals), Json::accept(value) ? readJsonTree(value, core::io::inQuotes(one))
                                                                        : core::io::JsonTree{{}, value, {}});
  }
  return variables;
}

}  // namespace app::cli
