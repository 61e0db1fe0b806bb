#include "app/workspaces/compare/measure_bar.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>

#include "app/widgets/file_choice.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/label.h"
#include "app/widgets/named_field.h"
#include "app/widgets/theme.h"
#include "app/workspaces/compare/compare_fields.h"
#include "app/workspaces/compare/compare_state.h"
#include "app/workspaces/compare/condition_fields.h"

namespace app {

namespace {

constexpr int kMostTokens = 1 << 22, kTokenStep = 1024;

}  // namespace

MeasureBar::MeasureBar(CompareState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_text(FileChoice::ofTexts()),
      m_tokens(new QSpinBox),
      m_measure(new QPushButton) {
  auto* flow = new FlowLayout(this);
  flow->setSpacing(space::kOne);
  buildText();
  flow->addWidget(namedField(tr("Text"), m_text));
  flow->addWidget(namedField(tr("Tokens"), m_tokens));
  (new ConditionFields(m_state, QStringLiteral("compare"), this))->addTo(*flow);
  m_measure->setObjectName(QStringLiteral("compare-measure"));
  m_measure->setProperty("kind", QStringLiteral("primary"));
  connect(m_measure, &QPushButton::clicked, this,
          [this] { m_state.isMeasuring() ? m_state.stop() : m_state.measure(); });
  connect(&m_state, &CompareState::measured, this, &MeasureBar::refresh);
  connect(&m_state, &CompareState::questionChanged, this, &MeasureBar::refresh);
  connect(&m_state.selection(), &Selection::modelChanged, this, &MeasureBar::refresh);
  connect(&m_state.selection(), &Selection::schemesChanged, this, &MeasureBar::refresh);
  refresh();
}

void MeasureBar::buildText() {
  m_text->setObjectName(QStringLiteral("compare-text"));
  m_text->setToolTip(tr("What is read. Of conversations (JSONL) only the answers are scored."));
  m_tokens->setObjectName(QStringLiteral("compare-tokens"));
  m_tokens->setRange(0, kMostTokens);
  m_tokens->setSingleStep(kTokenStep);
  m_tokens->setSpecialValueText(tr("all"));
  m_tokens->setValue(static_cast<int>(m_state.question().tokens));
  m_tokens->setToolTip(tr("Read at most so many tokens; 0 reads all of the text"));
  connect(m_text, &FileChoice::chosenByPerson, this, &MeasureBar::ask);
  connect(m_tokens, &QSpinBox::valueChanged, this, &MeasureBar::ask);
}

void MeasureBar::ask() {
  CompareQuestion question = m_state.question();
  question.text = m_text->chosen();
  question.tokens = static_cast<std::uint32_t>(m_tokens->value());
  m_state.setQuestion(question);
}

void MeasureBar::refresh() {
  const CompareQuestion& question = m_state.question();
  const QSignalBlocker tokens(m_tokens);
  m_text->choose(question.text);
  m_tokens->setValue(static_cast<int>(question.tokens));
  const bool isMeasuring = m_state.isMeasuring();
  m_measure->setText(isMeasuring ? tr("Stop") : m_state.measurement() == nullptr ? tr("Measure") : tr("Measure again"));
  const auto& model = m_state.selection().model();
  const bool canRead = model && !model->whyCannotComplete();
  m_measure->setEnabled(isMeasuring || (canRead && !m_state.selection().checkedRecipes().empty()));
  m_measure->setToolTip(isMeasuring ? tr("What is known is kept")
                        : model && model->whyCannotComplete()
                            ? QString::fromStdString(*model->whyCannotComplete())
                            : tr("Reads the text with the reference and every checked scheme, then measures speed"));
}

}  // namespace app
