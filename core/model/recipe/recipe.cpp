#include "core/model/recipe/recipe.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/model/recipe/other_model.h"
#include "core/quant/format.h"
#include "core/quant/scheme_spelling.h"

namespace core::model {

namespace {

constexpr std::string_view kInt8Inputs = ":activations=int8_dynamic";  // behind a base

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

}  // namespace

std::string RecipeRule::toString() const {
  return fmt::format("{}={}", pattern.text(), scheme ? scheme->toString() : "keep");
}

Recipe::Recipe(const std::optional<quant::Scheme>& scheme) {
  if (scheme) base = *scheme;
}

std::string Recipe::toString() const {
  std::string text = "stored";
  if (const auto* const scheme = std::get_if<quant::Scheme>(&base)) text = scheme->toString();
  if (const auto* const type = std::get_if<FileType>(&base)) text = name(*type);
  if (const OtherModel* const other = otherModel()) text = other->toString();
  if (int8Inputs) text += kInt8Inputs;
  if (adapter) text += "+" + adapter->toString();
  for (const RecipeRule& rule : rules) text += ", " + rule.toString();
  for (const auto& [tensor, with] : replacements)
    text += fmt::format(", {}=({})", tensor, with->scheme ? with->scheme->toString() : "replaced");
  if (importance) text += " with " + importance->title;
  return text;
}

std::string Recipe::displayName() const {
  if (!title.empty()) return importance ? title + " with " + importance->title : title;
  if (const quant::Scheme* const scheme = asScheme()) return scheme->displayName();
  if (adapter && rules.empty() && replacements.empty()) {
    Recipe alone = *this;
    alone.adapter = nullptr;
    return fmt::format("{} + {}", alone.keepsEverything() ? "stored" : alone.displayName(), adapter->title());
  }
  if (const OtherModel* const other = otherModel(); other && rules.empty() && replacements.empty())
    return other->title();
  if (int8Inputs) {
    Recipe alone = *this;
    alone.int8Inputs = false;
    return fmt::format("{} · INT8 inputs", alone.keepsEverything() ? "stored" : alone.displayName());
  }
  const std::string text = toString();
  const auto formats = quant::allFormats();
  const bool isTaken = std::any_of(formats.begin(), formats.end(),
                                   [&](const quant::FormatInfo& format) { return format.display == text; });
  return isTaken ? text + " recipe" : text;
}

const quant::Scheme* Recipe::asScheme() const {
  return !adapter && !int8Inputs && rules.empty() && replacements.empty() && !importance
             ? std::get_if<quant::Scheme>(&base)
             : nullptr;
}

const OtherModel* Recipe::otherModel() const {
  const auto* const other = std::get_if<std::shared_ptr<const OtherModel>>(&base);
  return other == nullptr ? nullptr : other->get();
}

bool Recipe::operator==(const Recipe& other) const {
  const auto isSameRule = [](const RecipeRule& a, const RecipeRule& b) {
    return a.pattern.text() == b.pattern.text() && a.scheme == b.scheme;
  };
  const auto matrix = [](const Recipe& of) { return of.importance ? of.importance->identity : std::string(); };
  const auto isSameBase = [&] {
    if (otherModel() != nullptr && other.otherModel() != nullptr)
      return otherModel()->identity() == other.otherModel()->identity();
    return base == other.base;
  };
  const auto adapterOf = [](const Recipe& of) { return of.adapter ? of.adapter->identity() : std::string(); };
  return isSameBase() && int8Inputs == other.int8Inputs && adapterOf(*this) == adapterOf(other) &&
         replacements == other.replacements && matrix(*this) == matrix(other) &&
         std::equal(rules.begin(), rules.end(), other.rules.begin(), other.rules.end(), isSameRule);
}

std::optional<quant::Scheme> parseTreatment(std::string_view text) {
  const std::string lower = lowerCase(text);
  if (lower == "keep") return std::nullopt;
  if (const auto dtype = tensor::fromName(lower))
    if (const auto name = quant::formatOf(*dtype)) return quant::Scheme::defaults(*name);
  return quant::Scheme::parse(text);
}

std::optional<Recipe> recipeByName(std::string_view text) {
  if (const std::size_t at = text.find(kAddedAdapter); at != std::string_view::npos) {
    const std::string_view base = text.substr(0, at);
    auto recipe = base == "stored" ? Recipe() : recipeByName(base);
    if (recipe)
      recipe->adapter = OtherModel::remembered(std::string(text.substr(at + kAddedAdapter.size())), kAdapterPrefix);
    return recipe;
  }
  if (text.starts_with(kOtherModelPrefix))
    return Recipe(OtherModel::remembered(std::string(text.substr(kOtherModelPrefix.size()))));
  if (text.starts_with(kAdapterPrefix))
    return Recipe(OtherModel::remembered(std::string(text.substr(kAdapterPrefix.size())), kAdapterPrefix));
  if (quant::isSchemeName(text.substr(0, text.find(':')))) return Recipe(quant::Scheme::parse(text));
  if (text.ends_with(kInt8Inputs)) {
    const std::string_view base = text.substr(0, text.size() - kInt8Inputs.size());
    const FileTypeInfo* const type = findFileType(base);
    if (type == nullptr && base != "stored") return std::nullopt;
    Recipe recipe = type == nullptr ? Recipe() : Recipe(type->type);
    recipe.int8Inputs = true;
    return recipe;
  }
  if (const FileTypeInfo* const type = findFileType(text)) return Recipe(type->type);
  return std::nullopt;
}

}  // namespace core::model
