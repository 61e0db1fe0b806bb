#include "app/workspaces/quantize/source_bar.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QScopedValueRollback>
#include <QSpinBox>
#include <QToolButton>
#include <limits>
#include <tuple>

#include "app/selection/tensor_text.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/named_field.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/lab_state.h"

namespace app {
namespace {

using core::metrics::Distribution;

constexpr int kCounts[] = {16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
constexpr int kMostOutliers = 32, kFieldGap = 6, kSeedWidth = 58, kSizeWidth = 84, kOutliersWidth = 48, kBarWidth = 260,
              kFieldWidth = 150;

QToolButton* toolButton(const char* iconName, const QString& name, const char* objectName) {
  auto* button = new QToolButton;
  button->setIcon(icon(QLatin1String(iconName)));
  button->setToolTip(name);
  button->setAccessibleName(name);
  button->setObjectName(QLatin1String(objectName));
  return button;
}

QHBoxLayout* rowOf(QWidget* page) {
  auto* row = new QHBoxLayout(page);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  return row;
}

}  // namespace

SourceBar::SourceBar(LabState& state, Selection& selection, QWidget* parent)
    : QWidget(parent),
      m_state(state),
      m_selection(selection),
      m_kinds(new QButtonGroup(this)),
      m_tensor(new Label(Label::Style::Muted)),
      m_distribution(new QComboBox),
      m_count(new QComboBox),
      m_outliers(new QSpinBox),
      m_seed(new QSpinBox),
      m_outlierSize(new QDoubleSpinBox),
      m_typed(new QLineEdit),
      m_restore(new QToolButton),
      m_undo(toolButton("undo", tr("Undo"), "lab-undo")),
      m_redo(toolButton("redo", tr("Redo"), "lab-redo")) {
  auto* row = rowOf(this);
  auto* fields = new QWidget;
  fields->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Minimum);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Minimum);
  m_flow = new FlowLayout(fields);
  m_flow->setSpacing(kFieldGap);
  m_flow->setLeastWidth(kBarWidth);
  m_flow->addWidget(buildKinds());
  buildTensorFields();
  buildDrawnFields();
  buildTypedFields();
  row->addWidget(fields, 1);
  buildUndo(*row);
  connect(&m_state, &LabState::inputChanged, this, &SourceBar::refresh);
  refresh();
}

QWidget* SourceBar::buildKinds() {
  auto* kinds = new QWidget;
  auto* row = rowOf(kinds);
  row->setSpacing(kFieldGap);
  const std::tuple<WeightSource, QString, QString> choices[] = {
      {WeightSource::Tensor, tr("Selected tensor"), tr("The block around the selected weight of the open model")},
      {WeightSource::Drawn, tr("Drawn"), tr("Weights drawn from a distribution, for which no model is needed")},
      {WeightSource::Typed, tr("Typed"), tr("Weights of your own")}};
  for (const auto& [kind, name, tip] : choices) {
    auto* button = new QToolButton;
    button->setText(name);
    button->setToolTip(tip);
    button->setCheckable(true);
    button->setObjectName(QStringLiteral("lab-source-%1").arg(static_cast<int>(kind)));
    m_kinds->addButton(button, static_cast<int>(kind));
    row->addWidget(button);
  }
  connect(m_kinds, &QButtonGroup::idClicked, this,
          [this](int kind) { m_state.setSource(static_cast<WeightSource>(kind)); });
  return kinds;
}

void SourceBar::addField(WeightSource source, QWidget* field) {
  m_flow->addWidget(field);
  m_fields.emplace_back(source, field);
}

void SourceBar::buildTensorFields() {
  m_tensor->setElide(Qt::ElideMiddle);
  m_tensor->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  m_tensor->setMinimumWidth(Theme::instance().px(kFieldWidth));
  m_tensor->setObjectName(QStringLiteral("lab-tensor"));
  addField(WeightSource::Tensor, m_tensor);
}

void SourceBar::buildDrawnFields() {
  m_distribution->addItem(tr("normal"), static_cast<int>(Distribution::Normal));
  m_distribution->addItem(tr("Laplace"), static_cast<int>(Distribution::Laplace));
  m_distribution->addItem(tr("uniform"), static_cast<int>(Distribution::Uniform));
  m_distribution->setAccessibleName(tr("Distribution"));
  m_distribution->setObjectName(QStringLiteral("lab-distribution"));
  m_distribution->setToolTip(tr("Mean 0, standard deviation 1"));
  for (const int count : kCounts) m_count->addItem(QString::number(count), count);
  m_outliers->setRange(0, kMostOutliers);
  m_outlierSize->setRange(1, 100);
  m_outlierSize->setDecimals(1);
  m_outlierSize->setSuffix(QStringLiteral(" σ"));
  keepWidth(*m_outlierSize, kSizeWidth);
  keepWidth(*m_outliers, kOutliersWidth);
  m_outlierSize->setAccessibleName(tr("Size of an outlier in standard deviations"));
  m_seed->setRange(0, std::numeric_limits<int>::max());
  keepWidth(*m_seed, kSeedWidth);
  m_count->setObjectName(QStringLiteral("lab-count"));
  m_count->setAccessibleName(tr("How many weights"));
  m_count->setToolTip(tr("How many weights"));
  m_outliers->setObjectName(QStringLiteral("lab-outliers"));
  m_outlierSize->setObjectName(QStringLiteral("lab-outlier-size"));
  m_seed->setObjectName(QStringLiteral("lab-seed"));
  auto* roll = toolButton("refresh", tr("Draw others: the next seed"), "lab-roll");
  connect(roll, &QToolButton::clicked, this, [this] { m_seed->setValue(m_seed->value() + 1); });
  for (QWidget* field : std::initializer_list<QWidget*>{m_distribution, m_count, namedField(tr("outliers"), m_outliers),
                                                        m_outlierSize, namedField(tr("seed"), m_seed), roll})
    addField(WeightSource::Drawn, field);
  for (QComboBox* box : {m_distribution, m_count})
    connect(box, &QComboBox::currentIndexChanged, this, &SourceBar::takeDraw);
  for (QSpinBox* box : {m_outliers, m_seed}) {
    box->setKeyboardTracking(false);
    connect(box, &QSpinBox::valueChanged, this, &SourceBar::takeDraw);
  }
  m_outlierSize->setKeyboardTracking(false);
  connect(m_outlierSize, &QDoubleSpinBox::valueChanged, this, &SourceBar::takeDraw);
}

void SourceBar::buildTypedFields() {
  m_typed->setFont(Theme::instance().monoFont());
  m_typed->setMinimumWidth(Theme::instance().px(kFieldWidth));
  m_typed->setPlaceholderText(QStringLiteral("0.45892, 1, -0.3"));
  m_typed->setAccessibleName(tr("Weights"));
  m_typed->setObjectName(QStringLiteral("lab-typed"));
  m_typed->setToolTip(tr("Decimals between commas or blanks. Enter takes them."));
  addField(WeightSource::Typed, m_typed);
  connect(m_typed, &QLineEdit::editingFinished, this, &SourceBar::takeTyped);
  connect(m_typed, &QLineEdit::textEdited, this, [this] { Q_EMIT problemFound({}); });
}

void SourceBar::buildUndo(QHBoxLayout& row) {
  m_restore->setToolTip(tr("Give the moved weights their own values again"));
  m_restore->setObjectName(QStringLiteral("lab-restore"));
  for (QToolButton* button : {m_restore, m_undo, m_redo}) row.addWidget(button, 0, Qt::AlignTop);
  QUndoStack& stack = m_state.undoStack();
  m_undo->setToolTip(tr("Undo (%1)").arg(QKeySequence(QKeySequence::Undo).toString(QKeySequence::NativeText)));
  m_redo->setToolTip(tr("Redo (%1)").arg(QKeySequence(QKeySequence::Redo).toString(QKeySequence::NativeText)));
  m_undo->setEnabled(false);
  m_redo->setEnabled(false);
  connect(m_restore, &QToolButton::clicked, &m_state, &LabState::restoreWeights);
  connect(m_undo, &QToolButton::clicked, &stack, &QUndoStack::undo);
  connect(m_redo, &QToolButton::clicked, &stack, &QUndoStack::redo);
  connect(&stack, &QUndoStack::canUndoChanged, m_undo, &QToolButton::setEnabled);
  connect(&stack, &QUndoStack::canRedoChanged, m_redo, &QToolButton::setEnabled);
}

void SourceBar::takeDraw() {
  if (m_refreshing) return;
  core::metrics::WeightDraw draw;
  draw.distribution = static_cast<Distribution>(m_distribution->currentData().toInt());
  draw.count = m_count->currentData().toUInt();
  draw.seed = static_cast<std::uint64_t>(m_seed->value());
  draw.outliers = static_cast<std::uint32_t>(m_outliers->value());
  draw.outlierSize = m_outlierSize->value();
  m_state.setDraw(draw);
}

void SourceBar::takeTyped() {
  if (!m_refreshing && m_typed->text() != m_state.input().typed) Q_EMIT problemFound(m_state.setTyped(m_typed->text()));
}

void SourceBar::refresh() {
  const QScopedValueRollback<bool> refreshing(m_refreshing, true);
  const LabInput& input = m_state.input();
  const int kind = static_cast<int>(input.source);
  m_kinds->button(kind)->setChecked(true);
  m_kinds->button(static_cast<int>(WeightSource::Tensor))
      ->setEnabled(m_selection.model() != nullptr || input.source == WeightSource::Tensor);
  for (const auto& [source, field] : m_fields) field->setVisible(source == input.source);
  const auto* info = m_selection.tensorInfo();
  m_tensor->setText(info == nullptr
                        ? tr("no tensor")
                        : QStringLiteral("%1 · %2 · %3")
                              .arg(QString::fromStdString(info->name), shapeText(info->shape), typeText(*info)));
  m_distribution->setCurrentIndex(m_distribution->findData(static_cast<int>(input.draw.distribution)));
  if (m_count->findData(input.draw.count) < 0) m_count->addItem(QString::number(input.draw.count), input.draw.count);
  m_count->setCurrentIndex(m_count->findData(input.draw.count));
  m_outliers->setValue(static_cast<int>(input.draw.outliers));
  m_outlierSize->setValue(input.draw.outlierSize);
  m_outlierSize->setVisible(input.source == WeightSource::Drawn && input.draw.outliers > 0);
  m_seed->setValue(static_cast<int>(std::min<std::uint64_t>(input.draw.seed, std::numeric_limits<int>::max())));
  m_typed->setText(input.typed);
  m_typed->setCursorPosition(0);
  const std::size_t moved = m_state.edits().size();
  m_restore->setText(tr("Put %n back", nullptr, static_cast<int>(moved)));
  m_restore->setVisible(moved != 0);
}

}  // namespace app
