#include "app/workspaces/train/runs_table.h"

#include "app/text/estimates.h"
#include "app/text/numbers.h"
#include "app/workspaces/train/train_words.h"

namespace app {

RunsTable::RunsTable(QWidget* parent)
    : TextTable({tr("run"), tr("known"), tr("unseen"), tr("perplexity"), tr("time")}, tr("Runs compared"), 1, parent) {
  setObjectName(QStringLiteral("qlora-runs"));
  setColumnToolTip(1, tr("Facts that are known, of all that were to be learned"));
  setColumnToolTip(2, tr("Wordings that were never trained and are answered rightly"));
  setColumnToolTip(3, tr("Of the held-out text: what is above the base's was forgotten"));
  fitColumns();
}

void RunsTable::add(const QloraLabSettings& settings, const TrainHistory& history) {
  if (!history.start || history.evaluations.empty()) return;
  if (m_lines.empty())
    m_lines.push_back({tr("before"), QStringLiteral("–"), QStringLiteral("–"),
                       text::estimate(history.start->untrained.perplexity), QStringLiteral("–")});
  const TrainEvaluation& last = history.evaluations.back();
  const FactCount count = countOf(last);
  m_lines.push_back({tr("%1, rank %2, %3 steps")
                         .arg(settings.replay ? tr("with replay") : tr("without replay"),
                              text::count(settings.adapter.rank), text::count(last.step)),
                     tr("%1 of %2").arg(count.known).arg(last.facts.size()),
                     tr("%1 of %2").arg(count.wordingsKnown).arg(count.wordings), text::estimate(last.now.perplexity),
                     text::duration(last.seconds)});
  setLines(m_lines);
}

void RunsTable::forget() {
  m_lines.clear();
  setLines({});
}

}  // namespace app
