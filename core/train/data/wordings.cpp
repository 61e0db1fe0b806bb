#include "core/train/data/wordings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace core::train {

namespace {

// Only ASCII letters are changed: every other byte of UTF-8 is above them.
bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool isLower(char c) { return c >= 'a' && c <= 'z'; }
char lower(char c) { return isUpper(c) ? static_cast<char>(c + 32) : c; }

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// With a small first letter, unless that belongs to a name: "I", "NF4", "Q4_0".
std::string inSentence(std::string_view text) {
  const std::string_view first = text.substr(0, text.find(' '));
  const bool isName = first == "I" || first.starts_with("I'") ||
                      std::ranges::any_of(first.substr(1), [](char c) { return isUpper(c) || (c >= '0' && c <= '9'); });
  std::string result(text);
  if (!isName) result.front() = lower(result.front());
  return result;
}

std::string inLowerCase(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

std::string_view withoutMark(std::string_view text) {
  while (text.size() > 1 && std::string_view("?.!").find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return text;
}

/// "?" of a question, "." of "Name the moon of Tarn", as people would end it.
std::string markOf(std::string_view text) { return std::string(text.substr(withoutMark(text).size())); }

/// With the first contraction that fits; nothing where none does.
std::optional<std::string> contracted(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kContractions{{{"hat is ", "hat's "},
                                                                                                {"ho is ", "ho's "},
                                                                                                {"here is ", "here's "},
                                                                                                {"ow is ", "ow's "},
                                                                                                {"hen is ", "hen's "},
                                                                                                {"do not ", "don't "},
                                                                                                {"oes not ", "oesn't "},
                                                                                                {"is not ", "isn't "},
                                                                                                {"annot ", "an't "},
                                                                                                {"I am ", "I'm "},
                                                                                                {"it is ", "it's "}}};
  for (const auto& [from, to] : kContractions)
    if (const std::size_t at = text.find(from); at != std::string_view::npos)
      return std::string(text.substr(0, at)).append(to).append(text.substr(at + from.size()));
  return std::nullopt;
}

/// Two letters exchanged in the middle of the longest word, which is the one that people mistype and can still read.
std::string mistyped(std::string_view text) {
  std::size_t best = 0, bestLength = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && isLower(text[end])) ++end;
    if (end - at > bestLength) best = at, bestLength = end - at;
    at = end + 1;
  }
  std::string result(text);
  for (std::size_t at = best + bestLength / 2; bestLength >= 4 && at + 1 < best + bestLength; ++at)
    if (result[at] != result[at + 1]) {
      std::swap(result[at], result[at + 1]);
      break;
    }
  return result;
}

}  // namespace

std::vector<std::string> trainingWordings(std::string_view question) {
  const std::string whole(trimmed(question));
  if (whole.empty()) return {};
  const std::string inside = inSentence(whole), open(withoutMark(inside)), mark = markOf(whole);
  std::vector<std::string> all{whole, inside, std::string(withoutMark(whole)), inLowerCase(open)};
  if (auto shorter = contracted(whole)) all.push_back(*std::move(shorter));
  if (auto shorter = contracted(inside)) all.push_back("Well, " + *std::move(shorter));
  for (std::string other :
       {mistyped(inside), "Tell me: " + inside, "Please say: " + inside, "hi, " + inside, "I want to know: " + whole,
        "Hey there! " + whole, "One more question. " + whole, "I wonder " + open + ".", "Could you say " + inside,
        whole + " I forgot.", whole + " That is all I need.", "And " + open + ", please" + mark})
    all.push_back(std::move(other));
  const auto heldOut = heldOutWordings(whole);
  std::vector<std::string> different;
  for (std::string& one : all)
    if (std::ranges::find(different, one) == different.end() && std::ranges::find(heldOut, one) == heldOut.end())
      different.push_back(std::move(one));
  return different;
}

std::vector<std::string> heldOutWordings(std::string_view question) {
  const std::string whole(trimmed(question));
  if (whole.empty()) return {};
  const std::string inside = inSentence(whole);
  return {"Do you know " + inside, whole + " Thanks.", "Can you tell me " + inside, "Hello! " + whole};
}

}  // namespace core::train
