#pragma once
#include <nlohmann/json.hpp>

#include "app/report/record.h"
#include "core/evaluate/verdict.h"

namespace app::report {

/// One figure in both reports.
struct FigurePair {
  Figure there, here;
  core::evaluate::Estimate difference;  ///< here less there; as if the two were independent
  core::evaluate::Verdict verdict = core::evaluate::Verdict::Unknown;
};

/// An older report against this one.
struct Comparison {
  struct Fact {
    QString name, there, here;
  };
  QString folder, model, date;  ///< of the older one
  std::vector<Fact> differing;  ///< what the two were measured with and does not agree
  /// Parts that were measured of something else (another model, text, reading): their figures are shown without
  /// a verdict.
  std::vector<QString> incomparable;
  std::vector<FigurePair> pairs;
  std::vector<QString> onlyThere, onlyHere;  ///< schemes

  bool isComparable(const QString& part) const;
};

Comparison compareRecords(const Record& there, const Record& here);

nlohmann::ordered_json comparisonJson(const Comparison& comparison);

}  // namespace app::report
