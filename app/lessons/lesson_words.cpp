#include "app/lessons/lesson_words.h"

#include <QLocale>
#include <QRegularExpression>
#include <algorithm>
#include <cmath>
#include <functional>

#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "core/numeric/number_format.h"

namespace app {

using text::tr;

namespace {

/// Whole numbers are written in full: 16777217 is not 16777216.
QString numberWords(double value, const ShownFact& shown) {
  if (value == std::floor(value) && std::fabs(value) < 1e15 && !shown.decimals)
    return QLocale().toString(static_cast<qlonglong>(value)).replace(u'-', QChar(0x2212));
  if (!shown.decimals) return text::trimmed(value, shown.digits);
  return QLocale().toString(value, 'f', *shown.decimals).replace(u'-', QChar(0x2212));
}

QString withUnit(const QString& words, const QString& unit) {
  return unit.isEmpty() ? words : words + QChar(0x202F) + unit;
}

QString patternWords(std::uint64_t code, const std::string& formatName) {
  const auto* format = core::numeric::findNumberFormat(formatName);
  const int digits = format == nullptr ? 1 : static_cast<int>((format->bits + 3) / 4);
  return QStringLiteral("0x%1").arg(code, digits, 16, QLatin1Char('0'));
}

QString choiceText(const LessonStep& step, const QString& id) {
  if (const auto* question = std::get_if<ChoiceQuestion>(&step.asks))
    for (const auto& choice : question->choices)
      if (choice.id == id) return choice.text;
  return id;
}

using ValueOf = std::function<QString(const QString& name, const QString& part)>;

QString filled(const QString& text, const ValueOf& valueOf) {
  static const QRegularExpression kName(QStringLiteral("\\{([a-z0-9_]+)(?:\\.(low|high))?\\}"));
  QString result;
  qsizetype from = 0;
  for (auto it = kName.globalMatch(text); it.hasNext();) {
    const auto match = it.next();
    result += text.mid(from, match.capturedStart() - from) + valueOf(match.captured(1), match.captured(2));
    from = match.capturedEnd();
  }
  return result + text.mid(from);
}

QString shownPart(const FactValue& value, const ShownFact& shown, const QString& part) {
  const auto* interval = std::get_if<Interval>(&value);
  if (interval == nullptr || part.isEmpty()) return factWords(value, shown);
  return numberWords(part == QStringLiteral("low") ? interval->low : interval->high, shown);
}

QString shownValue(const QHash<QString, FactValue>& values, const ShownFacts& facts, const QString& name,
                   const QString& part) {
  const auto fact = std::ranges::find(facts, name, [](const auto& entry) { return entry.first; });
  if (fact == facts.end() || !values.contains(name)) return QStringLiteral("…");
  return shownPart(values[name], fact->second, part);
}

}  // namespace

QString factWords(const FactValue& value, const ShownFact& shown) {
  if (const auto* number = std::get_if<double>(&value)) return numberWords(*number, shown);
  if (const auto* interval = std::get_if<Interval>(&value))
    return tr("from %1 to %2").arg(numberWords(interval->low, shown), numberWords(interval->high, shown));
  if (const auto* pattern = std::get_if<Pattern>(&value)) return patternWords(pattern->code, pattern->format);
  if (const auto* words = std::get_if<std::string>(&value)) return QString::fromStdString(*words);
  return {};
}

QString answerWords(const LessonStep& step, const Guess& answer) {
  if (const auto* id = std::get_if<QString>(&answer)) return choiceText(step, *id);
  if (const auto* code = std::get_if<std::uint64_t>(&answer)) {
    const auto* bits = std::get_if<BitsQuestion>(&step.asks);
    return patternWords(*code, bits == nullptr ? std::string() : bits->format);
  }
  ShownFact shown = step.truth;
  if (!shown.decimals) shown.digits = std::max(shown.digits, 10);  // what was typed, not more than it says
  return withUnit(numberWords(std::get<double>(answer), shown), step.unit);
}

QString truthWords(const LessonStep& step, const StepResults& results) {
  if (std::holds_alternative<ChoiceQuestion>(step.asks)) return choiceText(step, choiceIdOf(results.truth));
  return withUnit(factWords(results.truth, step.truth), step.unit);
}

QString filledText(const QString& text, const LessonStep& step, const StepResults* results, const Guess* answer) {
  return filled(text, [&](const QString& name, const QString& part) -> QString {
    if (results == nullptr) return QStringLiteral("…");
    if (name == QStringLiteral("truth"))
      return part.isEmpty() ? truthWords(step, *results) : shownPart(results->truth, step.truth, part);
    if (name == QStringLiteral("answer")) return answer == nullptr ? QStringLiteral("…") : answerWords(step, *answer);
    return shownValue(results->values, step.values, name, part);
  });
}

QString filledReading(const SliderQuestion& slider, const QHash<QString, FactValue>& live, const LessonStep& step,
                      double answer) {
  return filled(slider.reading, [&](const QString& name, const QString& part) {
    if (name == QStringLiteral("answer")) return answerWords(step, Guess(answer));
    return shownValue(live, slider.live, name, part);
  });
}

QString choiceIdOf(const FactValue& value) {
  if (const auto* id = std::get_if<std::string>(&value)) return QString::fromStdString(*id);
  if (const auto* number = std::get_if<double>(&value)) return QString::number(*number, 'g', 15);
  return {};
}

QString storedAnswer(const Guess& answer) {
  if (const auto* number = std::get_if<double>(&answer))
    return QStringLiteral("n:") + QString::number(*number, 'g', 17);
  if (const auto* code = std::get_if<std::uint64_t>(&answer)) return QStringLiteral("b:") + QString::number(*code, 16);
  return QStringLiteral("c:") + std::get<QString>(answer);
}

std::optional<Guess> restoredAnswer(const QString& stored) {
  const QString value = stored.mid(2);
  bool isNumber = false;
  if (stored.startsWith(QStringLiteral("c:"))) return Guess(value);
  if (stored.startsWith(QStringLiteral("n:"))) {
    const double number = value.toDouble(&isNumber);
    if (isNumber) return Guess(number);
  }
  if (stored.startsWith(QStringLiteral("b:"))) {
    const std::uint64_t code = value.toULongLong(&isNumber, 16);
    if (isNumber) return Guess(code);
  }
  return std::nullopt;
}

}  // namespace app
