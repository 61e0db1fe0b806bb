#include "app/workspaces/trace/trace_bar.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <algorithm>

#include "app/text/device_hint.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/label.h"
#include "app/widgets/named_field.h"
#include "app/widgets/theme.h"
#include "app/workspaces/trace/trace_state.h"
#include "app/workspaces/trace/trace_words.h"

namespace app {

namespace {

constexpr int kContents = 11, kMostToken = 1 << 20, kFirst = -1;
constexpr double kPromptWidth = 190;

/// @param stretch of the field
}  // namespace

TraceBar::TraceBar(TraceState& state, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_prompt(new QLineEdit),
      m_reference(new QComboBox),
      m_compared(new QComboBox),
      m_device(new QComboBox),
      m_token(new QSpinBox),
      m_run(new QPushButton) {
  auto* flow = new FlowLayout(this);
  flow->setSpacing(space::kOne);
  m_prompt->setObjectName(QStringLiteral("trace-prompt"));
  m_prompt->setPlaceholderText(tr("What the user says…"));
  m_prompt->setMinimumWidth(Theme::instance().px(kPromptWidth));
  m_prompt->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  m_reference->setObjectName(QStringLiteral("trace-reference"));
  m_compared->setObjectName(QStringLiteral("trace-compared"));
  m_device->setObjectName(QStringLiteral("trace-device"));
  m_token->setObjectName(QStringLiteral("trace-token"));
  m_token->setRange(kFirst, kMostToken);
  m_token->setSpecialValueText(tr("first parting"));
  m_token->setToolTip(tr("Token of the reference's answer, from 0; the first at which the two part"));
  m_token->setValue(kFirst);
  for (const auto& [name, text] : {std::pair(tr("Automatic"), "auto"), {tr("CPU"), "cpu"}, {tr("Vulkan"), "vulkan"}})
    m_device->addItem(name, QString::fromLatin1(text));
  m_device->setToolTip(tr("Where both models say what they say; contributions are computed on the CPU") + u'\n' +
                       text::deviceHint());
  for (QComboBox* box : {m_reference, m_compared}) {
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(kContents);
  }
  auto* prompt = namedField(tr("Prompt"), m_prompt, 1);
  prompt->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  flow->addWidget(prompt);
  flow->addWidget(namedField(tr("Reference"), m_reference));
  flow->addWidget(namedField(tr("Compared"), m_compared));
  flow->addWidget(namedField(tr("Token"), m_token));
  flow->addWidget(namedField(tr("Device"), m_device));
  m_run->setObjectName(QStringLiteral("trace-run"));
  m_run->setProperty("kind", QStringLiteral("primary"));
  flow->addWidget(m_run);
  connect(m_run, &QPushButton::clicked, this, [this] { m_state.isRunning() ? m_state.stop() : ask(); });
  connect(m_prompt, &QLineEdit::returnPressed, this, &TraceBar::ask);
  connect(m_prompt, &QLineEdit::textChanged, this, &TraceBar::refresh);
  connect(m_token, &QSpinBox::valueChanged, this, &TraceBar::refresh);
  for (QComboBox* box : {m_reference, m_compared, m_device})
    connect(box, &QComboBox::currentIndexChanged, this, &TraceBar::refresh);
  connect(&m_state, &TraceState::changed, this, [this] {
    showQuestion();
    refresh();
  });
  connect(&m_state.selection(), &Selection::schemesChanged, this, &TraceBar::fillVariants);
  connect(&m_state.selection(), &Selection::modelChanged, this, &TraceBar::fillVariants);
  fillVariants();
}

void TraceBar::focusPrompt() { m_prompt->setFocus(); }
void TraceBar::setPrompt(const QString& prompt) { m_prompt->setText(prompt); }

core::model::Recipe TraceBar::recipeOf(const QComboBox& box) const {
  const int index = box.currentData().toInt();
  return index < static_cast<int>(m_recipes.size()) ? m_recipes[static_cast<std::size_t>(index)]
                                                    : core::model::Recipe();
}

void TraceBar::choose(QComboBox& box, const core::model::Recipe& recipe) {
  auto found = std::ranges::find(m_recipes, recipe);
  if (found == m_recipes.end()) {
    m_recipes.push_back(recipe);
    found = m_recipes.end() - 1;
  }
  const int index = static_cast<int>(found - m_recipes.begin());
  if (box.findData(index) < 0) box.addItem(recipeTitle(recipe, m_state.selection()), index);
  box.setCurrentIndex(box.findData(index));
}

// What is checked, and the weights as stored; what the fields have chosen stays.
void TraceBar::fillVariants() {
  const Selection& selection = m_state.selection();
  const bool isFirst = m_recipes.empty();
  const core::model::Recipe reference = recipeOf(*m_reference);
  core::model::Recipe compared = recipeOf(*m_compared);
  const QSignalBlocker blockedReference(m_reference), blockedCompared(m_compared);
  m_recipes.assign(1, core::model::Recipe());
  for (const auto& recipe : selection.checkedRecipes()) m_recipes.push_back(recipe);
  for (QComboBox* box : {m_reference, m_compared}) {
    box->clear();
    for (std::size_t i = 0; i < m_recipes.size(); ++i)
      box->addItem(recipeTitle(m_recipes[i], selection), static_cast<int>(i));
  }
  const bool isGone = std::ranges::find(m_recipes, compared) == m_recipes.end();
  if (isFirst || isGone || compared == reference) {
    const auto& current = selection.currentRecipe();
    compared = current && selection.isChecked(*current) ? *current : m_recipes.back();
  }
  const bool isReferenceGone = std::ranges::find(m_recipes, reference) == m_recipes.end();
  choose(*m_reference, isReferenceGone ? core::model::Recipe() : reference);
  choose(*m_compared, compared);
  refresh();
}

// A question from elsewhere fills the fields.
void TraceBar::showQuestion() {
  const auto& question = m_state.question();
  if (question == m_shown) return;
  m_shown = question;
  if (!question) return;
  const QSignalBlocker prompt(m_prompt), reference(m_reference), compared(m_compared), token(m_token), device(m_device);
  m_prompt->setText(question->text);
  m_prompt->setCursorPosition(0);
  choose(*m_reference, question->reference.recipe);
  choose(*m_compared, question->compared.recipe);
  m_token->setValue(question->position ? static_cast<int>(*question->position)
                    : question->answer ? static_cast<int>(question->answer->size())
                                       : kFirst);
  const QString asked = QString::fromStdString(question->compared.device.toString());
  if (m_device->findData(asked) < 0) m_device->addItem(asked, asked);
  m_device->setCurrentIndex(m_device->findData(asked));
  m_shownText = m_prompt->text();
  m_shownToken = m_token->value();
}

std::optional<TraceQuestion> TraceBar::asked() const {
  if (m_prompt->text().trimmed().isEmpty() || m_recipes.empty()) return std::nullopt;
  TraceQuestion question;
  const bool isSameText = m_shown && m_prompt->text() == m_shownText;
  if (isSameText) question = *m_shown;  // with the conversation's own tokens
  const bool isSameToken = isSameText && m_token->value() == m_shownToken;
  question.text = m_prompt->text();
  const auto deviceNow = DeviceChoice::parse(m_device->currentData().toString().toStdString());
  const bool isSameDevice = isSameText && deviceNow == question.compared.device;
  question.reference.recipe = recipeOf(*m_reference);
  question.compared.recipe = recipeOf(*m_compared);
  if (!isSameDevice) question.reference.device = question.compared.device = deviceNow;
  if (!isSameToken) {
    question.answer.reset();
    question.position =
        m_token->value() == kFirst ? std::nullopt : std::optional(static_cast<std::size_t>(m_token->value()));
  }
  if (question.reference == question.compared) return std::nullopt;
  return question;
}

void TraceBar::ask() {
  const auto question = asked();
  if (!question || !m_state.selection().model()) return;
  if (m_state.question() && *m_state.question() == *question) return m_state.run();
  m_state.selection().askTrace(*question);
}

void TraceBar::refresh() {
  const bool isRunning = m_state.isRunning();
  const auto& model = m_state.selection().model();
  const auto question = asked();
  m_run->setText(isRunning ? tr("Stop") : tr("Trace"));
  const bool canRead = model && !model->whyCannotComplete();
  m_run->setEnabled(isRunning || (canRead && question));
  m_run->setToolTip(isRunning                             ? tr("What is known is kept")
                    : model && model->whyCannotComplete() ? QString::fromStdString(*model->whyCannotComplete())
                    : !question && recipeOf(*m_reference) == recipeOf(*m_compared)
                        ? tr("Reference and compared are the same: tick a scheme on the right")
                        : tr("Finds the word and follows it to the weights that changed it"));
  Q_EMIT edited();
}

}  // namespace app
