#pragma once
#include <QString>
#include <QStringList>
#include <nlohmann/json.hpp>

namespace app {

/// The texts of one lesson in the person's language, and in English where a translation has none: resources/lessons/
/// LANGUAGE/LESSON.json, read by path ("steps", "sign", "text").
class LessonTexts {
 public:
  /// @param folder of all lessons  @param language "de_AT": its file, else that of "de", else English alone
  /// @throws Error (InvalidFile, NotFound) naming the file
  LessonTexts(const QString& folder, const QString& language, const QString& lesson);

  bool has(const QStringList& path) const;
  /// @throws Error (InvalidFile) when neither language has it
  QString text(const QStringList& path);
  /// @throws Error (InvalidFile) about an English text that nothing asked for
  void finish() const;

 private:
  static const nlohmann::json* find(const nlohmann::json& object, const QStringList& path);
  void checkAsked(const nlohmann::json& object, const QStringList& path) const;

  QString m_name;
  nlohmann::json m_english, m_translated;
  QStringList m_asked;
};

}  // namespace app
