#include "core/quant/scheme_spelling.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/quant/format.h"

namespace core::quant {

namespace {

constexpr std::string_view kLlmInt8 = "llm.int8";
constexpr std::string_view kSchemeNames[] = {"gptq", "awq", "hqq", "w8a8", "smoothquant", kLlmInt8};

bool isSpelling(std::string_view name) {
  return std::find(std::begin(kSchemeNames), std::end(kSchemeNames), name) != std::end(kSchemeNames);
}

using Words = std::vector<std::pair<std::string, std::string>>;  // keys and values as they are written

/// The words of "a=b,c=d"; nothing when it is not made of those, which Scheme::parse says better.
std::optional<Words> split(std::string_view rest) {
  Words words;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    words.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  return words;
}

/// Takes a word out. @return its value, or what is usual
std::string take(Words& words, std::string_view key, std::string_view usual) {
  const auto found = std::find_if(words.begin(), words.end(), [key](const auto& word) { return word.first == key; });
  if (found == words.end()) return std::string(usual);
  std::string value = std::move(found->second);
  words.erase(found);
  return value;
}

[[noreturn]] void refuse(std::string_view key, std::string_view allowed, const std::string& found,
                         std::string_view text) {
  throw Error(ErrorCode::InvalidArgument, fmt::format("'{}' must be {}; found '{}'.", key, allowed, found),
              std::string(text));
}

std::string integerFormat(Words& words, std::string_view text) {
  const std::string bits = take(words, "bits", "4");
  if (bits.size() != 1 || bits[0] < '2' || bits[0] > '8') refuse("bits", "a whole number from 2 to 8", bits, text);
  return "int" + bits;
}

/// Integers with a scale and a zero-point per group, unless a range is named.
std::string grouped(std::string_view method, std::string_view group, Words& words, std::string_view text) {
  std::string result = integerFormat(words, text);
  const std::string symmetric = take(words, "sym", "off");
  if (symmetric != "on" && symmetric != "off") refuse("sym", "'on' or 'off'", symmetric, text);
  result += fmt::format(":group={}", take(words, "group", group));
  return result +
         fmt::format(",range={},method={}", take(words, "range", symmetric == "on" ? "absmax" : "minmax"), method);
}

std::string int8Inputs(Words& words, std::string_view text) {
  const std::string inputs = take(words, "activations", "dynamic");
  if (inputs != "dynamic" && inputs != "static") refuse("activations", "'dynamic' or 'static'", inputs, text);
  return "activations=int8_" + inputs;
}

std::string withRest(std::string start, const Words& rest) {
  for (const auto& [key, value] : rest) start += fmt::format(",{}={}", key, value);
  return start;
}

}  // namespace

std::optional<std::string> spelledOut(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (!isSpelling(name)) return std::nullopt;
  if (name == kLlmInt8) return "llm_int8" + std::string(text.substr(name.size()));
  auto words = split(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  if (!words)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Options of a scheme are written key=value, separated by commas; found '{}'.", text),
                std::string(text));
  std::string start;
  if (name == "w8a8")
    start = "int8:" + int8Inputs(*words, text);
  else if (name == "smoothquant")
    start = "int8:method=smooth," + int8Inputs(*words, text);
  else
    start = grouped(name, name == "hqq" ? "64" : "128", *words, text);
  return withRest(std::move(start), *words);
}

std::span<const std::string_view> schemeSpellings() { return kSchemeNames; }

bool isSchemeName(std::string_view word) {
  const auto formats = allFormats();
  return isSpelling(word) ||
         std::any_of(formats.begin(), formats.end(), [word](const FormatInfo& format) { return format.text == word; });
}

}  // namespace core::quant
