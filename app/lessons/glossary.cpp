#include "app/lessons/glossary.h"

#include <QCoreApplication>
#include <QLocale>
#include <algorithm>

#include "app/lessons/lesson_files.h"
#include "app/lessons/strict_json.h"
#include "core/base/error.h"

namespace app {
namespace {

const QString kGlossaryName = QStringLiteral("glossary");

Glossary::Term readTerm(const nlohmann::json& json, const QString& file, const QString& id) {
  StrictJson object(json, file + QStringLiteral(", ") + id);
  Glossary::Term term;
  term.id = id;
  term.name = object.text("name");
  term.text = groupedLocally(object.text("text"));
  term.isCommon = object.flag("common", false);
  term.names << term.name;
  if (object.has("also")) {
    for (const auto& spelling : object.list("also")) {
      if (!spelling.is_string()) object.refuse(QCoreApplication::translate("lessons", "A term is spelt by a text."));
      term.names << QString::fromStdString(spelling.get<std::string>());
    }
  }
  object.finish();
  return term;
}

}  // namespace

Glossary Glossary::load(const QString& folder, const QString& language) {
  const QString english = QStringLiteral("en/glossary.json"), other = translatedFile(folder, language, kGlossaryName);
  const nlohmann::json terms = readLessonFile(folder, english);
  const nlohmann::json translated = other.isEmpty() ? nlohmann::json::object() : readLessonFile(folder, other);
  Glossary glossary;
  for (auto it = terms.begin(); it != terms.end(); ++it) {
    const bool isTranslated = translated.contains(it.key());
    glossary.m_terms.push_back(readTerm(isTranslated ? translated.at(it.key()) : *it, isTranslated ? other : english,
                                        QString::fromStdString(it.key())));
  }
  glossary.index();
  return glossary;
}

const Glossary& Glossary::instance() {
  static const Glossary glossary = load(kLessonFolder, QLocale().name());
  return glossary;
}

void Glossary::index() {
  std::ranges::sort(m_terms,
                    [](const Term& a, const Term& b) { return a.name.compare(b.name, Qt::CaseInsensitive) < 0; });
  QStringList spellings;
  for (std::size_t i = 0; i < m_terms.size(); ++i) {
    for (const QString& spelling : m_terms[i].names) {
      const QString lower = spelling.toLower();
      if (m_bySpelling.contains(lower))
        throw core::Error(
            core::ErrorCode::InvalidFile,
            QCoreApplication::translate("lessons", "The glossary explains %1 twice.").arg(spelling).toStdString());
      m_bySpelling.insert(lower, i);
      spellings << QRegularExpression::escape(spelling);
    }
  }
  std::ranges::sort(spellings, [](const QString& a, const QString& b) { return a.size() > b.size(); });
  m_expression =
      QRegularExpression(QStringLiteral("(?<![\\w-])(%1)s?(?![\\w-])").arg(spellings.join(u'|')),
                         QRegularExpression::CaseInsensitiveOption | QRegularExpression::UseUnicodePropertiesOption);
}

const Glossary::Term* Glossary::find(const QString& id) const {
  const auto found = std::ranges::find(m_terms, id, &Term::id);
  return found == m_terms.end() ? nullptr : &*found;
}

std::vector<Glossary::Match> Glossary::matches(const QString& text) const {
  std::vector<Match> result;
  if (m_terms.empty() || text.isEmpty()) return result;
  for (auto it = m_expression.globalMatch(text); it.hasNext();) {
    const auto match = it.next();
    const auto found = m_bySpelling.constFind(match.captured(1).toLower());
    if (found != m_bySpelling.constEnd())
      result.push_back({&m_terms[*found], match.capturedStart(), match.capturedLength()});
  }
  return result;
}

QString Glossary::toolTip(const Term& term) {
  return QStringLiteral("<p><b>%1</b><br>%2</p>").arg(term.name.toHtmlEscaped(), term.text.toHtmlEscaped());
}

}  // namespace app
