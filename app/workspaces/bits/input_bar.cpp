#include "app/workspaces/bits/input_bar.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QShortcut>
#include <QStyle>
#include <QToolButton>

#include "app/selection/bits_state.h"
#include "app/text/numbers.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/bits/arithmetic_text.h"
#include "app/workspaces/bits/copied_text.h"
#include "app/workspaces/bits/presets.h"
#include "app/workspaces/bits/rounding_text.h"
#include "app/workspaces/bits/weight_picker.h"

namespace app {
namespace {

constexpr int kNarrowWidth = 680;

QToolButton* toolButton(const QString& iconName, const QString& name, const QKeySequence& key) {
  auto* button = new QToolButton;
  button->setIcon(icon(iconName));
  button->setIconSize({20, 20});
  button->setToolTip(QStringLiteral("%1 (%2)").arg(name, key.toString(QKeySequence::NativeText)));
  button->setAccessibleName(name);
  button->setEnabled(false);
  return button;
}

QPushButton* menuButton(const QString& text, const QString& iconName) {
  auto* button = new QPushButton(text);
  button->setProperty("kind", QStringLiteral("menu"));
  if (!iconName.isEmpty()) button->setIcon(icon(iconName));
  button->setMenu(new QMenu(button));
  return button;
}

}  // namespace

InputBar::InputBar(BitsState& state, WeightPicker& weights, QWidget* parent)
    : Card({}, parent),
      m_state(state),
      m_weights(weights),
      m_field(new QLineEdit),
      m_examples(menuButton(tr("Examples"), {})),
      m_fromModel(menuButton(tr("Weight"), QStringLiteral("tensor"))),
      m_copy(menuButton(tr("Copy"), QStringLiteral("copy"))),
      m_undo(toolButton(QStringLiteral("undo"), tr("Undo"), QKeySequence::Undo)),
      m_redo(toolButton(QStringLiteral("redo"), tr("Redo"), QKeySequence::Redo)),
      m_origin(new Label(Label::Style::Hint)),
      m_answer(new Label(Label::Style::Body)),
      m_problem(new Label(Label::Style::Error)) {
  build();
  fillExamples();
  connect(m_copy->menu(), &QMenu::aboutToShow, this, &InputBar::fillCopies);
  connect(m_field, &QLineEdit::returnPressed, this, &InputBar::takeTyped);
  connect(m_field, &QLineEdit::textEdited, this, [this] { showProblem({}); });
  connectUndo();
  connect(&state, &BitsState::changed, this, &InputBar::refresh);
  connect(&state, &BitsState::selectedRowChanged, this, &InputBar::refresh);
  refresh();
}

void InputBar::build() {
  body()->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kOneHalf);
  body()->setSpacing(space::kHalf);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  const auto styleField = [this] { m_field->setFont(Theme::instance().monoFont(4, QFont::DemiBold)); };
  styleField();
  connect(&Theme::instance(), &Theme::changed, m_field, styleField);
  m_field->setMinimumWidth(140);
  // A field cuts off silently what is longer than it takes: what is too long is the parser's to say.
  m_field->setMaxLength(2 * static_cast<int>(core::numeric::ExactNumber::kMaxLength));
  m_field->setPlaceholderText(QStringLiteral("0.1   0.1+0.2   1/3   0x1.8p3   0b0_0111"));
  m_field->setAccessibleName(tr("Number"));
  m_field->setToolTip(tr(
      "A decimal of any length, arithmetic (0.1+0.2, 1/3), a hexadecimal float (0x1.8p3), inf or nan; or the bits of "
      "the selected format as 0x… or 0b…. Enter takes it. Up and Down: next and previous value; with Shift: next and "
      "previous exponent."));
  m_field->setObjectName(QStringLiteral("bits-field"));
  m_field->installEventFilter(this);
  m_examples->setObjectName(QStringLiteral("bits-examples"));
  m_examples->setToolTip(tr("Numbers worth looking at"));
  m_fromModel->setToolTip(tr("A weight of the selected tensor"));
  m_fromModel->setAccessibleName(m_fromModel->text());
  m_copy->setAccessibleName(m_copy->text());
  m_copy->setToolTip(tr("What the selected format stores, as a number, bits, a literal, or a link to this view"));
  auto* menu = m_fromModel->menu();
  using Beside = WeightPicker::Beside;
  menu->addAction(tr("Largest of the selected tensor"), this, [this] { m_weights.takeLargest(Beside::Itself); });
  menu->addAction(tr("Neighbour of the largest (shares its scale)"), this,
                  [this] { m_weights.takeLargest(Beside::Neighbour); });
  menu->addAction(tr("A random one of the selected tensor"), this, [this] { m_weights.takeRandom(); });
  row->addWidget(m_field, 1);
  for (QWidget* widget : std::initializer_list<QWidget*>{m_examples, m_fromModel, m_copy, m_undo, m_redo})
    row->addWidget(widget);
  body()->addLayout(row);
  for (Label* label : {m_origin, m_answer, m_problem}) body()->addWidget(label);
  m_origin->setElide(Qt::ElideMiddle);
  m_answer->setWrapping();
  m_answer->setObjectName(QStringLiteral("arithmetic-answer"));
  m_problem->setWrapping();
  m_problem->hide();
}

// Where there is no room for both, the number goes before the words of buttons that have an icon.
void InputBar::resizeEvent(QResizeEvent* event) {
  Card::resizeEvent(event);
  const bool narrow = width() < Theme::instance().px(kNarrowWidth);
  for (QPushButton* button : {m_fromModel, m_copy}) button->setText(narrow ? QString() : button->accessibleName());
}

void InputBar::connectUndo() {
  QUndoStack& stack = m_state.undoStack();
  connect(m_undo, &QToolButton::clicked, &stack, &QUndoStack::undo);
  connect(m_redo, &QToolButton::clicked, &stack, &QUndoStack::redo);
  connect(&stack, &QUndoStack::canUndoChanged, m_undo, &QToolButton::setEnabled);
  connect(&stack, &QUndoStack::canRedoChanged, m_redo, &QToolButton::setEnabled);
}

void InputBar::fillExamples() {
  QMenu* menu = m_examples->menu();
  for (const BitsPreset& preset : bitsPresets()) {
    if (preset.text.isEmpty()) {
      menu->addSeparator();
      continue;
    }
    const QString shown = preset.text.size() > 14 ? preset.text.left(12) + u'…' : preset.text;
    menu->addAction(QStringLiteral("%1\t%2").arg(shown, preset.why), this, [this, preset] {
      if (!preset.format.isEmpty()) static_cast<void>(m_state.addFormat(preset.format));
      showProblem(m_state.setText(preset.text));
    });
  }
}

void InputBar::fillCopies() {
  QMenu* menu = m_copy->menu();
  menu->clear();
  for (const CopiedText& entry : copiedTexts(m_state.selected()))
    menu->addAction(entry.name + u'\t' + text::shortened(entry.text, 36), this,
                    [text = entry.text] { QGuiApplication::clipboard()->setText(text); });
  menu->addSeparator();
  menu->addAction(tr("Link to this view"), this, &InputBar::linkWanted);
}

void InputBar::setModel(bool isOpen, bool hasTensor) {
  m_fromModel->setVisible(isOpen);
  m_fromModel->setEnabled(hasTensor);
}

void InputBar::takeTyped() {
  const QString problem = m_state.setText(m_field->text());
  showProblem(problem);
  if (problem.isEmpty()) refresh();
}

void InputBar::showProblem(const QString& sentence) {
  m_field->setProperty("invalid", !sentence.isEmpty());
  m_field->style()->polish(m_field);
  m_problem->setText(sentence);
  m_problem->setVisible(!sentence.isEmpty());
}

bool InputBar::eventFilter(QObject* watched, QEvent* event) {
  const bool press = event->type() == QEvent::KeyPress, shortcut = event->type() == QEvent::ShortcutOverride;
  if (watched != m_field || (!press && !shortcut)) return Card::eventFilter(watched, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  // Undo takes back letters while one is typing; then it is the page's.
  if (shortcut) {
    const bool page = !m_field->isModified() && (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo));
    if (page) event->ignore();
    return page;
  }
  if (key->key() != Qt::Key_Up && key->key() != Qt::Key_Down) return false;
  const int direction = key->key() == Qt::Key_Up ? 1 : -1;
  if (m_field->isModified()) takeTyped();  // what was typed is what is stepped from
  if (m_problem->isVisibleTo(this)) return true;
  if (key->modifiers().testFlag(Qt::ShiftModifier))
    m_state.stepExponent(m_state.selectedRow(), direction);
  else
    m_state.step(m_state.selectedRow(), direction);
  return true;
}

void InputBar::refresh() {
  const BitsInput& input = m_state.input();
  if (m_field->text() != input.display) {
    m_field->setText(input.display);
    m_field->setCursorPosition(0);
  }
  const QString format = titleOf(*m_state.selected().format);
  m_origin->setText(
      input.origin.isEmpty()
          ? tr("Bits (0x…, 0b…) are read as %1, the selected format. Click a bit to flip it, drag to paint; ↑ and ↓ "
               "step.")
                .arg(format)
          : tr("Weight %1 · absmax of its block of 64: %2").arg(input.origin, text::number(input.range.absmax())));
  const QString answer = arithmeticSentence(m_state);
  m_answer->setText(answer);
  m_answer->setVisible(!answer.isEmpty());
  m_origin->setVisible(answer.isEmpty());
}

}  // namespace app
