#include "app/lessons/strict_json.h"

#include <QStringList>
#include <cmath>
#include <vector>

#include "app/text/tr.h"
#include "core/base/error.h"

namespace app {

using text::tr;

namespace {

[[noreturn]] void refuseAt(const QString& where, const QString& sentence) {
  throw core::Error(core::ErrorCode::InvalidFile, (where + QStringLiteral(": ") + sentence).toStdString(),
                    where.toStdString());
}

}  // namespace

nlohmann::json StrictJson::parse(const QByteArray& text, const QString& where) {
  std::vector<std::set<std::string>> seen;
  const auto watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    if (event == nlohmann::json::parse_event_t::object_start) seen.emplace_back();
    if (event == nlohmann::json::parse_event_t::object_end) seen.pop_back();
    if (event == nlohmann::json::parse_event_t::key && !seen.back().insert(parsed.get<std::string>()).second)
      refuseAt(where, tr("The key %1 stands there twice.").arg(QString::fromStdString(parsed.get<std::string>())));
    return true;
  };
  nlohmann::json result;
  try {
    result = nlohmann::json::parse(text.begin(), text.end(), watch);
  } catch (const nlohmann::json::exception& error) {
    refuseAt(where, tr("This is no JSON (%1).").arg(QString::fromUtf8(error.what())));
  }
  if (!result.is_object()) refuseAt(where, tr("An object was expected."));
  return result;
}

StrictJson::StrictJson(const nlohmann::json& object, QString where) : m_object(object), m_where(std::move(where)) {
  if (!object.is_object()) refuse(tr("An object was expected."));
}

void StrictJson::refuse(const QString& sentence) const { refuseAt(m_where, sentence); }

const nlohmann::json& StrictJson::value(const char* key) {
  const auto found = m_object.find(key);
  if (found == m_object.end()) refuse(tr("The key %1 is missing.").arg(QLatin1String(key)));
  m_asked.insert(key);
  return *found;
}

StrictJson StrictJson::object(const char* key) {
  return StrictJson(value(key), m_where + QStringLiteral(", ") + QLatin1String(key));
}

QString StrictJson::text(const char* key) {
  const auto& found = value(key);
  if (!found.is_string() || found.get_ref<const std::string&>().empty())
    refuse(tr("%1 must be a text.").arg(QLatin1String(key)));
  return QString::fromStdString(found.get<std::string>());
}

double StrictJson::number(const char* key) {
  const auto& found = value(key);
  if (!found.is_number()) refuse(tr("%1 must be a number.").arg(QLatin1String(key)));
  return found.get<double>();
}

int StrictJson::integer(const char* key) {
  const double found = number(key);
  if (std::fabs(found) > 1e6 || found != std::floor(found))
    refuse(tr("%1 must be a whole number.").arg(QLatin1String(key)));
  return static_cast<int>(found);
}

bool StrictJson::flag(const char* key, bool otherwise) {
  if (!has(key)) return otherwise;
  const auto& found = value(key);
  if (!found.is_boolean()) refuse(tr("%1 must be true or false.").arg(QLatin1String(key)));
  return found.get<bool>();
}

const nlohmann::json& StrictJson::list(const char* key) {
  const auto& found = value(key);
  if (!found.is_array() || found.empty()) refuse(tr("%1 must be a list.").arg(QLatin1String(key)));
  return found;
}

QStringList StrictJson::keys() const {
  QStringList result;
  for (auto it = m_object.begin(); it != m_object.end(); ++it) result << QString::fromStdString(it.key());
  return result;
}

void StrictJson::finish() const {
  for (auto it = m_object.begin(); it != m_object.end(); ++it)
    if (!m_asked.contains(it.key()))
      refuse(tr("Nothing is known of the key %1.").arg(QString::fromStdString(it.key())));
}

}  // namespace app
