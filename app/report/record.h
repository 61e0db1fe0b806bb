#pragma once
#include <QString>
#include <map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/evaluate/estimate.h"

namespace app::report {

inline constexpr const char* kRecordFormat = "quantscope-report";
inline constexpr int kRecordVersion = 1;  ///< of the file's shape: keys are added within one, never renamed

/// One measured figure of one scheme.
struct Figure {
  QString part;     ///< "weights", "evaluation", "tasks", "sensitivity"
  QString scheme;   ///< its text
  QString subject;  ///< the tensor, layer or role; empty: the whole model
  QString name;     ///< "kl_mean"
  core::evaluate::Estimate value;
  double floor = 0;  ///< of the same figure: noise
};

/// What a report's file says, as far as two reports are compared by it.
struct Record {
  QString folder, model, date;
  /// What everything was measured with, by name, in one order for all reports; an empty text: not there.
  std::vector<std::pair<QString, QString>> facts;
  std::map<QString, QString> conditions;  ///< by part: figures of different ones say nothing about each other
  std::vector<Figure> figures;
};

/// What tells this build of the program from another.
QString buildHash();
/// `folder`/report.json
QString recordPath(const QString& folder);
/// Whether a file says at its beginning that it is one.
bool isRecord(const QString& path);
/// Reads what anybody may have written. @throws core::Error (NotFound, InvalidFile) with one sentence
Record readRecord(const QString& folder);
/// Of a file's contents. @throws core::Error (InvalidFile) with one sentence that names it
Record recordOf(const nlohmann::ordered_json& json, const QString& folder);

}  // namespace app::report
