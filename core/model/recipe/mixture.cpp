#include "core/model/recipe/mixture.h"

#include <fmt/format.h>

#include <string_view>

#include "core/model/recipe/mixture_rule.h"

namespace core::model {

namespace {

bool isAt(Where where, const MixturePosition& at) {
  const std::uint64_t i = at.block, n = at.count;
  switch (where) {
    case Where::Anywhere:
      return true;
    case Where::FirstTwo:
      return at.ordinal < 2;
    case Where::FirstFour:
      return at.ordinal < 4;
    case Where::FirstSixteenth:
      return i < n / 16;
    case Where::FirstEighth:
      return i < n / 8;
    case Where::FirstEighthInOrder:
      return at.ordinal < n / 8;
    case Where::MoreBits:
      return i < n / 8 || i >= 7 * n / 8 || (i - n / 8) % 3 == 2;
    case Where::MiddleThreeQuarters:
      return i >= n / 8 && i < 7 * n / 8;
  }
  return false;
}

std::string_view phrase(Where where) {
  switch (where) {
    case Where::Anywhere:
      return "";
    case Where::FirstTwo:
      return "one of the first two";
    case Where::FirstFour:
      return "one of the first four";
    case Where::FirstSixteenth:
      return "in the first sixteenth of the blocks";
    case Where::FirstEighth:
    case Where::FirstEighthInOrder:
      return "in the first eighth of the blocks";
    case Where::MoreBits:
      return "in the first or last eighth of the blocks or every third between";
    case Where::MiddleThreeQuarters:
      return "in the middle three quarters of the blocks";
  }
  return "";
}

bool holds(When when, FileType fileType, const MixtureTensor& tensor, const MixtureModel& model) {
  switch (when) {
    case When::Falcon:
      return model.isFalcon();
    case When::NotFalcon:
      return !model.isFalcon();
    case When::SharedKeys:
      return model.queriesPerKey() >= 4;
    case When::FewKeys:
      return model.queriesPerKey() >= 4 || model.experts >= 4;
    case When::EightExperts:
      return model.experts == 8;
    case When::NotEightExperts:
      return model.experts != 8;
    case When::SeventyBillion:
      return model.isSeventyBillion();
    case When::NoImportance:
      return model.importance == ImportanceData::None;
    case When::Importance:
      return model.importance == ImportanceData::Given;
    case When::Stack:
      return tensor.isStack;
    case When::NotBailingMoe3:
      return model.architecture != "bailingmoe3";
    case When::OddRows:
      return tensor.rowValues % tensor::info(info(fileType).usual).blockValues != 0;
  }
  return false;
}

/// What an explanation says of a condition; nothing for the absence of something special.
std::string_view phrase(When when) {
  switch (when) {
    case When::Falcon:
      return "of a Falcon model";
    case When::SharedKeys:
      return "at least four queries share a key";
    case When::FewKeys:
      return "at least four queries share a key, or there are four experts";
    case When::EightExperts:
      return "of a model with eight experts";
    case When::SeventyBillion:
      return "of a 70B model";
    case When::NoImportance:
      return "without importance data";
    case When::Importance:
      return "with importance data";
    case When::Stack:
      return "a stack of experts";
    case When::OddRows:
      return "its rows are not whole blocks of the usual type";
    case When::NotFalcon:
    case When::NotEightExperts:
    case When::NotBailingMoe3:
      return "";
  }
  return "";
}

constexpr unsigned kConditions = static_cast<unsigned>(When::OddRows) + 1;

template <typename Visit>
bool everyCondition(const Conditions& conditions, const Visit& visit) {
  for (unsigned i = 0; i < kConditions; ++i)
    if (conditions.has(static_cast<When>(i)) && !visit(static_cast<When>(i))) return false;
  return true;
}

std::string explain(const MixtureRule& rule, FileType fileType, TensorGroup group) {
  std::string text = fmt::format("{}: {}", name(fileType), label(group));
  const auto add = [&text](std::string_view part) {
    if (!part.empty()) text += fmt::format(", {}", part);
    return true;
  };
  add(phrase(rule.where));
  everyCondition(rule.when, [&](When when) { return add(phrase(when)); });
  return text;
}

}  // namespace

MixtureChoice chooseByMixture(FileType fileType, const MixtureTensor& tensor, const MixtureModel& model) {
  const FileTypeInfo& row = info(fileType);
  const bool isMixed = tensor::info(row.usual).blockValues > 1;
  if (isMixed) {
    for (const MixtureRule& rule : mixtureRules()) {
      if (rule.fileTypes.has(fileType) && rule.groups.has(tensor.group) && isAt(rule.where, tensor.position) &&
          everyCondition(rule.when, [&](When when) { return holds(when, fileType, tensor, model); }))
        return {rule.type, explain(rule, fileType, tensor.group)};
    }
  }
  return {row.usual, fmt::format("{}: its usual type", row.name)};
}

}  // namespace core::model
