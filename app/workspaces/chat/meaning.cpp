#include "app/workspaces/chat/meaning.h"

#include <QRegularExpression>
#include <QStringList>

#include "app/text/tr.h"

namespace app {

using text::tr;

namespace {

constexpr double kAgreeing = 0.5;

/// Articles, pronouns, prepositions, conjunctions and auxiliaries: they carry the grammar.
const QSet<QString>& stopWords() {
  static const QSet<QString> words = [] {
    const QStringList list =
        QStringLiteral(
            "a an the this that these those it its it's he him his she her hers they them their theirs we us our ours "
            "you your yours i me my mine who whom whose which what there here is are was were be been being am isn't "
            "aren't wasn't weren't has have had having do does did done doing can could will would shall should may "
            "might must of in on at to from by for with without into onto over under about between through during "
            "before after above below up down out off as than then so and or but nor if because while when where how "
            "why also just only very more most such some any each every all both few many much other another same own "
            "one's s t d ll re ve m let us")
            .split(u' ');
    return QSet<QString>(list.begin(), list.end());
  }();
  return words;
}

/// "1,000.50" → "1000.5"
QString oneSpelling(QString number) {
  number.remove(u',');
  if (number.contains(u'.')) {
    while (number.endsWith(u'0')) number.chop(1);
    if (number.endsWith(u'.')) number.chop(1);
  }
  const bool isNegative = number.startsWith(u'-') || number.startsWith(QChar(0x2212));
  number.remove(QRegularExpression(QStringLiteral("^[-+\\x{2212}]?0*(?=\\d)")));
  return isNegative ? u'-' + number : number;
}

}  // namespace

Meaning meaningOf(const QString& text) {
  // A sign is one only where no word or digit stands before it: "47-38" has two numbers, both positive.
  static const QRegularExpression part(
      QStringLiteral("(?<number>(?:(?<![\\w.)])[-\\x{2212}])?\\d+(?:,\\d{3})*(?:\\.\\d+)?)(?![\\p{L}\\d])|"
                     "(?<word>[\\p{L}\\p{M}\\d]+(?:['\\x{2019}][\\p{L}]+)?)"),
      QRegularExpression::UseUnicodePropertiesOption);
  Meaning meaning;
  const QString plain = text.normalized(QString::NormalizationForm_KC);
  auto matches = part.globalMatch(plain);
  while (matches.hasNext()) {
    const auto match = matches.next();
    if (const QString number = match.captured(u"number"); !number.isEmpty()) {
      meaning.numbers.insert(oneSpelling(number));
      continue;
    }
    QString word = match.captured(u"word").toCaseFolded();
    word.replace(QChar(0x2019), u'\'');
    if (!stopWords().contains(word)) meaning.words.insert(word);
  }
  return meaning;
}

double overlap(const Meaning& a, const Meaning& b) {
  const auto shared = (QSet<QString>(a.words) & b.words).size() + (QSet<QString>(a.numbers) & b.numbers).size();
  const auto all = (QSet<QString>(a.words) | b.words).size() + (QSet<QString>(a.numbers) | b.numbers).size();
  return all == 0 ? 1 : static_cast<double>(shared) / static_cast<double>(all);
}

QString nameOf(Likeness likeness) {
  switch (likeness) {
    case Likeness::OtherNumbers:
      return tr("other numbers");
    case Likeness::OtherWords:
      return tr("other words");
    case Likeness::OtherWording:
      return tr("other wording");
    case Likeness::Same:
      return tr("the same");
  }
  return {};
}

Likeness likeness(const QString& a, const QString& b) {
  if (a == b) return Likeness::Same;
  const Meaning first = meaningOf(a), second = meaningOf(b);
  if (first.numbers != second.numbers) return Likeness::OtherNumbers;
  return overlap(first, second) >= kAgreeing ? Likeness::OtherWording : Likeness::OtherWords;
}

bool agree(const QString& a, const QString& b) { return likeness(a, b) >= Likeness::OtherWording; }

bool holds(const QString& answer, const QString& expected) {
  const Meaning given = meaningOf(answer), wanted = meaningOf(expected);
  return given.numbers.contains(wanted.numbers) && given.words.contains(wanted.words);
}

}  // namespace app
