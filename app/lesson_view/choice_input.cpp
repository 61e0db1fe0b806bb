#include "app/lesson_view/choice_input.h"

#include <QButtonGroup>
#include <QKeyEvent>
#include <QVBoxLayout>

#include "app/lesson_view/choice_button.h"
#include "app/lessons/lesson_words.h"
#include "app/widgets/theme.h"

namespace app {

ChoiceInput::ChoiceInput(const ChoiceQuestion& question, const LessonPlayer& player, QWidget* parent)
    : QuestionInput(parent), m_group(new QButtonGroup(this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne - 2);
  m_group->setExclusive(true);
  for (const auto& choice : question.choices) {
    const int index = static_cast<int>(m_ids.size());
    auto* button = new ChoiceButton(index + 1, filledText(choice.text, *player.step(), player.results(), nullptr));
    button->setObjectName(QStringLiteral("choice-") + choice.id);
    m_ids << choice.id;
    m_buttons.push_back(button);
    m_group->addButton(button, index);
    column->addWidget(button);
  }
  setFocusProxy(m_buttons.front());
  connect(m_group, &QButtonGroup::idClicked, this, &QuestionInput::changed);
}

std::optional<Guess> ChoiceInput::guess() const {
  const int index = m_group->checkedId();
  return index < 0 ? std::nullopt : std::optional<Guess>(m_ids[index]);
}

void ChoiceInput::setGuess(const Guess& guess) {
  const auto* id = std::get_if<QString>(&guess);
  const qsizetype index = id == nullptr ? -1 : m_ids.indexOf(*id);
  if (index >= 0) m_buttons[static_cast<std::size_t>(index)]->setChecked(true);
}

void ChoiceInput::setTruth(const StepResults* results) {
  for (std::size_t i = 0; i < m_buttons.size(); ++i) {
    ChoiceButton& button = *m_buttons[i];
    button.setEnabled(results == nullptr);
    if (results == nullptr)
      button.setMark(ChoiceButton::Mark::None);
    else if (m_ids[static_cast<qsizetype>(i)] == choiceIdOf(results->truth))
      button.setMark(ChoiceButton::Mark::Right);
    else
      button.setMark(button.isChecked() ? ChoiceButton::Mark::Wrong : ChoiceButton::Mark::None);
  }
}

void ChoiceInput::keyPressEvent(QKeyEvent* event) {
  const int number = event->key() - Qt::Key_1;
  if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && guess()) {
    Q_EMIT submitted();
  } else if (number >= 0 && number < static_cast<int>(m_buttons.size()) && m_buttons.front()->isEnabled()) {
    m_buttons[static_cast<std::size_t>(number)]->setFocus(Qt::OtherFocusReason);
    m_buttons[static_cast<std::size_t>(number)]->click();
  } else {
    QuestionInput::keyPressEvent(event);
  }
}

}  // namespace app
