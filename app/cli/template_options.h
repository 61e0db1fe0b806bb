#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "core/io/json_tree.h"
#include "core/text/chat_template.h"

namespace app::cli {

/// --set NAME=VALUE, once for every variable of a chat template.
void addTemplateVariables(CLI::App& command, std::vector<std::string>& assignments);

/// What they say: VALUE is JSON, @FILE with JSON in it, or anything else as a text.
/// @throws core::Error
core::text::TemplateVariables readTemplateVariables(const std::vector<std::string>& assignments);

/// The JSON of a file or a pipe. @throws core::Error
core::io::JsonTree readJsonFile(const std::string& path);

}  // namespace app::cli
