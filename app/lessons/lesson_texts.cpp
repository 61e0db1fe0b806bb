#include "app/lessons/lesson_texts.h"

#include <QFile>

#include "app/lessons/lesson_files.h"
#include "app/lessons/strict_json.h"
#include "app/text/tr.h"
#include "core/base/error.h"

namespace app {

using text::tr;

namespace {

QString joined(const QStringList& path) { return path.join(QStringLiteral(" → ")); }

}  // namespace

LessonTexts::LessonTexts(const QString& folder, const QString& language, const QString& lesson)
    : m_name(QStringLiteral("en/%1.json").arg(lesson)),
      m_english(readLessonFile(folder, m_name)),
      m_translated(nlohmann::json::object()) {
  if (const QString name = translatedFile(folder, language, lesson); !name.isEmpty())
    m_translated = readLessonFile(folder, name);
}

const nlohmann::json* LessonTexts::find(const nlohmann::json& object, const QStringList& path) {
  const nlohmann::json* at = &object;
  for (const QString& key : path) {
    const auto found = at->is_object() ? at->find(key.toStdString()) : at->end();
    if (found == at->end()) return nullptr;
    at = &*found;
  }
  return at;
}

bool LessonTexts::has(const QStringList& path) const { return find(m_english, path) != nullptr; }

QString LessonTexts::text(const QStringList& path) {
  m_asked << path.join(u'/');
  for (const nlohmann::json* object : {&m_translated, &m_english}) {
    const nlohmann::json* found = find(*object, path);
    if (found != nullptr && found->is_string() && !found->get_ref<const std::string&>().empty())
      return groupedLocally(QString::fromStdString(found->get<std::string>()));
  }
  const QString sentence = tr("%1: The text %2 is missing.").arg(m_name, joined(path));
  throw core::Error(core::ErrorCode::InvalidFile, sentence.toStdString(), m_name.toStdString());
}

void LessonTexts::finish() const { checkAsked(m_english, {}); }

void LessonTexts::checkAsked(const nlohmann::json& object, const QStringList& path) const {
  for (auto it = object.begin(); it != object.end(); ++it) {
    const QStringList here = path + QStringList{QString::fromStdString(it.key())};
    if (it->is_object()) {
      checkAsked(*it, here);
      continue;
    }
    if (m_asked.contains(here.join(u'/'))) continue;
    const QString sentence = tr("%1: Nothing in the lesson has the text %2.").arg(m_name, joined(here));
    throw core::Error(core::ErrorCode::InvalidFile, sentence.toStdString(), m_name.toStdString());
  }
}

}  // namespace app
