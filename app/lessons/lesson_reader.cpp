#include "app/lessons/lesson_reader.h"

#include <QRegularExpression>
#include <QSet>
#include <algorithm>

#include "app/lessons/fact_reader.h"
#include "app/lessons/lesson_files.h"
#include "app/lessons/lesson_texts.h"
#include "app/lessons/question_reader.h"
#include "app/lessons/strict_json.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

namespace {

/// Reads one lesson; what its steps share.
class Reader {
 public:
  Reader(const CourseSource& source, const QString& id, const nlohmann::json& json)
      : m_source(source),
        m_id(id),
        m_texts(source.folder, source.language, id),
        m_object(json, id + QStringLiteral(".json")) {}

  Lesson read() {
    Lesson lesson;
    lesson.id = m_id;
    lesson.number = m_object.integer("number");
    lesson.minutes = m_object.integer("minutes");
    if (lesson.number < 1 || lesson.minutes < 1) m_object.refuse(tr("number and minutes count from 1."));
    lesson.title = m_texts.text({QStringLiteral("title")});
    lesson.summary = m_texts.text({QStringLiteral("summary")});
    for (const auto& step : m_object.list("steps")) lesson.steps.push_back(readStep(step, lesson));
    m_object.finish();
    m_texts.finish();
    return lesson;
  }

 private:
  LessonStep readStep(const nlohmann::json& json, const Lesson& lesson) {
    StrictJson object(json, m_object.where() + QStringLiteral(", step ") + QString::number(lesson.steps.size() + 1));
    LessonStep step;
    step.id = object.text("step");
    if (lesson.indexOf(step.id) >= 0) object.refuse(tr("The step %1 stands there twice.").arg(step.id));
    m_path = {QStringLiteral("steps"), step.id};
    m_where = m_object.where() + QStringLiteral(", step ") + step.id;
    StrictJson named(json, m_where);
    named.value("step");
    step.stage = readLink(named, "stage");
    step.reveal = readLink(named, "reveal");
    step.title = text("title"), step.text = text("text"), step.question = text("question"), step.why = text("why");
    if (has("unit")) step.unit = text("unit");
    step.asks = readQuestion(named.object("asks"), m_texts, m_path);
    if (step.stageFollows() && !std::holds_alternative<SliderQuestion>(step.asks))
      named.refuse(tr("Only a slider has an answer that a stage can follow."));
    if (step.stage && named.has("board")) named.refuse(tr("A board stands where a stage would be: only one of them."));
    step.truth = readShownFact(named.value("truth"), m_where + QStringLiteral(", truth"));
    if (const QString problem = kindProblem(step.asks, step.truth.call.fact->kind); !problem.isEmpty())
      named.refuse(problem);
    step.values = readShownFacts(named, "values");
    if (named.has("wrong")) step.wrong = readWrong(named.object("wrong"), named.value("wrong"), step);
    if (named.has("board")) step.board = readBoard(named.object("board"));
    named.finish();
    checkPlaceholders(step, named);
    return step;
  }

  std::optional<Link> readLink(StrictJson& object, const char* key) {
    if (!object.has(key)) return std::nullopt;
    const QString text = object.text(key);
    const auto link = Link::parse(text);
    if (!link) object.refuse(tr("%1 is no link.").arg(text));
    if (!m_source.workspaces.isEmpty() && !m_source.workspaces.contains(link->workspace))
      object.refuse(tr("There is no workspace %1.").arg(link->workspace));
    return link;
  }

  std::vector<WrongAnswer> readWrong(StrictJson object, const nlohmann::json& json, const LessonStep& step) {
    std::vector<WrongAnswer> result;
    for (const QString& id : object.keys()) {
      WrongAnswer wrong;
      wrong.id = id;
      wrong.text = m_texts.text(m_path + QStringList{QStringLiteral("wrong"), id});
      wrong.when = readWhen(json.at(id.toStdString()), object, step);
      result.push_back(std::move(wrong));
    }
    // What names an answer goes before what names all on one side.
    std::stable_partition(result.begin(), result.end(), [](const WrongAnswer& wrong) {
      return !std::holds_alternative<WrongAnswer::Side>(wrong.when);
    });
    return result;
  }

  std::variant<Guess, FactCall, WrongAnswer::Side> readWhen(const nlohmann::json& json, const StrictJson& object,
                                                            const LessonStep& step) {
    const bool isChoice = std::holds_alternative<ChoiceQuestion>(step.asks);
    const bool isBits = std::holds_alternative<BitsQuestion>(step.asks);
    if (json.is_object()) {
      FactCall call = readFact(json, object.where());
      if (const QString problem = kindProblem(step.asks, call.fact->kind); !problem.isEmpty()) object.refuse(problem);
      return call;
    }
    if (json.is_number() && !isChoice && !isBits) return Guess(json.get<double>());
    if (!json.is_string()) object.refuse(tr("This is no answer to the question."));
    const QString text = QString::fromStdString(json.get<std::string>());
    if (isChoice) {
      const auto& choices = std::get<ChoiceQuestion>(step.asks).choices;
      if (std::ranges::find(choices, text, &ChoiceQuestion::Choice::id) == choices.end())
        object.refuse(tr("There is no choice %1.").arg(text));
      return Guess(text);
    }
    bool isPattern = false;
    if (const std::uint64_t code = text.toULongLong(&isPattern, 16); isBits && isPattern) return Guess(code);
    if (!isBits && text == QStringLiteral("below")) return WrongAnswer::Side::Below;
    if (!isBits && text == QStringLiteral("above")) return WrongAnswer::Side::Above;
    object.refuse(tr("%1 is no answer to the question.").arg(text));
  }

  Board readBoard(StrictJson object) {
    const auto label = [&](const QString& id) {
      return m_texts.text(m_path + QStringList{QStringLiteral("board"), id});
    };
    Board board;
    board.title = label(QStringLiteral("title"));
    if (m_texts.has(m_path + QStringList{QStringLiteral("board"), QStringLiteral("unit")}))
      board.unit = label(QStringLiteral("unit"));
    for (const auto& entry : object.list("bars")) {
      StrictJson bar(entry, object.where());
      const QString id = bar.text("bar");
      nlohmann::json call = entry;
      call.erase("bar");
      board.bars.push_back({id, label(id), readShownFact(call, object.where() + QStringLiteral(" → ") + id)});
      if (board.bars.back().size.call.fact->kind != FactKind::Number)
        object.refuse(tr("A bar is as long as a number."));
    }
    if (object.has("digits")) board.digits = readDigits(object.object("digits"), object.value("digits"), label);
    if (object.has("marks")) {
      for (const auto& entry : object.list("marks")) {
        StrictJson mark(entry, object.where());
        const QString id = mark.text("mark");
        board.marks.push_back({id, label(id), mark.number("at")});
        mark.finish();
      }
    }
    object.finish();
    return board;
  }

  /// {"first": 0, "count": 12, "rows": [{"row": ID, arguments of the fact digit_names…}]}
  template <class LabelOf>
  Board::Digits readDigits(StrictJson object, const nlohmann::json& json, const LabelOf& label) {
    Board::Digits digits;
    const int first = object.integer("first"), count = object.integer("count");
    if (first < 0 || count < 1 || count > 40) object.refuse(tr("A board shows 1 to 40 digits."));
    digits.first = static_cast<std::uint64_t>(first), digits.count = static_cast<std::uint64_t>(count);
    for (const auto& entry : object.list("rows")) {
      StrictJson row(entry, object.where());
      const QString id = row.text("row");
      nlohmann::json call = entry;
      call.erase("row");
      call["fact"] = "digit_names", call["first"] = json.at("first"), call["count"] = json.at("count");
      digits.rows.push_back({id, label(id), readFact(call, object.where() + QStringLiteral(" → ") + id)});
    }
    object.finish();
    return digits;
  }

  bool has(const char* key) const { return m_texts.has(m_path + QStringList{QLatin1String(key)}); }
  QString text(const char* key) { return m_texts.text(m_path + QStringList{QLatin1String(key)}); }

  /// Every "{name}" of a text has a value.
  static void checkPlaceholders(const LessonStep& step, const StrictJson& object) {
    QSet<QString> known;
    for (const auto& [name, fact] : step.values) known.insert(name);
    const auto check = [&](const QString& text, const QSet<QString>& names) {
      static const QRegularExpression kName(QStringLiteral("\\{([^{}]*)\\}"));
      for (auto it = kName.globalMatch(text); it.hasNext();) {
        const QString name = it.next().captured(1);
        if (!names.contains(name.section(u'.', 0, 0)))
          object.refuse(tr("A text speaks of {%1}, which has no value.").arg(name));
      }
    };
    for (const QString& text : {step.title, step.text, step.question}) check(text, known);
    QSet<QString> afterwards = known;
    afterwards << QStringLiteral("truth") << QStringLiteral("answer");
    check(step.why, afterwards);
    for (const WrongAnswer& wrong : step.wrong) check(wrong.text, afterwards);
    if (const auto* choice = std::get_if<ChoiceQuestion>(&step.asks))
      for (const auto& [id, text] : choice->choices) check(text, known);
    if (const auto* slider = std::get_if<SliderQuestion>(&step.asks)) {
      for (const auto& [name, fact] : slider->live) known.insert(name);
      known << QStringLiteral("answer");
      check(slider->reading, known);
    }
  }

  const CourseSource& m_source;
  QString m_id;
  LessonTexts m_texts;
  StrictJson m_object;
  QStringList m_path;  ///< of the texts of the step that is read
  QString m_where;
};

}  // namespace

Lesson readLesson(const CourseSource& source, const QString& id) {
  const nlohmann::json json = readLessonFile(source.folder, id + QStringLiteral(".json"));
  return Reader(source, id, json).read();
}

}  // namespace app
