#pragma once
#include <QString>
#include <nlohmann/json.hpp>

namespace app {

/// Where the lessons are: compiled in.
inline const QString kLessonFolder = QStringLiteral(":/lessons");

/// @throws Error (NotFound) when there is no such file, (InvalidFile) when it is no JSON object
nlohmann::json readLessonFile(const QString& folder, const QString& name);
/// "de_AT/NAME.json" or "de/NAME.json", whichever is there; empty when neither is, and for English.
QString translatedFile(const QString& folder, const QString& language, const QString& name);

/// "16 777 216" as the language groups digits, as computed numbers beside it are.
QString groupedLocally(QString text);

}  // namespace app
