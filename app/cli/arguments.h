#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace app::cli {

/// The arguments of the program, ordered so that CLI11 takes every value for one: it takes "-.5" and "-inf" for
/// options, but not behind "--", where words go here that start like a negative number.
/// @return words after the program's name, to be parsed in this order
std::vector<std::string> plainArguments(const CLI::App& program, int argc, char** argv);

}  // namespace app::cli
