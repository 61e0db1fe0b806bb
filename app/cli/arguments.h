#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace app::cli {

/// The arguments of the program, ordered so that CLI11 takes every value for one: it takes "-.5" and "-inf" for
/// options, but not behind "--", where words go here that start like a negative number.
/// @return words after the program's name, to be parsed in this order
std::vector<std::string> plainArguments(const CLI::App& program, int argc, char** argv);

/// Checks of an option's value, as CLI::Validator takes them: empty, or what is wrong with it.
/// A seed: CLI11 would take -1, and what has more than 64 bits, for the largest number there is.
std::string whyNoSeed(const std::string& text);
/// A whole number of which there is at least one: CLI11 would wrap -5 and what is too large.
std::string whyNoCount(const std::string& text);
/// A size or a share: CLI11 takes nan and inf for positive. At most 1e15.
std::string whyNotPositive(const std::string& text);
/// CLI11 would take an empty text for an option that was not given.
std::string whyEmpty(const std::string& text);

}  // namespace app::cli
