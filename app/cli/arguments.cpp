#include "app/cli/arguments.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "core/io/text_checks.h"

namespace app::cli {

namespace {

const CLI::App* commandNamed(const CLI::App& program, const std::string& word) {
  for (const CLI::App* command : program.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == word) return command;
  }
  return nullptr;
}

/// Whether the word is an option of the command that takes the next word as its value.
const CLI::Option* optionNamed(const CLI::App& command, const std::string& word) {
  return word.size() > 1 && word.front() == '-' ? command.get_option_no_throw(word) : nullptr;
}

/// "-5", "-.5e3", "-inf", "-nan", "-1/3", "-(1+2)", "-(inf-1)": the sign of a number, not of an option.
bool looksNegative(std::string_view word) {
  if (word.size() < 2 || word.front() != '-') return false;
  word.remove_prefix(1);
  word.remove_prefix(std::min(word.find_first_not_of("-( .,"), word.size()));
  if (!word.empty() && std::isdigit(static_cast<unsigned char>(word.front())) != 0) return true;
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  for (const std::string_view name : {"infinity", "inf", "∞", "nan"})
    if (lower.starts_with(name))
      return lower.size() == name.size() || std::isalpha(static_cast<unsigned char>(lower[name.size()])) == 0;
  return false;
}

}  // namespace

std::vector<std::string> plainArguments(const CLI::App& program, int argc, char** argv) {
  const std::vector<std::string> words(argv + std::min(1, argc), argv + argc);
  const CLI::App* const command = words.empty() ? nullptr : commandNamed(program, words.front());
  if (command == nullptr) return words;
  std::vector<std::string> result{words.front()}, values;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "--") {
      values.insert(values.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    const CLI::Option* const option = optionNamed(*command, words[i]);
    // CLI11 gives an option the value it needs whatever that looks like.
    if (option != nullptr && option->get_items_expected_max() > 0 && i + 1 < words.size()) {
      result.push_back(words[i]);
      result.push_back(words[++i]);
    } else if (option == nullptr && looksNegative(words[i])) {
      values.push_back(words[i]);
    } else {
      result.push_back(words[i]);
    }
  }
  if (!values.empty()) {
    result.emplace_back("--");
    result.insert(result.end(), values.begin(), values.end());
  }
  return result;
}

std::string whyNoSeed(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (error == std::errc() && end == text.data() + text.size()) return {};
  return "must be a whole number from 0 to 2^64 - 1; found " + core::io::inQuotes(text);
}

std::string whyNoCount(const std::string& text) {
  if (text != "0" && whyNoSeed(text).empty()) return {};
  return "must be a whole number from 1 to 2^64 - 1; found " + core::io::inQuotes(text);
}

std::string whyNotPositive(const std::string& text) {
  constexpr double kMost = 1e15;
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool isWhole = error == std::errc() && end == text.data() + text.size();
  if (isWhole && value > 0.0 && value <= kMost) return {};
  return "must be a number above 0 and at most 1e15; found " + core::io::inQuotes(text);
}

std::string whyEmpty(const std::string& text) { return text.empty() ? "must not be empty" : std::string(); }

}  // namespace app::cli
