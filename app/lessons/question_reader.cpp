#include "app/lessons/question_reader.h"

#include <QSet>

#include "app/lessons/fact_reader.h"
#include "app/text/tr.h"
#include "core/numeric/number_format.h"

namespace app {

using text::tr;

namespace {

Tolerance readTolerance(StrictJson& object) {
  const Tolerance tolerance{object.number("absolute", 0), object.number("relative", 0)};
  if (tolerance.absolute < 0 || tolerance.relative < 0 || tolerance.relative > 1)
    object.refuse(tr("A tolerance is not negative, and a relative one at most 1."));
  return tolerance;
}

Question readChoice(StrictJson& object, LessonTexts& texts, const QStringList& path) {
  ChoiceQuestion question;
  QSet<QString> ids;
  for (const auto& entry : object.list("choices")) {
    if (!entry.is_string()) object.refuse(tr("A choice is named by a text."));
    const QString id = QString::fromStdString(entry.get<std::string>());
    if (ids.contains(id)) object.refuse(tr("The choice %1 stands there twice.").arg(id));
    ids.insert(id);
    question.choices.push_back({id, texts.text(path + QStringList{QStringLiteral("choices"), id})});
  }
  if (question.choices.size() < 2) object.refuse(tr("There must be two choices at least."));
  return question;
}

Question readBits(StrictJson& object) {
  BitsQuestion question{object.text("format").toStdString(), 0};
  const auto* format = core::numeric::findNumberFormat(question.format);
  if (format == nullptr)
    object.refuse(tr("There is no number format %1.").arg(QString::fromStdString(question.format)));
  bool isNumber = false;
  question.start = object.text("start", QStringLiteral("0x0")).toULongLong(&isNumber, 0);
  if (!isNumber || (question.start & ~format->codeMask()) != 0)
    object.refuse(tr("The pattern to start with is none of the format."));
  return question;
}

Question readSlider(StrictJson& object, LessonTexts& texts, const QStringList& path) {
  SliderQuestion question;
  question.from = object.number("from");
  question.to = object.number("to");
  question.step = object.number("step");
  question.start = object.number("start");
  question.tolerance = readTolerance(object);
  if (!(question.step > 0) || !(question.from < question.to) || question.start < question.from ||
      question.start > question.to || (question.to - question.from) / question.step > 100'000)
    object.refuse(tr("A slider goes up from its start in steps, at most 100000 of them."));
  question.live = readShownFacts(object, "live");
  if (!question.live.empty()) question.reading = texts.text(path + QStringList{QStringLiteral("reading")});
  return question;
}

Question readPoint(StrictJson& object, LessonTexts& texts, const QStringList& path) {
  PointQuestion question;
  question.curve = readFact(object.value("curve"), object.where() + QStringLiteral(", curve"));
  if (question.curve.fact->kind != FactKind::Curve) object.refuse(tr("The curve must be a fact that is one."));
  question.logX = object.flag("log_x", false);
  question.logY = object.flag("log_y", false);
  question.tolerance = readTolerance(object);
  question.xTitle = texts.text(path + QStringList{QStringLiteral("x")});
  question.yTitle = texts.text(path + QStringList{QStringLiteral("y")});
  return question;
}

}  // namespace

Question readQuestion(StrictJson object, LessonTexts& texts, const QStringList& path) {
  const QString kind = object.text("kind");
  const auto read = [&]() -> Question {
    if (kind == QStringLiteral("number")) return NumberQuestion{readTolerance(object)};
    if (kind == QStringLiteral("choice")) return readChoice(object, texts, path);
    if (kind == QStringLiteral("bits")) return readBits(object);
    if (kind == QStringLiteral("slider")) return readSlider(object, texts, path);
    if (kind == QStringLiteral("point")) return readPoint(object, texts, path);
    object.refuse(tr("There is no question of the kind %1.").arg(kind));
  };
  Question question = read();
  object.finish();
  return question;
}

QString kindProblem(const Question& question, FactKind truth) {
  if (std::holds_alternative<ChoiceQuestion>(question))
    return truth == FactKind::Text || truth == FactKind::Number
               ? QString()
               : tr("A choice is answered by a text or a number, which this fact is not.");
  if (std::holds_alternative<BitsQuestion>(question))
    return truth == FactKind::Pattern ? QString() : tr("Bits are answered by a pattern, which this fact is not.");
  return truth == FactKind::Number || truth == FactKind::Interval
             ? QString()
             : tr("A number is answered by a number or an interval, which this fact is not.");
}

}  // namespace app
