#include "app/workspaces/chat/prompt_run.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <tuple>

#include "app/workspaces/chat/transcript.h"

namespace app {

namespace {

QString quoted(QString field) { return u'"' + field.replace(u'"', QStringLiteral("\"\"")) + u'"'; }

/// For programs, in no language.
QString keyOf(Likeness likeness) {
  switch (likeness) {
    case Likeness::OtherNumbers:
      return QStringLiteral("other_numbers");
    case Likeness::OtherWords:
      return QStringLiteral("other_words");
    case Likeness::OtherWording:
      return QStringLiteral("other_wording");
    case Likeness::Same:
      return QStringLiteral("same");
  }
  return {};
}

}  // namespace

PromptRun::PromptRun(PromptSet set, std::vector<QString> titles)
    : m_set(std::move(set)), m_titles(std::move(titles)), m_turns(m_set.items.size()) {}

void PromptRun::take(std::size_t item, Turn turn) { m_turns[item] = std::move(turn); }

std::size_t PromptRun::answered() const {
  return static_cast<std::size_t>(
      std::count_if(m_turns.begin(), m_turns.end(), [](const auto& turn) { return turn.has_value(); }));
}

QString PromptRun::answer(std::size_t item, std::size_t pane) const {
  if (!m_turns[item]) return {};
  const Answer& answer = m_turns[item]->answers[pane].back();
  return answer.failure ? QString::fromStdString(answer.failure->sentence) : answer.text();
}

std::optional<bool> PromptRun::isRight(std::size_t item, std::size_t pane) const {
  const PromptItem& question = m_set.items[item];
  if (question.expected.isEmpty() || !m_turns[item]) return std::nullopt;
  if (m_turns[item]->answers[pane].back().failure) return false;
  return question.task ? question.task->accepts(answer(item, pane).toStdString())
                       : holds(answer(item, pane), question.expected);
}

std::optional<Likeness> PromptRun::likeness(std::size_t item) const {
  if (!m_turns[item]) return std::nullopt;
  Likeness most = Likeness::Same;
  for (std::size_t pane = 1; pane < m_titles.size(); ++pane)
    most = std::min(most, app::likeness(answer(item, 0), answer(item, pane)));
  return most;
}

std::vector<std::size_t> PromptRun::order() const {
  const auto rank = [this](std::size_t item) {
    if (!m_turns[item]) return std::tuple(2, 0, 0.0, item);
    bool flips = false;
    double least = 1;
    for (std::size_t pane = 1; pane < m_titles.size(); ++pane) {
      flips = flips || isRight(item, pane) != isRight(item, 0);
      least = std::min(least, overlap(meaningOf(answer(item, 0)), meaningOf(answer(item, pane))));
    }
    return std::tuple(flips ? 0 : 1, static_cast<int>(*likeness(item)), least, item);
  };
  std::vector<std::pair<std::tuple<int, int, double, std::size_t>, std::size_t>> ranked;
  for (std::size_t item = 0; item < m_turns.size(); ++item) ranked.emplace_back(rank(item), item);
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::size_t> order;
  for (const auto& entry : ranked) order.push_back(entry.second);
  return order;
}

PromptRun::Right PromptRun::right(std::size_t pane) const {
  Right count;
  for (std::size_t item = 0; item < m_turns.size(); ++item) {
    const auto is = isRight(item, pane);
    count.of += is ? 1 : 0;
    count.right += is.value_or(false) ? 1 : 0;
  }
  count.interval = core::evaluate::wilsonInterval(count.right, count.of);
  return count;
}

PromptRun::Flips PromptRun::flips(std::size_t pane) const {
  Flips flips;
  for (std::size_t item = 0; item < m_turns.size(); ++item) {
    const auto reference = isRight(item, 0), compared = isRight(item, pane);
    if (!reference || reference == compared) continue;
    ++(*reference ? flips.lost : flips.gained);
  }
  flips.p = core::evaluate::mcNemar(flips.lost, flips.gained);
  return flips;
}

QByteArray PromptRun::toCsv() const {
  QStringList header{QStringLiteral("index"), QStringLiteral("question"), QStringLiteral("expected")};
  for (const QString& title : m_titles) header << title << title + QStringLiteral(" right");
  header << QStringLiteral("difference");
  QStringList lines;
  const auto write = [&lines](const QStringList& fields) {
    QStringList all;
    for (const QString& field : fields) all << quoted(field);
    lines << all.join(u',');
  };
  write(header);
  for (std::size_t item = 0; item < m_turns.size(); ++item) {
    QStringList fields{QString::number(item + 1), m_set.items[item].question, m_set.items[item].expected};
    for (std::size_t pane = 0; pane < m_titles.size(); ++pane) {
      const auto right = isRight(item, pane);
      fields << answer(item, pane) << (right ? *right ? QStringLiteral("1") : QStringLiteral("0") : QString());
    }
    fields << (m_turns[item] ? keyOf(*likeness(item)) : QString());
    write(fields);
  }
  return (lines.join(QStringLiteral("\r\n")) + QStringLiteral("\r\n")).toUtf8();
}

QByteArray PromptRun::toJson() const {
  using Json = nlohmann::ordered_json;
  Json questions = Json::array();
  for (std::size_t item = 0; item < m_turns.size(); ++item) {
    Json answers = Json::array();
    for (std::size_t pane = 0; pane < m_titles.size() && m_turns[item]; ++pane) {
      const Answer& given = m_turns[item]->answers[pane].back();
      Json json{{"pane", m_titles[pane].toStdString()},
                {"answer", answer(item, pane).toStdString()},
                {"settings", settingsText(given.source).toStdString()},
                {"seed", given.source.options.sampling.seed},
                {"tokens", given.tokens.size()}};
      if (given.thought) {
        json["reasoning"] = given.thoughtText().toStdString();
        json["reasoning_tokens"] = given.thought->tokens;
      }
      if (const auto right = isRight(item, pane)) json["right"] = *right;
      answers.push_back(std::move(json));
    }
    Json question{{"question", m_set.items[item].question.toStdString()}};
    if (!m_set.items[item].expected.isEmpty()) question["expected"] = m_set.items[item].expected.toStdString();
    question["answers"] = std::move(answers);
    if (m_turns[item]) question["difference"] = keyOf(*likeness(item)).toStdString();
    questions.push_back(std::move(question));
  }
  const Json all{{"set", m_set.title.toStdString()}, {"questions", std::move(questions)}};
  return QByteArray::fromStdString(all.dump(2, ' ', false, Json::error_handler_t::replace)) + '\n';
}

}  // namespace app
