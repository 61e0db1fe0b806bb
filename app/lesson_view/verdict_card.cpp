#include "app/lesson_view/verdict_card.h"

#include <QAccessible>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/lesson_view/lesson_text.h"
#include "app/lessons/lesson_player.h"
#include "app/lessons/lesson_words.h"
#include "app/widgets/theme.h"

namespace app {

VerdictCard::VerdictCard(LessonPlayer& player, QWidget* parent)
    : QFrame(parent),
      m_player(player),
      m_heading(new LessonText(LessonText::Weight::Strong)),
      m_truth(new LessonText(LessonText::Weight::Strong)),
      m_tempting(new LessonText),
      m_why(new LessonText),
      m_again(new QPushButton(tr("&Ask me again"))) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kTwo, space::kOneHalf, space::kOneHalf, space::kOneHalf);
  column->setSpacing(space::kOne);
  column->addWidget(m_heading);
  column->addWidget(m_truth);
  column->addWidget(m_tempting);
  column->addWidget(m_why);
  column->addWidget(m_again, 0, Qt::AlignLeft);
  setObjectName(QStringLiteral("lesson-verdict"));
  m_heading->setObjectName(QStringLiteral("verdict-heading"));
  m_truth->setObjectName(QStringLiteral("verdict-truth"));
  m_tempting->setObjectName(QStringLiteral("verdict-tempting"));
  m_why->setObjectName(QStringLiteral("verdict-why"));
  m_again->setObjectName(QStringLiteral("lesson-again"));
  m_again->setAutoDefault(true);
  connect(m_again, &QPushButton::clicked, &m_player, &LessonPlayer::askAgain);
  for (const auto signal : {&LessonPlayer::stepChanged, &LessonPlayer::resultsArrived, &LessonPlayer::answerChanged})
    connect(&m_player, signal, this, &VerdictCard::refresh);
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
  refresh();
}

void VerdictCard::setPointDelta(double points) {
  for (LessonText* text : {m_heading, m_truth, m_tempting, m_why}) text->setPointDelta(points);
}

void VerdictCard::refresh() {
  const bool shown = m_player.lesson() != nullptr && m_player.isRevealed();
  setVisible(shown);
  if (!shown) return;
  const LessonStep& step = *m_player.step();
  const StepResults& results = *m_player.results();
  const Guess* guess = m_player.answer();
  const Judgement judgement = guess ? m_player.judgement() : Judgement{};
  m_tone = guess == nullptr ? Tone::Shown : judgement.isRight ? Tone::Right : Tone::Wrong;
  m_heading->setText(m_tone == Tone::Right   ? tr("✓ Right")
                     : m_tone == Tone::Wrong ? tr("Not quite. You said %1").arg(answerWords(step, *guess))
                                             : tr("The answer"));
  // Where the input shows it already, it need not be said again.
  const bool isChosen =
      std::holds_alternative<ChoiceQuestion>(step.asks) || std::holds_alternative<BitsQuestion>(step.asks);
  m_truth->setText(m_tone == Tone::Shown ? truthWords(step, results) : tr("It is %1").arg(truthWords(step, results)));
  m_truth->setVisible(!isChosen || m_tone != Tone::Right);
  const QString tempting = judgement.tempting ? judgement.tempting->text : QString();
  m_tempting->setText(filledText(tempting, step, &results, guess));
  m_tempting->setVisible(!tempting.isEmpty());
  m_why->setText(filledText(step.why, step, &results, guess));
  setAccessibleName(QStringList{m_heading->text(), m_truth->text(), m_tempting->text(), m_why->text()}.join(u' '));
  QAccessibleEvent arrived(this, QAccessible::Alert);
  QAccessible::updateAccessibility(&arrived);
  update();
}

QColor VerdictCard::color() const {
  const ThemeColors& c = Theme::instance().colors();
  return m_tone == Tone::Right ? c.success : m_tone == Tone::Wrong ? c.warning : c.accent;
}

void VerdictCard::paintEvent(QPaintEvent*) {
  const ThemeColors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF card = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
  painter.setPen(QPen(mix(c.surface, color(), 0.35), 1));
  painter.setBrush(mix(c.surface, color(), c.dark ? 0.1 : 0.06));
  painter.drawRoundedRect(card, space::kRadius, space::kRadius);
  painter.setPen(Qt::NoPen);
  painter.setBrush(color());
  painter.drawRoundedRect(QRectF(0, 6, 3, height() - 12.0), 1.5, 1.5);
}

}  // namespace app
