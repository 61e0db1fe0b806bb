#include "app/lesson_view/pattern_input.h"

#include <QKeyEvent>
#include <QVBoxLayout>

#include "app/lesson_view/bit_cells.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

PatternInput::PatternInput(const BitsQuestion& question, QWidget* parent)
    : QuestionInput(parent),
      m_cells(new BitCells),
      m_truth(new BitCells),
      m_hex(new Label(Label::Style::Number)),
      m_caption(new Label(Label::Style::Hint, tr("The bits that are right"))) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  const auto* format = core::numeric::findNumberFormat(question.format);
  for (BitCells* cells : {m_cells, m_truth}) cells->setFormat(*format);
  m_cells->setCode(question.start);
  m_cells->setObjectName(QStringLiteral("lesson-bits"));
  m_truth->setFocusPolicy(Qt::NoFocus);
  column->addWidget(m_cells);
  column->addWidget(m_hex);
  column->addWidget(m_caption);
  column->addWidget(m_truth);
  setFocusProxy(m_cells);
  connect(m_cells, &BitCells::changed, this, [this] {
    refresh();
    Q_EMIT changed();
  });
  setTruth(nullptr);
  refresh();
}

void PatternInput::refresh() {
  m_hex->setText(QStringLiteral("0x%1").arg(m_cells->code(), m_cells->digits(), 16, QLatin1Char('0')));
}

std::optional<Guess> PatternInput::guess() const { return m_cells->code(); }

void PatternInput::setGuess(const Guess& guess) {
  if (const auto* code = std::get_if<std::uint64_t>(&guess)) m_cells->setCode(*code);
  refresh();
}

void PatternInput::setTruth(const StepResults* results) {
  const auto* truth = results == nullptr ? nullptr : std::get_if<Pattern>(&results->truth);
  m_cells->setLocked(results != nullptr, truth ? std::optional(truth->code) : std::nullopt);
  if (truth) {
    m_truth->setLocked(true);
    m_truth->setCode(truth->code);
  }
  const bool differs = truth && truth->code != m_cells->code();
  m_truth->setVisible(differs);
  m_caption->setVisible(differs);
}

void PatternInput::keyPressEvent(QKeyEvent* event) {
  if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && guess())
    Q_EMIT submitted();
  else
    QuestionInput::keyPressEvent(event);
}

}  // namespace app
