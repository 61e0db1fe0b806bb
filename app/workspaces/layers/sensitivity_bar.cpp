#include "app/workspaces/layers/sensitivity_bar.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>

#include "app/widgets/file_choice.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/label.h"
#include "app/widgets/named_field.h"
#include "app/widgets/theme.h"
#include "app/workspaces/layers/measured_layers.h"

namespace app {

using core::evaluate::Direction;
using core::evaluate::Level;

namespace {

constexpr int kMostTokens = 1 << 22, kTokenStep = 512;

void addChoice(QComboBox& box, const QString& name, const QString& meaning, int value) {
  box.addItem(name, value);
  box.setItemData(box.count() - 1, meaning, Qt::ToolTipRole);
}

}  // namespace

SensitivityBar::SensitivityBar(MeasuredLayers& measured, QWidget* parent)
    : QWidget(parent),
      m_measured(measured),
      m_text(FileChoice::ofTexts()),
      m_direction(new QComboBox),
      m_level(new QComboBox),
      m_tokens(new QSpinBox),
      m_button(new QPushButton),
      m_sentence(new Label(Label::Style::Muted)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  auto* fields = new QWidget;
  auto* flow = new FlowLayout(fields);
  flow->setSpacing(space::kOne);
  buildText();
  buildChoices();
  flow->addWidget(namedField(tr("Text"), m_text));
  flow->addWidget(namedField(tr("Tokens"), m_tokens));
  flow->addWidget(namedField(tr("Each part"), m_direction));
  flow->addWidget(namedField(tr("Part"), m_level));
  flow->addWidget(m_button);
  m_button->setObjectName(QStringLiteral("sensitivity-measure"));
  m_button->setProperty("kind", QStringLiteral("primary"));
  m_sentence->setObjectName(QStringLiteral("sensitivity-sentence"));
  m_sentence->setWrapping();
  column->addWidget(fields);
  column->addWidget(m_sentence);
  connect(m_button, &QPushButton::clicked, this, &SensitivityBar::measure);
  connect(&m_measured, &MeasuredLayers::changed, this, &SensitivityBar::refresh);
  connect(&m_measured, &MeasuredLayers::questionChanged, this, &SensitivityBar::refresh);
  connect(&m_measured.selection(), &Selection::schemesChanged, this, &SensitivityBar::refresh);
  refresh();
}

void SensitivityBar::buildText() {
  m_text->setObjectName(QStringLiteral("sensitivity-text"));
  m_text->setToolTip(tr("What is read. Of conversations (JSONL) only the answers are scored."));
  m_tokens->setObjectName(QStringLiteral("sensitivity-tokens"));
  m_tokens->setRange(0, kMostTokens);
  m_tokens->setSingleStep(kTokenStep);
  m_tokens->setSpecialValueText(tr("all"));
  m_tokens->setKeyboardTracking(false);
  m_tokens->setToolTip(tr("Read at most so many tokens; 0 reads all of the text. More tokens, smaller errors."));
  connect(m_text, &FileChoice::chosenByPerson, this, &SensitivityBar::ask);
  connect(m_tokens, &QSpinBox::valueChanged, this, &SensitivityBar::ask);
}

void SensitivityBar::buildChoices() {
  m_direction->setObjectName(QStringLiteral("sensitivity-direction"));
  addChoice(*m_direction, tr("quantized alone"),
            tr("Everything is as stored, but for this part: what it does by itself (swap into the reference)"),
            static_cast<int>(Direction::Swap));
  addChoice(*m_direction, tr("restored alone"),
            tr("Everything is quantized, but for this part: what keeping it as stored would save (restore)"),
            static_cast<int>(Direction::Restore));
  m_level->setObjectName(QStringLiteral("sensitivity-level"));
  addChoice(*m_level, tr("layer"), tr("All matrices of a layer at once"), static_cast<int>(Level::Layer));
  addChoice(*m_level, tr("kind of matrix"), tr("One kind of matrix in all layers at once"),
            static_cast<int>(Level::Role));
  addChoice(*m_level, tr("tensor"), tr("Layers first, then every tensor"), static_cast<int>(Level::Tensor));
  connect(m_direction, &QComboBox::activated, this, &SensitivityBar::ask);
  connect(m_level, &QComboBox::activated, this, &SensitivityBar::ask);
}

void SensitivityBar::ask() {
  MeasuredQuestion question = m_measured.question();
  question.text = m_text->chosen();
  question.tokens = static_cast<std::uint32_t>(m_tokens->value());
  question.direction = static_cast<Direction>(m_direction->currentData().toInt());
  m_measured.setLevel(static_cast<Level>(m_level->currentData().toInt()));
  m_measured.setQuestion(question);
}

// The current one first: it is what was just clicked.
void SensitivityBar::measure() {
  if (m_measured.isMeasuring()) return m_measured.stop();
  auto recipes = m_measured.selection().checkedRecipes();
  if (const auto& current = m_measured.selection().currentRecipe()) {
    const auto found = std::ranges::find(recipes, *current);
    if (found != recipes.end()) std::rotate(recipes.begin(), found, found + 1);
  }
  m_measured.measure(recipes);
}

void SensitivityBar::setSentence(const QString& sentence) {
  m_sentence->setText(sentence);
  m_sentence->setVisible(!sentence.isEmpty());
}

void SensitivityBar::refresh() {
  const MeasuredQuestion& question = m_measured.question();
  const QSignalBlocker tokens(m_tokens), direction(m_direction), level(m_level);
  m_text->choose(question.text);
  m_tokens->setValue(static_cast<int>(question.tokens));
  m_direction->setCurrentIndex(m_direction->findData(static_cast<int>(question.direction)));
  m_level->setCurrentIndex(m_level->findData(static_cast<int>(m_measured.level())));
  const auto& selection = m_measured.selection();
  const auto& model = selection.model();
  const auto recipes = selection.checkedRecipes();
  const bool isMeasuring = m_measured.isMeasuring();
  const bool hasMore =
      std::ranges::any_of(recipes, [this](const core::model::Recipe& recipe) { return m_measured.hasMore(recipe); });
  const bool isBegun = std::ranges::any_of(recipes, [this](const core::model::Recipe& recipe) {
    const MeasuredAnswer* answer = m_measured.find(recipe);
    return answer != nullptr && !m_measured.isOld(*answer) && !answer->isComplete && answer->done > 0;
  });
  const bool canRead = model && !model->whyCannotComplete();
  m_button->setText(isMeasuring ? tr("Stop") : isBegun ? tr("Go on") : tr("Measure"));
  m_button->setEnabled(isMeasuring || (canRead && hasMore));
  m_button->setToolTip(isMeasuring                           ? tr("What is known is kept")
                       : model && model->whyCannotComplete() ? QString::fromStdString(*model->whyCannotComplete())
                       : recipes.empty()                     ? tr("Tick a scheme first")
                       : !hasMore
                           ? tr("Every ticked scheme is measured so")
                           : tr("Reads the text with one part exchanged after the other, under every ticked scheme; "
                                "what was measured before is not measured again"));
}

}  // namespace app
