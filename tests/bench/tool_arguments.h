#pragma once
#include <optional>

#include <CLI/CLI.hpp>

/// Reads the arguments of a tool. @return nothing to go on, or the exit code: 0 after --help, 2 for wrong usage
inline std::optional<int> readArguments(CLI::App& tool, int argc, char** argv) {
  try {
    tool.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return tool.exit(error) == 0 ? 0 : 2;
  }
}
