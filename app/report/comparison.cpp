#include "app/report/comparison.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "app/session/json_numbers.h"

namespace app::report {

namespace {

using core::evaluate::Estimate;
using Key = std::tuple<QString, QString, QString, QString>;

Key keyOf(const Figure& figure) { return {figure.part, figure.scheme, figure.subject, figure.name}; }

std::set<QString> schemesOf(const Record& record) {
  std::set<QString> schemes;
  for (const Figure& figure : record.figures) schemes.insert(figure.scheme);
  return schemes;
}

bool hasPart(const Record& record, const QString& part) {
  return std::ranges::any_of(record.figures, [&](const Figure& figure) { return figure.part == part; });
}

std::vector<QString> onlyIn(const std::set<QString>& some, const std::set<QString>& others) {
  std::vector<QString> result;
  std::ranges::set_difference(some, others, std::back_inserter(result));
  return result;
}

FigurePair pairOf(const Figure& there, const Figure& here, bool isComparable) {
  FigurePair pair{there, here, {here.value.value - there.value.value, std::hypot(here.value.error, there.value.error)}};
  if (isComparable) pair.verdict = core::evaluate::judge(pair.difference, std::max(there.floor, here.floor));
  return pair;
}

}  // namespace

bool Comparison::isComparable(const QString& part) const {
  return std::ranges::find(incomparable, part) == incomparable.end();
}

Comparison compareRecords(const Record& there, const Record& here) {
  Comparison result{there.folder, there.model, there.date, {}, {}, {}, {}, {}};
  for (std::size_t i = 0; i < here.facts.size(); ++i)
    if (here.facts[i].second != there.facts[i].second)
      result.differing.push_back({here.facts[i].first, there.facts[i].second, here.facts[i].second});
  for (const auto& [part, condition] : here.conditions)
    if (there.conditions.at(part) != condition && hasPart(there, part) && hasPart(here, part))
      result.incomparable.push_back(part);
  std::map<Key, const Figure*> known;
  for (const Figure& figure : there.figures) known.emplace(keyOf(figure), &figure);
  for (const Figure& figure : here.figures) {
    const auto found = known.find(keyOf(figure));
    if (found == known.end() || !std::isfinite(figure.value.value) || !std::isfinite(found->second->value.value))
      continue;
    result.pairs.push_back(pairOf(*found->second, figure, result.isComparable(figure.part)));
  }
  const auto old = schemesOf(there), now = schemesOf(here);
  result.onlyThere = onlyIn(old, now), result.onlyHere = onlyIn(now, old);
  return result;
}

nlohmann::ordered_json comparisonJson(const Comparison& comparison) {
  using Json = nlohmann::ordered_json;
  Json facts = Json::array(), figures = Json::array(), parts = Json::array();
  for (const Comparison::Fact& fact : comparison.differing)
    facts.push_back(
        {{"what", fact.name.toStdString()}, {"there", fact.there.toStdString()}, {"here", fact.here.toStdString()}});
  for (const QString& part : comparison.incomparable) parts.push_back(part.toStdString());
  for (const FigurePair& pair : comparison.pairs) {
    Json row = {{"part", pair.here.part.toStdString()},
                {"scheme", pair.here.scheme.toStdString()},
                {"subject", pair.here.subject.toStdString()},
                {"figure", pair.here.name.toStdString()}};
    addEstimate(row, "there", pair.there.value);
    addEstimate(row, "here", pair.here.value);
    addEstimate(row, "difference", pair.difference);
    row["verdict"] = core::evaluate::nameOf(pair.verdict);
    figures.push_back(std::move(row));
  }
  const auto names = [](const std::vector<QString>& schemes) {
    Json list = Json::array();
    for (const QString& scheme : schemes) list.push_back(scheme.toStdString());
    return list;
  };
  return {{"report", comparison.folder.toStdString()},
          {"date", comparison.date.toStdString()},
          {"differing", std::move(facts)},
          {"not_comparable", std::move(parts)},
          {"only_there", names(comparison.onlyThere)},
          {"only_here", names(comparison.onlyHere)},
          {"figures", std::move(figures)}};
}

}  // namespace app::report
