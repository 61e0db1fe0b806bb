#include "app/workspaces/bits/bits_workspace.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QRandomGenerator>
#include <QScrollArea>
#include <QSettings>
#include <QShortcut>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>
#include <utility>

#include "app/selection/weight_reader.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/bit_table.h"
#include "app/workspaces/bits/format_details.h"
#include "app/workspaces/bits/number_line.h"
#include "app/workspaces/bits/precision_chart.h"
#include "core/base/error.h"

namespace app {
namespace {

/// From this width on the details stand beside the table instead of below it.
constexpr int kSideBySideWidth = 1220;
/// From this height on the precision chart fits below the number line.
constexpr int kChartHeight = 760;

QToolButton* toolButton(const QString& iconName, const QString& name, const QKeySequence& key = {}) {
  auto* button = new QToolButton;
  button->setIcon(icon(iconName));
  button->setIconSize({20, 20});
  button->setToolTip(key.isEmpty() ? name
                                   : QStringLiteral("%1 (%2)").arg(name, key.toString(QKeySequence::NativeText)));
  button->setAccessibleName(name);
  return button;
}

QString originIn(const OpenModel& model, const QString& weight) {
  return BitsWorkspace::tr("%1 of %2").arg(weight, QString::fromStdString(model.checkpoint().name()));
}

}  // namespace

BitsWorkspace::BitsWorkspace(const WorkspaceContext& context, QWidget* parent)
    : Workspace(context, parent),
      m_field(new QLineEdit),
      m_absmax(new QLineEdit),
      m_origin(new Label(Label::Style::Hint)),
      m_problem(new Label(Label::Style::Error)),
      m_undo(toolButton(QStringLiteral("undo"), tr("Undo"), QKeySequence::Undo)),
      m_redo(toolButton(QStringLiteral("redo"), tr("Redo"), QKeySequence::Redo)),
      m_fromModel(new QPushButton),
      m_rounding(new QComboBox),
      m_detailsCard(new Card),
      m_lineCard(new Card),
      m_chartCard(new Card(tr("Precision over the range"))),
      m_details(new FormatDetails(m_state)),
      m_splitter(new QSplitter(Qt::Vertical)) {
  m_page = new QVBoxLayout(this);
  m_page->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kTwo);
  m_page->setSpacing(space::kOneHalf);
  m_page->addWidget(buildInput());
  auto* tableCard = new Card;
  tableCard->body()->setContentsMargins(space::kOne, space::kHalf, space::kOne, space::kHalf);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->viewport()->setAutoFillBackground(false);
  auto* table = new BitTable(m_state);
  scroll->setWidget(table);
  scroll->widget()->setAutoFillBackground(false);
  tableCard->body()->addWidget(scroll);
  m_detailsCard->body()->addWidget(m_details);
  m_splitter->setHandleWidth(space::kOneHalf);
  m_splitter->setChildrenCollapsible(false);
  m_chartCard->setHint(tr("how many significant bits each format keeps, by magnitude; dashed: the number"));
  m_chartCard->setFlush(true);
  auto* chart = new PrecisionChart(m_state);
  m_chartCard->body()->addWidget(chart);
  auto* line = new NumberLine(m_state);
  m_lineCard->setFlush(true);
  m_lineCard->body()->addWidget(line);
  // The charts' own failures are said by the window, as those of all charts.
  connect(table, &BitTable::exportFailed, this, [this](const QString& sentence) { showProblem(nullptr, sentence); });
  auto* left = new QWidget;
  m_tableColumn = new QVBoxLayout(left);
  m_tableColumn->setContentsMargins(0, 0, 0, 0);
  m_tableColumn->setSpacing(space::kOneHalf);
  m_tableColumn->addWidget(tableCard, 1);
  m_tableColumn->addWidget(m_lineCard);
  m_splitter->addWidget(left);
  m_splitter->addWidget(m_detailsCard);
  m_splitter->setStretchFactor(0, 1);
  m_page->addWidget(m_splitter, 5);
  m_page->addWidget(m_chartCard, 4);
  connect(m_splitter, &QSplitter::splitterMoved, this, [this] { m_splitterMoved = true; });
  connectState();
  refreshInput();
  refreshModel();
}

QWidget* BitsWorkspace::buildInput() {
  auto* card = new Card;
  card->body()->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kOneHalf);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  m_field->setFont(Theme::instance().monoFont(4, QFont::DemiBold));
  m_field->setMinimumWidth(200);
  m_field->setMaximumWidth(460);
  m_field->setPlaceholderText(QStringLiteral("0.1   1/3   0x3dcccccd   0b0_0111"));
  m_field->setAccessibleName(tr("Number"));
  m_field->setToolTip(
      tr("A decimal number, a fraction (1/3), a hexadecimal float (0x1.8p3), inf or nan; or the bits of the selected "
         "format as 0x… or 0b…. Enter takes it."));
  m_field->setObjectName(QStringLiteral("bits-field"));
  m_fromModel->setText(tr("Weight from the model"));
  m_fromModel->setProperty("kind", QStringLiteral("menu"));
  m_fromModel->setIcon(icon(QStringLiteral("tensor")));
  auto* menu = new QMenu(m_fromModel);
  menu->addAction(tr("Largest of the selected tensor"), this, [this] { takeLargest(Beside::Itself); });
  menu->addAction(tr("Neighbour of the largest (shares its scale)"), this, [this] { takeLargest(Beside::Neighbour); });
  menu->addAction(tr("A random one of the selected tensor"), this, &BitsWorkspace::takeRandom);
  m_fromModel->setMenu(menu);
  m_absmax->setFixedWidth(104);
  m_absmax->setAlignment(Qt::AlignRight);
  m_absmax->setAccessibleName(tr("Block absmax"));
  m_absmax->setToolTip(
      tr("The largest magnitude of the block: NF4 and integers are scaled so that it is their largest value. Empty: "
         "follow the number."));
  m_rounding->addItem(tr("Nearest, ties to even"));
  m_rounding->addItem(tr("Toward zero"));
  m_rounding->setAccessibleName(tr("Rounding"));
  row->addWidget(m_field, 100);
  row->addWidget(m_undo);
  row->addWidget(m_redo);
  row->addWidget(m_fromModel);
  row->addStretch(1);
  auto* absmaxName = new Label(Label::Style::Hint, tr("Block absmax"));
  absmaxName->setBuddy(m_absmax);
  row->addWidget(absmaxName);
  row->addWidget(m_absmax);
  row->addWidget(m_rounding);
  card->body()->setSpacing(space::kHalf);
  card->body()->addLayout(row);
  card->body()->addWidget(m_origin);
  card->body()->addWidget(m_problem);
  m_origin->setElide(Qt::ElideMiddle);
  m_problem->setWrapping();
  m_problem->hide();
  return card;
}

void BitsWorkspace::connectState() {
  connect(m_field, &QLineEdit::returnPressed, this, &BitsWorkspace::takeTyped);
  connect(m_field, &QLineEdit::textEdited, this, [this] { showProblem(m_field, {}); });
  connect(m_absmax, &QLineEdit::textEdited, this, [this] { showProblem(m_absmax, {}); });
  connect(m_absmax, &QLineEdit::editingFinished, this, &BitsWorkspace::takeAbsmax);
  connect(m_rounding, &QComboBox::currentIndexChanged, this, [this](int index) {
    m_state.setRounding(index == 0 ? core::numeric::Rounding::NearestEven : core::numeric::Rounding::TowardZero);
  });
  connect(&m_state, &BitsState::changed, this, &BitsWorkspace::refreshInput);
  connect(&m_state, &BitsState::selectedRowChanged, this, &BitsWorkspace::refreshInput);
  // Another value or format may need more lines.
  connect(&m_state, &BitsState::changed, this, &BitsWorkspace::arrange);
  connect(&m_state, &BitsState::selectedRowChanged, this, &BitsWorkspace::arrange);
  QUndoStack& stack = m_state.undoStack();
  connect(m_undo, &QToolButton::clicked, &stack, &QUndoStack::undo);
  connect(m_redo, &QToolButton::clicked, &stack, &QUndoStack::redo);
  connect(&stack, &QUndoStack::canUndoChanged, m_undo, &QToolButton::setEnabled);
  connect(&stack, &QUndoStack::canRedoChanged, m_redo, &QToolButton::setEnabled);
  m_undo->setEnabled(false);
  m_redo->setEnabled(false);
  connect(new QShortcut(QKeySequence::Undo, this), &QShortcut::activated, &stack, &QUndoStack::undo);
  connect(new QShortcut(QKeySequence::Redo, this), &QShortcut::activated, &stack, &QUndoStack::redo);
  connect(&selection(), &Selection::modelChanged, this, &BitsWorkspace::refreshModel);
  connect(&selection(), &Selection::tensorChanged, this, &BitsWorkspace::refreshModel);
  connect(&selection(), &Selection::weightChanged, this, &BitsWorkspace::takeSelectedWeight);
  connect(&selection(), &Selection::currentSchemeChanged, this, &BitsWorkspace::refreshSchemeNote);
}

void BitsWorkspace::setActive(bool active) {
  m_active = active;
  if (active) takeSelectedWeight();
}

QString BitsWorkspace::helpText() const {
  return tr(
      "Type a number (0.1, 1/3, 0x1.8p3), or 0x… and 0b… for the bits of the selected format, or take a weight of the "
      "model. Every row shows what a format makes of it. Click a bit to flip it; with the keyboard, arrows move, Space "
      "flips, plus and minus go to the next and previous value. Under the table: the format's neighbouring values on a "
      "number line. Beside or below: the exact value, the formula with its numbers, and why it was rounded this way. "
      "The context menus copy and export.");
}

void BitsWorkspace::showExample() {
  if (!m_state.undoStack().isClean() || !m_state.input().origin.isEmpty()) return;  // there is something already
  m_state.selectRow(4);
  takeLargest(Beside::Neighbour);
}

void BitsWorkspace::takeTyped() {
  const QString problem = m_state.setText(m_field->text());
  showProblem(m_field, problem);
  if (problem.isEmpty()) refreshInput();
}

void BitsWorkspace::takeAbsmax() {
  if (!m_absmax->isModified()) return;
  const QString typed = m_absmax->text().trimmed();
  std::optional<double> value;
  if (!typed.isEmpty()) {
    const auto& format = core::numeric::numberFormat(core::numeric::FormatId::Fp64);
    try {
      value = core::numeric::parseTypedNumber(typed.toStdString(), format).nearest;
    } catch (const core::Error& error) {
      return showProblem(m_absmax, QString::fromUtf8(error.what()));
    }
    if (!(*value > 0) || !std::isfinite(*value))
      return showProblem(m_absmax, tr("The largest magnitude of a block is a number above zero; found %1.").arg(typed));
  }
  m_absmax->setModified(false);
  m_state.setBlockAbsmax(value);
  refreshInput();
}

void BitsWorkspace::showProblem(QLineEdit* field, const QString& sentence) {
  if (field != nullptr) {
    field->setProperty("invalid", !sentence.isEmpty());
    field->style()->polish(field);
  }
  m_problem->setText(sentence);
  m_problem->setVisible(!sentence.isEmpty());
}

bool BitsWorkspace::isChosen(const std::shared_ptr<OpenModel>& model, std::size_t tensor, std::uint64_t weight) const {
  return selection().model() == model && selection().tensor() == tensor && selection().weight() == weight;
}

void BitsWorkspace::takeSelectedWeight() {
  const auto& model = selection().model();
  if (!m_active || !model || !selection().tensor() || !selection().weight()) return refreshSchemeNote();
  const std::size_t tensor = *selection().tensor();
  const std::uint64_t weight = *selection().weight();
  jobs().run(
      this, {QStringLiteral("bits/weight"), {}, Lane::Pool},
      [model, tensor, weight](const core::JobContext&) { return readWeight(*model, tensor, weight); },
      [this, model, tensor, weight](const WeightReading& reading) {
        if (isChosen(model, tensor, weight))
          m_state.setWeight(reading.value, reading.blockAbsmax, originIn(*model, reading.origin), reading.storedAs);
      });
  refreshSchemeNote();
}

void BitsWorkspace::takeLargest(Beside beside) {
  const auto& model = selection().model();
  if (!model || !selection().tensor()) return;
  jobs().run(
      this, {QStringLiteral("bits/largest"), tr("Looking for the largest weight"), Lane::Pool},
      [model, tensor = *selection().tensor()](const core::JobContext& job) {
        return largestWeight(*model, tensor, job);
      },
      [this, beside, model, tensor = *selection().tensor()](std::uint64_t index) {
        if (selection().model() != model || selection().tensor() != tensor) return;  // another was selected meanwhile
        // The neighbour lies in the same block of 64, so it is scaled by the outlier it stands beside.
        const std::uint64_t neighbour = index ^ 1U;
        const core::io::TensorInfo* info = selection().tensorInfo();
        const bool exists = info != nullptr && neighbour < info->shape.count();
        selection().setWeight(beside == Beside::Neighbour && exists ? neighbour : index);
      });
}

void BitsWorkspace::takeRandom() {
  if (const core::io::TensorInfo* info = selection().tensorInfo())
    selection().setWeight(QRandomGenerator::global()->generate64() % std::max<std::uint64_t>(1, info->shape.count()));
}

void BitsWorkspace::refreshInput() {
  const BitsInput& input = m_state.input();
  if (m_field->text() != input.display) m_field->setText(input.display);
  if (!m_absmax->hasFocus() || !m_absmax->isModified()) m_absmax->setText(text::number(input.blockAbsmax, 6));
  const QString format = QString::fromUtf8(m_state.selected().format->title.data(),
                                           static_cast<qsizetype>(m_state.selected().format->title.size()));
  m_origin->setText(
      input.origin.isEmpty()
          ? tr("Patterns (0x…, 0b…) are read as %1, the selected row. Click a bit to flip it.").arg(format)
          : tr("Weight %1 · absmax of its block of 64: %2").arg(input.origin, text::number(input.blockAbsmax)));
}

void BitsWorkspace::refreshModel() {
  m_fromModel->setVisible(selection().model() != nullptr);
  m_fromModel->setEnabled(selection().tensor().has_value());
  refreshSchemeNote();
}

void BitsWorkspace::refreshSchemeNote() {
  const auto& model = selection().model();
  const auto& scheme = selection().currentScheme();
  showSchemeNote({});
  if (!m_active || !model || !scheme || !selection().tensor() || !selection().weight()) return;
  const QString name = selection().currentTitle();
  const std::size_t tensor = *selection().tensor();
  const std::uint64_t weight = *selection().weight();
  const auto isCurrent = [this, model, tensor, weight, scheme = *scheme] {
    return isChosen(model, tensor, weight) && selection().currentScheme() == scheme;
  };
  jobs().run(
      this, {QStringLiteral("bits/scheme"), tr("Quantizing with %1").arg(name), Lane::Pool},
      [model, scheme = *scheme, tensor, weight](const core::JobContext& job) {
        return std::pair(readWeight(*model, tensor, weight), quantizedWeight(*model, tensor, weight, scheme, job));
      },
      [this, name, isCurrent, model](const std::pair<WeightReading, float>& result) {
        if (!isCurrent()) return;
        const double before = static_cast<double>(result.first.value), after = static_cast<double>(result.second);
        const QString error = after == before ? tr("exactly") : tr("error %1").arg(text::number(after - before, 3));
        showSchemeNote(std::isfinite(after - before)
                           ? tr("%1 makes of this weight %2, %3.").arg(name, text::number(after, 6), error)
                           : tr("%1 makes of this weight %2.").arg(name, text::number(after, 6)),
                       originIn(*model, result.first.origin), before);
      },
      [this, name, isCurrent,
       origin = originIn(*model, weightOrigin(*model, tensor, weight))](const QString& sentence) {
        if (isCurrent()) showSchemeNote(tr("%1: %2").arg(name, sentence), origin, m_state.number().nearest);
      });
}

void BitsWorkspace::showSchemeNote(const QString& note, const QString& origin, double number) {
  m_details->setSchemeNote(note, origin, number);
  arrange();
}

void BitsWorkspace::resizeEvent(QResizeEvent* event) {
  Workspace::resizeEvent(event);
  arrange();
}

void BitsWorkspace::arrange() {
  const bool side = width() >= kSideBySideWidth;
  if (std::exchange(m_sideBySide, side) != side) {
    m_splitter->setOrientation(side ? Qt::Horizontal : Qt::Vertical);
    // Under the table; across the page where the details stand beside it.
    if (side)
      m_page->insertWidget(m_page->indexOf(m_chartCard), m_lineCard);
    else
      m_tableColumn->addWidget(m_lineCard);
  }
  m_details->setNarrow(side);
  m_detailsCard->setMinimumWidth(side ? 380 : 0);
  m_detailsCard->setMinimumHeight(1);  // labels that wrap ask for more than they need at this width
  m_chartCard->setVisible(side && height() >= kChartHeight);
  if (m_splitterMoved) return;
  // The table gets what the details do not need.
  const int details = side ? 400 : m_detailsCard->layout()->totalHeightForWidth(m_splitter->width());
  const int all = side ? m_splitter->width() : m_splitter->height();
  m_splitter->setSizes({std::max(1, all - details - m_splitter->handleWidth()), details});
}

void BitsWorkspace::saveState(QSettings& settings) const {
  if (m_state.input().origin.isEmpty() && !m_state.number().patternFormat)
    settings.setValue(QStringLiteral("number"), m_state.input().text);
  settings.setValue(QStringLiteral("row"), m_state.selectedRow());
}

void BitsWorkspace::restoreState(QSettings& settings) {
  m_state.selectRow(settings.value(QStringLiteral("row"), 1).toInt());
  const QString number = settings.value(QStringLiteral("number")).toString();
  if (!number.isEmpty() && m_state.setText(number).isEmpty()) m_state.undoStack().clear();
}

}  // namespace app
