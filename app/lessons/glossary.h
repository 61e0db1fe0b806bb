#pragma once
#include <QHash>
#include <QRegularExpression>
#include <QString>
#include <QStringList>
#include <vector>

namespace app {

/// The terms the program uses, explained in a sentence or two: glossary.json of a language folder.
class Glossary {
 public:
  struct Term {
    QString id;
    QString name;       ///< "unit in the last place (ulp)"
    QStringList names;  ///< all spellings that texts use, `name` first
    QString text;
    bool isCommon = false;  ///< a word of every second sentence: explained where it is asked for, not marked
  };
  struct Match {
    const Term* term;
    qsizetype start, length;
  };

  Glossary() = default;
  /// Terms that a translation lacks are English. @throws core::Error (InvalidFile, NotFound) with file and term
  static Glossary load(const QString& folder, const QString& language);
  /// The one compiled in, in the person's language.
  static const Glossary& instance();

  const std::vector<Term>& terms() const { return m_terms; }  ///< by name
  const Term* find(const QString& id) const;
  /// Terms in a text, from left to right, the longest where several begin; upper and lower case and a plural s are the
  /// same.
  std::vector<Match> matches(const QString& text) const;
  /// For a tooltip: the name in bold, then the text.
  static QString toolTip(const Term& term);

 private:
  void index();

  std::vector<Term> m_terms;
  QHash<QString, std::size_t> m_bySpelling;  ///< lower case
  QRegularExpression m_expression;
};

}  // namespace app
