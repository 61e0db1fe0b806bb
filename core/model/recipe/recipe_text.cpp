#include "core/model/recipe/recipe_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/base/utf8.h"
#include "core/io/text_checks.h"

namespace core::model {

namespace {

constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view withoutComment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1))
    if (at == 0 || kBlank.find(line[at - 1]) != std::string_view::npos) return line.substr(0, at);
  return line;
}

std::vector<std::string_view> wordsOfLine(std::string_view line) {
  std::vector<std::string_view> result;
  for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
    const std::size_t end = std::min(line.find_first_of(kBlank), line.size());
    result.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return result;
}

bool isWholeRule(std::string_view word) {
  const std::size_t equals = word.find('=');
  return equals != std::string_view::npos && equals != 0 && equals + 1 != word.size();
}

/// Whether the text begins as a treatment does.
bool namesTreatment(std::string_view text) {
  const std::string_view word = trimmed(text.substr(0, text.find(':')));
  try {
    static_cast<void>(parseTreatment(word));
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// Adds the lines of a file to a recipe.
class Reader {
 public:
  void readLine(std::string_view line, std::size_t number) {
    line = trimmed(withoutComment(line));
    if (line.empty()) return;
    const auto parts = wordsOfLine(line);
    if (parts.size() > 1 && std::all_of(parts.begin(), parts.end(), isWholeRule)) {
      for (const std::string_view part : parts) readStatement(part, number);
    } else {
      readStatement(line, number);
    }
  }
  Recipe take() { return std::move(m_recipe); }

 private:
  void readStatement(std::string_view text, std::size_t number) {
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos && trimmed(text.substr(0, equals)) == "base")
      return readBase(trimmed(text.substr(equals + 1)), number);
    if (m_recipe.rules.size() == kMostRecipeRules)
      throw Error(ErrorCode::InvalidArgument, fmt::format("A recipe has at most {} rules.", kMostRecipeRules));
    m_recipe.rules.push_back(parseRecipeRule(text));
    m_recipe.rules.back().origin = fmt::format("line {}", number);
  }

  void readBase(std::string_view text, std::size_t number) {
    if (m_baseLine != 0)
      throw Error(ErrorCode::InvalidArgument, fmt::format("The base was given in line {} already.", m_baseLine));
    m_baseLine = number;
    if (text == "stored") return;
    const auto base = recipeByName(text);
    if (!base) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("The base must be a file type such as Q4_K_M, a scheme such as nf4, or stored; found {}.",
                              io::inQuotes(text)));
    }
    m_recipe.base = base->base;
    m_recipe.adapter = base->adapter;
    m_recipe.int8Inputs = base->int8Inputs;
  }

  Recipe m_recipe;
  std::size_t m_baseLine = 0;
};

[[noreturn]] void refuse(std::string_view source, std::string_view sentence) {
  throw Error(ErrorCode::InvalidFile, fmt::format("{}: {}", io::inQuotes(source), sentence), std::string(source));
}

}  // namespace

RecipeRule parseRecipeRule(std::string_view text) {
  const std::size_t first = text.find('=');
  if (first == std::string_view::npos) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("A rule is written PATTERN=SCHEME, as in attn_v=q6_k; found {}.", io::inQuotes(text)));
  }
  std::size_t equals = first;
  while (equals != std::string_view::npos && !namesTreatment(text.substr(equals + 1)))
    equals = text.find('=', equals + 1);
  if (equals == std::string_view::npos) equals = first;
  const std::string_view treatment = trimmed(text.substr(equals + 1));
  // A name nobody knows may hold anything: it is quoted here, not in the sentence of Scheme::parse.
  if (!namesTreatment(treatment)) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("A rule ends in a scheme such as q6_k, or in keep; found {}.", io::inQuotes(treatment)));
  }
  return {TensorPattern(trimmed(text.substr(0, equals))), parseTreatment(treatment), {}};
}

std::string formatRecipe(const Recipe& recipe) {
  Recipe base;
  base.base = recipe.base;
  base.adapter = recipe.adapter;
  base.int8Inputs = recipe.int8Inputs;
  std::string text = fmt::format("base = {}\n", base.toString());
  for (const RecipeRule& rule : recipe.rules)
    text += fmt::format("{} = {}\n", rule.pattern.text(), rule.scheme ? rule.scheme->toString() : "keep");
  return text;
}

std::string textOf(const Recipe& recipe) {
  const bool isNamed = recipe.rules.empty() && (recipe.base.index() != 0 || recipe.adapter || recipe.int8Inputs);
  return isNamed ? recipe.toString() : formatRecipe(recipe);
}

Recipe recipeFromText(std::string_view text) {
  if (auto named = recipeByName(text)) return *std::move(named);
  return parseRecipe(text, "a kept recipe");
}

Recipe parseRecipe(std::string_view text, std::string_view source) {
  if (text.size() > kLongestRecipe)
    refuse(source, fmt::format("A recipe has at most {} bytes; found {}.", kLongestRecipe, text.size()));
  if (text.find('\0') != std::string_view::npos || !isValidUtf8(text))
    refuse(source, "Expected a recipe, which is text, but found other bytes.");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Reader reader;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    try {
      reader.readLine(text.substr(0, end), number);
    } catch (const Error& error) {
      throw Error(ErrorCode::InvalidFile,
                  fmt::format("{}, line {}: {}", io::inQuotes(source), number, io::printable(error.what())),
                  std::string(source));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.take();
}

}  // namespace core::model
