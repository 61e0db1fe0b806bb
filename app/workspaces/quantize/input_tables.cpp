#include "app/workspaces/quantize/input_tables.h"

#include <QHeaderView>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/text_table.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/input_story.h"

namespace app {
namespace {
constexpr std::size_t kMostTableTokens = 200;
constexpr int kTokensHeight = 72;
}  // namespace

InputTables::InputTables(QWidget* parent)
    : QWidget(parent),
      m_ranges(new TextTable({tr("range"), tr("from"), tr("to"), tr("step"), tr("clipped"), tr("on trial"), tr("lost")},
                             tr("Ranges of the layer's inputs"), 1)),
      m_tokens(new TextTable({tr("token"), tr("in the text"), tr("max |x|")}, tr("Tokens that clip"), 2)),
      m_clipped(new Label(Label::Style::Muted)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  m_ranges->setObjectName(QStringLiteral("lab-inputs-ranges"));
  m_ranges->setSelectionMode(QAbstractItemView::SingleSelection);
  m_ranges->fitColumns();
  m_ranges->setColumnToolTip(1, tr("Least value that has a code; of dynamic ranges the widest"));
  m_ranges->setColumnToolTip(2, tr("Largest value that has a code; of dynamic ranges the widest"));
  m_ranges->setColumnToolTip(3, tr("Between two codes; of dynamic ranges for the token in the middle"));
  m_ranges->setColumnToolTip(4, tr("Share of the calibration text's values beyond the codes"));
  m_ranges->setColumnToolTip(5, tr("The same of the text that the ranges are tried on"));
  m_ranges->setColumnToolTip(6, tr("Error of the inputs on the text that the ranges are tried on, of their size"));
  m_tokens->setObjectName(QStringLiteral("lab-inputs-tokens"));
  m_tokens->setMinimumHeight(Theme::instance().px(kTokensHeight));
  for (const int narrow : {0, 2})
    m_tokens->horizontalHeader()->setSectionResizeMode(narrow, QHeaderView::ResizeToContents);
  m_clipped->setElide(Qt::ElideRight);
  m_clipped->setObjectName(QStringLiteral("lab-inputs-clipped"));
  column->addWidget(m_ranges);
  column->addWidget(m_clipped);
  column->addWidget(m_tokens, 1);
  column->addStretch(0);
  connect(&Theme::instance(), &Theme::changed, this, &InputTables::fitRanges);
  connect(m_ranges, &QTableWidget::currentCellChanged, this, [this](int range, int, int before) {
    if (!m_inputs || range < 0) return;
    showTokens(range);
    if (range != before) Q_EMIT rangeChosen(range);
  });
}

void InputTables::setInputs(std::shared_ptr<const LabInputs> inputs, int chosen) {
  m_inputs = std::move(inputs);
  showRanges();
  fitRanges();
  {
    const QSignalBlocker blocker(m_ranges);  // nobody chose
    m_ranges->setCurrentCell(chosen, 0);
  }
  showTokens(chosen);
}

void InputTables::choose(int range) { m_ranges->setCurrentCell(range, 0); }

int InputTables::chosen() const { return m_ranges->currentRow(); }

void InputTables::showRanges() {
  std::vector<QStringList> lines;
  const auto share = [](double part) {
    constexpr double kLeastShown = 5e-6;
    if (part == 0) return text::percent(0, 0);
    return part < kLeastShown ? u'<' + text::percent(2 * kLeastShown, 3) : text::percent(part, 3);
  };
  for (const auto& range : m_inputs->study.ranges)
    lines.push_back({rangeName(range.how), text::number(static_cast<double>(range.range.low), 3),
                     text::number(static_cast<double>(range.range.high), 3), text::number(range.step, 3),
                     range.how.isStatic() ? share(range.clippedBefore) : QStringLiteral("–"),
                     range.how.isStatic() ? share(range.clipped) : QStringLiteral("–"),
                     text::percent(std::sqrt(range.error), 2)});
  m_ranges->setLines(lines);
}

// All of them are in sight.
void InputTables::fitRanges() {
  int height = m_ranges->horizontalHeader()->sizeHint().height() + 2 * m_ranges->frameWidth();
  for (int line = 0; line < m_ranges->rowCount(); ++line) height += m_ranges->rowHeight(line);
  m_ranges->setFixedHeight(height + m_ranges->horizontalScrollBar()->sizeHint().height() / 2);
}

void InputTables::showTokens(int chosen) {
  const auto& range = m_inputs->study.ranges[static_cast<std::size_t>(chosen)];
  const auto& tokens = m_inputs->study.tokens;
  std::vector<std::size_t> clipped;
  for (std::size_t i = 0; i < tokens.size(); ++i)
    if (core::calibrate::clips(range, tokens[i])) clipped.push_back(i);
  std::ranges::sort(clipped, std::greater(), [&](std::size_t i) { return tokens[i].magnitude(); });
  m_clipped->setText(clippedSentence(*m_inputs, range));
  if (clipped.size() > kMostTableTokens) clipped.resize(kMostTableTokens);
  std::vector<QStringList> lines;
  for (const std::size_t i : clipped)
    lines.push_back({tokenText(m_inputs->tokens[i]), tokenInText(m_inputs->tokens[i]),
                     text::number(static_cast<double>(tokens[i].magnitude()), 3)});
  m_tokens->setLines(lines);
  m_tokens->setVisible(!lines.empty());
}

}  // namespace app
