#include "app/workspaces/layers/design_form.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QSettings>
#include <QSpinBox>
#include <algorithm>

#include "app/widgets/file_choice.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/label.h"
#include "app/widgets/named_field.h"
#include "app/widgets/theme.h"
#include "app/workspaces/layers/design_goal.h"
#include "core/quant/registry.h"

namespace app {

namespace {

enum class Of : std::uint8_t { Checked, Integers, Blocks };

constexpr int kMostTokens = 1 << 22, kTokenStep = 512;

/// K and IQ types that need no importance matrix.
std::vector<core::quant::Scheme> blockTypes() {
  std::vector<core::quant::Scheme> types;
  for (const core::quant::Preset& preset : core::quant::presets()) {
    const std::string name = preset.scheme.toString();
    const bool isK = name.size() == 4 && name[0] == 'q' && name.ends_with("_k");
    if ((isK || name.starts_with("iq")) &&
        core::quant::calibrationNeed(preset.scheme) == core::quant::CalibrationNeed::None)
      types.push_back(preset.scheme);
  }
  return types;
}

std::vector<core::quant::Scheme> integers() {
  std::vector<core::quant::Scheme> types;
  for (const char* name : {"int2", "int3", "int4", "int5", "int6"}) types.push_back(core::quant::Scheme::parse(name));
  return types;
}

}  // namespace

DesignForm::DesignForm(Selection& selection, QWidget* parent)
    : QWidget(parent),
      m_selection(selection),
      m_candidates(new QComboBox),
      m_goal(new DesignGoal(selection)),
      m_grouping(new QComboBox),
      m_text(FileChoice::ofTexts()),
      m_positions(new QComboBox),
      m_check(FileChoice::ofTexts()),
      m_tokens(new QSpinBox),
      m_checkTokens(new QSpinBox) {
  auto* flow = new FlowLayout(this);
  flow->setSpacing(space::kOne);
  m_candidates->setObjectName(QStringLiteral("design-candidates"));
  m_candidates->addItem(tr("INT2 to INT6 · 32"), static_cast<int>(Of::Integers));
  m_candidates->addItem(tr("K and IQ types"), static_cast<int>(Of::Blocks));
  m_candidates->addItem(tr("Ticked schemes"), static_cast<int>(Of::Checked));
  m_candidates->setToolTip(tr("What a tensor may become"));
  m_grouping->setObjectName(QStringLiteral("design-grouping"));
  for (const auto& [name, level] : {std::pair{tr("tensor"), core::evaluate::Level::Tensor},
                                    {tr("role"), core::evaluate::Level::Role},
                                    {tr("layer"), core::evaluate::Level::Layer}})
    m_grouping->addItem(name, static_cast<int>(level));
  m_grouping->setToolTip(tr("What gets one scheme together: roles and layers need fewer measurements"));
  flow->addWidget(namedField(tr("Made of"), m_candidates));
  flow->addWidget(m_goal);
  flow->addWidget(namedField(tr("One scheme per"), m_grouping));
  buildTexts();
  flow->addWidget(namedField(tr("Measured on"), m_text));
  flow->addWidget(namedField(tr("Tokens"), m_tokens));
  flow->addWidget(namedField(tr("Scored"), m_positions));
  flow->addWidget(namedField(tr("Checked on"), m_check));
  flow->addWidget(namedField(tr("Its tokens"), m_checkTokens));
  for (QComboBox* box : {m_candidates, m_grouping, m_positions})
    connect(box, &QComboBox::currentIndexChanged, this, &DesignForm::edited);
  connect(m_goal, &DesignGoal::edited, this, &DesignForm::edited);
  for (QSpinBox* box : {m_tokens, m_checkTokens}) connect(box, &QSpinBox::valueChanged, this, &DesignForm::edited);
  for (FileChoice* box : {m_text, m_check}) connect(box, &FileChoice::chosenByPerson, this, &DesignForm::edited);
  connect(&selection, &Selection::modelChanged, this, &DesignForm::followModel);
  followModel();
}

void DesignForm::buildTexts() {
  m_text->setObjectName(QStringLiteral("design-text"));
  m_check->setObjectName(QStringLiteral("design-check"));
  for (FileChoice* box : {m_text, m_check}) box->addWord(tr("Calibration text"), QStringLiteral("calibration"));
  m_text->setToolTip(tr("The text on which single tensors and whole recipes are measured"));
  m_check->setToolTip(
      tr("A text that takes no part in the choice: on it the recipe is compared with others of its size"));
  m_positions->setObjectName(QStringLiteral("design-positions"));
  m_positions->addItem(tr("answers"), static_cast<int>(StudyPositions::Answers));
  m_positions->addItem(tr("every position"), static_cast<int>(StudyPositions::All));
  m_positions->setToolTip(
      tr("Of conversations the answers, of running text the second half of a window; or every prediction"));
  m_tokens->setObjectName(QStringLiteral("design-tokens"));
  m_checkTokens->setObjectName(QStringLiteral("design-check-tokens"));
  for (QSpinBox* box : {m_tokens, m_checkTokens}) {
    box->setRange(0, kMostTokens);
    box->setSingleStep(kTokenStep);
    box->setSpecialValueText(tr("all"));
    box->setToolTip(tr("Read at most so many tokens; 0 reads all of the text"));
  }
  m_tokens->setValue(static_cast<int>(DesignQuestion().tokens));
}

// Only the built-in model has texts of its own kind.
void DesignForm::followModel() {
  const bool isDemo = m_selection.model() && m_selection.model()->isDemo();
  m_text->choose(isDemo ? QStringLiteral("calibration") : QStringLiteral("prose"));
  m_check->choose(QStringLiteral("demo"));
  Q_EMIT edited();
}

std::vector<core::quant::Scheme> DesignForm::candidates() const {
  switch (static_cast<Of>(m_candidates->currentData().toInt())) {
    case Of::Integers:
      return integers();
    case Of::Blocks:
      return blockTypes();
    case Of::Checked:
      break;
  }
  std::vector<core::quant::Scheme> checked;
  for (const core::model::Recipe& recipe : m_selection.checkedRecipes())
    if (const core::quant::Scheme* scheme = recipe.asScheme()) checked.push_back(*scheme);
  return checked;
}

std::optional<DesignQuestion> DesignForm::question(QString* problem) const {
  if (!m_selection.model()) return std::nullopt;
  DesignQuestion question;
  question.request.candidates = candidates();
  if (question.request.candidates.size() < 2) {
    *problem = tr("Tick two schemes or more on the right: a recipe is made of them. Recipes do not count.");
    return std::nullopt;
  }
  *problem = m_goal->read(question.request);
  if (!problem->isEmpty()) return std::nullopt;
  question.request.grouping = static_cast<core::evaluate::Level>(m_grouping->currentData().toInt());
  question.text = m_text->chosen();
  question.tokens = static_cast<std::uint32_t>(m_tokens->value());
  question.positions = static_cast<StudyPositions>(m_positions->currentData().toInt());
  question.checkText = m_check->chosen();
  question.checkTokens = static_cast<std::uint32_t>(m_checkTokens->value());
  return question;
}

void DesignForm::saveState(QSettings& settings) const {
  settings.setValue(QStringLiteral("design-candidates"), m_candidates->currentIndex());
  m_goal->saveState(settings);
  settings.setValue(QStringLiteral("design-grouping"), m_grouping->currentIndex());
  settings.setValue(QStringLiteral("design-tokens"), m_tokens->value());
  settings.setValue(QStringLiteral("design-positions"), m_positions->currentIndex());
}

void DesignForm::restoreState(QSettings& settings) {
  const auto restore = [&](const char* key, QComboBox* box) {
    const int index = settings.value(QLatin1String(key), 0).toInt();
    box->setCurrentIndex(std::clamp(index, 0, box->count() - 1));
  };
  restore("design-candidates", m_candidates);
  restore("design-grouping", m_grouping);
  restore("design-positions", m_positions);
  m_goal->restoreState(settings);
  m_tokens->setValue(settings.value(QStringLiteral("design-tokens"), DesignQuestion().tokens).toInt());
  Q_EMIT edited();
}

}  // namespace app
