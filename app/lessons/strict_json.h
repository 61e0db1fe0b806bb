#pragma once
#include <QString>
#include <nlohmann/json.hpp>
#include <set>

namespace app {

/// A JSON object of our own data, read strictly: every key is asked for, every other one is a mistake. Mistakes are
/// Errors (InvalidFile) that begin with where they are: "anatomy.json, step sign: …".
class StrictJson {
 public:
  /// @throws Error when the text is no JSON object, or names a key twice
  static nlohmann::json parse(const QByteArray& text, const QString& where);

  StrictJson(const nlohmann::json& object, QString where);

  const QString& where() const { return m_where; }
  bool has(const char* key) const { return m_object.contains(key); }
  const nlohmann::json& value(const char* key);
  StrictJson object(const char* key);
  QString text(const char* key);
  QString text(const char* key, const QString& otherwise) { return has(key) ? text(key) : otherwise; }
  double number(const char* key);
  double number(const char* key, double otherwise) { return has(key) ? number(key) : otherwise; }
  int integer(const char* key);
  bool flag(const char* key, bool otherwise);
  const nlohmann::json& list(const char* key);
  /// Every key of an object whose keys are names.
  QStringList keys() const;

  /// @throws Error about a key that nobody asked for
  void finish() const;
  [[noreturn]] void refuse(const QString& sentence) const;

 private:
  const nlohmann::json& m_object;
  QString m_where;
  std::set<std::string> m_asked;
};

}  // namespace app
