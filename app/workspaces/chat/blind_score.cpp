#include "app/workspaces/chat/blind_score.h"

#include <algorithm>

#include "app/text/numbers.h"
#include "app/text/tr.h"

namespace app {

using text::tr;

namespace {

/// The answers that a turn's vote was about, by pane, as far as they are still there; empty without a vote that counts.
std::vector<const Answer*> votedOn(const Turn& turn) {
  std::vector<const Answer*> found;
  if (!turn.blind || !turn.blind->revealed) return found;
  for (const auto& answers : turn.answers)
    for (const Answer& answer : answers)
      if (std::count(turn.blind->answers.begin(), turn.blind->answers.end(), answer.id) > 0) found.push_back(&answer);
  if (found.size() != turn.blind->answers.size()) found.clear();
  return found;
}

template <class Entry, class Is>
Entry& entryOf(std::vector<Entry>& entries, Is is) {
  const auto found = std::find_if(entries.begin(), entries.end(), is);
  return found != entries.end() ? *found : entries.emplace_back();
}

void addPair(BlindScore& score, const Answer& reference, const Answer& compared, int best) {
  const QString &first = reference.source.title, &second = compared.source.title;
  BlindPair& pair =
      entryOf(score.pairs, [&](const BlindPair& p) { return p.compared == second && p.reference == first; });
  pair.compared = second;
  pair.reference = first;
  pair.wins += best == compared.id ? 1 : 0;
  pair.losses += best == reference.id ? 1 : 0;
  pair.ties += best == 0 ? 1 : 0;
}

QString intervalText(const core::evaluate::Proportion& interval) {
  return QStringLiteral("[%1, %2]").arg(text::percent(interval.low, 0), text::percent(interval.high, 0));
}

}  // namespace

std::size_t votesIn(const Conversation& conversation) {
  const auto& turns = conversation.turns();
  return static_cast<std::size_t>(
      std::count_if(turns.begin(), turns.end(), [](const Turn& turn) { return turn.blind && turn.blind->isVoted(); }));
}

BlindScore scoreOf(const Conversation& conversation) {
  BlindScore score;
  for (const Turn& turn : conversation.turns()) {
    const auto answers = votedOn(turn);
    if (answers.empty()) continue;
    const int best = turn.blind->best;
    ++score.votes;
    score.ties += best == 0 ? 1 : 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const QString& title = answers[i]->source.title;
      BlindBest& entry = entryOf(score.best, [&](const BlindBest& b) { return b.title == title; });
      entry.title = title;
      entry.of += 1;
      entry.best += answers[i]->id == best ? 1 : 0;
      if (i > 0) addPair(score, *answers.front(), *answers[i], best);
    }
  }
  for (BlindPair& pair : score.pairs) {
    pair.interval = core::evaluate::wilsonInterval(pair.wins, pair.wins + pair.losses);
    pair.share = pair.interval.value;
    pair.p = core::evaluate::mcNemar(pair.losses, pair.wins);
  }
  for (BlindBest& entry : score.best) entry.interval = core::evaluate::wilsonInterval(entry.best, entry.of);
  return score;
}

QStringList inWords(const BlindScore& score) {
  QStringList lines;
  for (const BlindPair& pair : score.pairs) {
    QString line = tr("%1 against %2: better %3, worse %4, tie %5")
                       .arg(pair.compared, pair.reference, text::count(pair.wins), text::count(pair.losses),
                            text::count(pair.ties));
    if (pair.wins + pair.losses > 0)
      line += tr(" · preferred in %1 %2 of %3 decided votes · sign test p = %4")
                  .arg(text::percent(pair.share, 0), intervalText(pair.interval), text::count(pair.wins + pair.losses),
                       text::number(pair.p, 2));
    lines << line;
  }
  if (score.best.size() > 2) {
    QStringList best;
    for (const BlindBest& entry : score.best)
      best << tr("%1 in %2 of %3 %4")
                  .arg(entry.title, text::count(entry.best), text::count(entry.of), intervalText(entry.interval));
    lines << tr("Best of all: ") + best.join(QStringLiteral(" · "));
  }
  return lines;
}

}  // namespace app
