#include "app/workspaces/compare/worst_model.h"

#include <QBrush>
#include <algorithm>

#include "app/session/worst_words.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr std::size_t kShown = 20;

QString saidText(const std::string& word, double probability) {
  return quotedToken(word) + QStringLiteral("  ") + text::percent(probability);
}

}  // namespace

QString onOneLine(const QString& text) {
  QString line = text;
  return line.replace(u'\n', QStringLiteral("⏎")).replace(u'\t', QStringLiteral("⇥"));
}

QString quotedToken(const std::string& word) {
  QString shown = onOneLine(QString::fromStdString(word));
  if (shown.startsWith(u' ')) shown[0] = QChar(0x2423);
  return u'“' + shown + u'”';
}

void WorstModel::setRow(const Evaluation& evaluation, const EvaluationRow* row, const core::text::Tokenizer* tokenizer,
                        bool isOld) {
  beginResetModel();
  m_positions.clear();
  m_texts.clear();
  m_isOld = isOld;
  for (std::size_t i = 0; row != nullptr && tokenizer != nullptr && i < std::min(kShown, row->worst.size()); ++i) {
    const auto& at = row->worst[i];
    if (tokensBefore(evaluation, at).empty()) continue;
    const WorstWord word = worstWord(evaluation, at, *tokenizer);
    const QString turned = at.turnsWrong()   ? tr("turned wrong")
                           : at.turnsRight() ? tr("turned right")
                           : at.hasSameTop() ? tr("same favourite")
                                             : tr("both miss it");
    m_positions.push_back(at);
    m_texts.push_back({text::number(at.kl, 3),
                       (word.isCut ? QStringLiteral("…") : QString()) + onOneLine(QString::fromStdString(word.before)),
                       quotedToken(word.token), saidText(word.reference, at.referenceTop.inReference),
                       saidText(word.compared, at.comparedTop.inCompared), turned});
  }
  endResetModel();
}

int WorstModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(m_texts.size());
}
int WorstModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : Columns; }

QVariant WorstModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const auto row = static_cast<std::size_t>(index.row());
  const int column = index.column();
  const ThemeColors& colors = Theme::instance().colors();
  switch (role) {
    case Qt::DisplayRole:
      return m_texts[row][column];
    case Qt::ToolTipRole:
      return column == Before ? QVariant(m_texts[row][column]) : QVariant();
    case Qt::TextAlignmentRole:
      return QVariant::fromValue((column == Kl || column == Before ? Qt::AlignRight : Qt::AlignLeft) |
                                 Qt::AlignVCenter);
    case Qt::FontRole:
      return column == Kl ? QVariant(Theme::instance().monoFont(-1)) : QVariant();
    case Qt::ForegroundRole:
      if (m_isOld) return QBrush(colors.textFaint);
      if (column == Turned && m_positions[row].turnsWrong()) return QBrush(colors.error);
      return column == Before || column == Turned ? QVariant(QBrush(colors.textMuted)) : QVariant();
    default:
      return {};
  }
}

QVariant WorstModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  if (role == Qt::TextAlignmentRole)
    return QVariant::fromValue((section == Kl || section == Before ? Qt::AlignRight : Qt::AlignLeft) |
                               Qt::AlignVCenter);
  // In the order of the enumeration.
  const QString titles[] = {tr("KL (nats)"),      tr("what both had read"), tr("the text's word"),
                            tr("reference says"), tr("scheme says"),        tr("answer")};
  const QString tips[] = {tr("Kullback–Leibler divergence from the reference's distribution at this word"),
                          tr("The end of it; all of it is below"),
                          tr("What the text goes on with"),
                          tr("The reference's most likely word and the probability it gives it"),
                          tr("The scheme's most likely word and the probability it gives it"),
                          tr("Turned wrong: the reference's most likely word is the text's, the scheme's is not")};
  if (role == Qt::ToolTipRole) return tips[section];
  return role == Qt::DisplayRole ? QVariant(titles[section]) : QVariant();
}

QString WorstModel::text() const {
  QStringList lines, header;
  for (int column = 0; column < Columns; ++column)
    header << headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
  lines << header.join(u'\t');
  for (const QStringList& row : m_texts) lines << row.join(u'\t');
  return lines.join(u'\n') + u'\n';
}

}  // namespace app
