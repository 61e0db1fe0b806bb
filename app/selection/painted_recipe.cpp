#include "app/selection/painted_recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

namespace app {

namespace {

using core::model::Recipe;
using core::model::RecipeRule;
using core::model::TensorPattern;
using PaintedTreatment = std::optional<core::quant::Scheme>;

/// A name taken apart at its block's number.
struct Parts {
  std::string before, after;  ///< "blk.", ".attn_q.weight"; without a number all is before
  std::optional<std::string> number;
};

bool isNumber(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

Parts takeApart(const std::string& name) {
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    if (const std::string_view word(name.data() + at, end - at); isNumber(word))
      return {name.substr(0, at), name.substr(end), std::string(word)};
    at = end + 1;
  }
  return {name, {}, std::nullopt};
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    // A rule of a file parts at "=" and spaces, # begins a comment, and the file is text.
    const bool isText = byte > ' ' && byte < 0x7F && c != '=' && c != '#';
    if (std::isalnum(byte) != 0 || c == '_' || c == '-' || c == '/')
      result += c;
    else if (isText)
      result += {'\\', c};
    else
      result += fmt::format("\\x{:02x}", byte);
  }
  return result;
}

std::string oneOf(const std::vector<std::string>& choices) {
  if (choices.size() == 1) return choices.front();
  std::string text = "(";
  for (const std::string& choice : choices) text += (text.size() > 1 ? "|" : "") + choice;
  return text + ")";
}

using Numbers = std::set<std::string>;
using Kinds = std::map<std::pair<std::string, std::string>, Numbers>;  ///< (before, after) → numbers of blocks

Kinds kindsOf(const std::vector<std::string>& names, std::vector<std::string>& outside) {
  Kinds kinds;
  for (const std::string& name : names) {
    Parts parts = takeApart(name);
    if (parts.number)
      kinds[{std::move(parts.before), std::move(parts.after)}].insert(*parts.number);
    else
      outside.push_back(name);
  }
  return kinds;
}

/// Patterns of before, a number out of some, and after; several where one would be too long.
void addPatterns(std::vector<std::string>& patterns, const std::string& before, std::vector<std::string> numbers,
                 std::vector<std::string> after) {
  const std::string text = "^" + before + oneOf(numbers) + oneOf(after) + "$";
  if (text.size() <= TensorPattern::kLongest) return patterns.push_back(text);
  auto& longer = after.size() > 1 ? after : numbers;
  if (longer.size() == 1) return;  // a single name that is longer than a pattern may be
  const auto middle = longer.begin() + static_cast<std::ptrdiff_t>(longer.size() / 2);
  std::vector<std::string> second(middle, longer.end());
  longer.erase(middle, longer.end());
  addPatterns(patterns, before, numbers, after);
  longer = std::move(second);
  addPatterns(patterns, before, std::move(numbers), std::move(after));
}

std::vector<std::string> inOrder(const Numbers& numbers) {
  std::vector<std::string> sorted(numbers.begin(), numbers.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const std::string& a, const std::string& b) { return std::pair(a.size(), a) < std::pair(b.size(), b); });
  return sorted;
}

std::vector<std::string> namesOf(const core::io::Checkpoint& checkpoint) {
  std::vector<std::string> names;
  for (const auto& tensor : checkpoint.tensors()) names.push_back(tensor.name);
  return names;
}

/// The rules that painting made, as what they say of each tensor; the others as they are.
class Painting {
 public:
  Painting(const Recipe& recipe, const core::io::Checkpoint& checkpoint)
      : m_recipe(recipe), m_all(namesOf(checkpoint)) {
    const auto other = std::find_if_not(recipe.rules.begin(), recipe.rules.end(),
                                        [this](const RecipeRule& rule) { return take(rule); });
    m_recipe.rules.assign(other, recipe.rules.end());
  }
  void paint(std::size_t tensor, const PaintedTreatment& treatment) { m_painted[m_all[tensor]] = treatment; }
  void erase(std::size_t tensor) { m_painted.erase(m_all[tensor]); }

  Recipe recipe() && {
    std::vector<std::pair<PaintedTreatment, std::vector<std::string>>> groups;
    for (const std::string& name : m_all) {
      const auto found = m_painted.find(name);
      if (found == m_painted.end()) continue;
      auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.first == found->second; });
      if (group == groups.end()) group = groups.insert(groups.end(), {found->second, {}});
      group->second.push_back(name);
    }
    std::vector<RecipeRule> rules;
    for (const auto& [treatment, names] : groups)
      for (const std::string& pattern : patternsFor(names, m_all))
        rules.push_back({TensorPattern(pattern), treatment, {}});
    rules.insert(rules.end(), m_recipe.rules.begin(), m_recipe.rules.end());
    m_recipe.rules = std::move(rules);
    return std::move(m_recipe);
  }

 private:
  // A rule is painted when painting what it matches would write it.
  bool take(const RecipeRule& rule) {
    std::vector<std::string> names;
    for (const std::string& name : m_all)
      if (rule.pattern.matches(name)) names.push_back(name);
    const auto patterns = patternsFor(names, m_all);
    if (patterns.size() != 1 || patterns.front() != rule.pattern.text()) return false;
    for (const std::string& name : names) m_painted.try_emplace(name, rule.scheme);  // the first that matches decides
    return true;
  }

  Recipe m_recipe;
  std::vector<std::string> m_all;
  std::map<std::string, PaintedTreatment> m_painted;
};

}  // namespace

std::vector<std::string> patternsFor(const std::vector<std::string>& names, const std::vector<std::string>& all) {
  std::vector<std::string> outside, ignored, patterns;
  const Kinds kinds = kindsOf(names, outside), existing = kindsOf(all, ignored);
  // Kinds of the same blocks stand together.
  std::map<std::pair<std::string, std::vector<std::string>>, std::vector<std::string>> groups;
  for (const auto& [kind, numbers] : kinds) {
    const auto known = existing.find(kind);
    const bool isWhole = known != existing.end() && known->second == numbers && numbers.size() > 1;
    groups[{kind.first, isWhole ? std::vector<std::string>{"[0-9]+"} : inOrder(numbers)}].push_back(
        escaped(kind.second));
  }
  for (const auto& [group, after] : groups) addPatterns(patterns, escaped(group.first), group.second, after);
  for (const std::string& name : outside)
    if (std::string text = "^" + escaped(name) + "$"; text.size() <= TensorPattern::kLongest)
      patterns.push_back(std::move(text));
  return patterns;
}

Recipe paintTensors(const Recipe& recipe, const core::io::Checkpoint& checkpoint, std::span<const std::size_t> tensors,
                    const PaintedTreatment& scheme) {
  Painting painting(recipe, checkpoint);
  for (const std::size_t tensor : tensors) painting.paint(tensor, scheme);
  return std::move(painting).recipe();
}

Recipe eraseTensors(const Recipe& recipe, const core::io::Checkpoint& checkpoint,
                    std::span<const std::size_t> tensors) {
  Painting painting(recipe, checkpoint);
  for (const std::size_t tensor : tensors) painting.erase(tensor);
  return std::move(painting).recipe();
}

}  // namespace app
