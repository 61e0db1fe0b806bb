#include "app/workspaces/chat/blind_bar.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/blind_score.h"

namespace app {

BlindBar::BlindBar(QWidget* parent)
    : QWidget(parent),
      m_text(new Label(Label::Style::Body)),
      m_count(new Label(Label::Style::Hint)),
      m_score(new Label(Label::Style::Body)),
      m_row(new QWidget) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  auto* row = new QHBoxLayout(m_row);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  m_text->setObjectName(QStringLiteral("blind-question"));
  m_text->setElide(Qt::ElideRight);
  row->addWidget(m_text, 1);
  const auto add = [row](const QString& text, const QString& name, bool checkable) {
    auto* button = new QPushButton(text);
    button->setObjectName(name);
    button->setCheckable(checkable);
    row->addWidget(button);
    return button;
  };
  for (std::size_t place = 0; place < Conversation::kMostPanes; ++place) {
    auto* button = add(u'&' + aliasOf(place), QStringLiteral("vote-%1").arg(place), true);
    button->setAccessibleName(tr("Answer %1 is better").arg(aliasOf(place)));
    connect(button, &QPushButton::clicked, this, [this, place] { Q_EMIT voted(static_cast<int>(place)); });
    m_places.push_back(button);
  }
  m_tie = add(tr("&Tie"), QStringLiteral("vote-tie"), true);
  m_tie->setAccessibleName(tr("No answer is better"));
  connect(m_tie, &QPushButton::clicked, this, [this] { Q_EMIT voted(-1); });
  m_count->setObjectName(QStringLiteral("blind-votes"));
  row->addWidget(m_count);
  m_reveal = add(tr("&Reveal"), QStringLiteral("blind-reveal"), false);
  m_reveal->setToolTip(tr("Shows who answered, and the score"));
  connect(m_reveal, &QPushButton::clicked, this, &BlindBar::revealWanted);
  column->addWidget(m_row);
  m_score->setObjectName(QStringLiteral("blind-score"));
  m_score->setWrapping();
  m_score->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  column->addWidget(m_score);
  hide();
}

void BlindBar::showVote(const Turn& turn, std::size_t panes, bool isAnswering) {
  const BlindTurn& blind = *turn.blind;
  m_text->setText(isAnswering        ? tr("They are answering…")
                  : !blind.isVoted() ? tr("Which answer is better?")
                  : blind.best == 0  ? tr("None is better. Ask the next question, or reveal.")
                                     : tr("Noted. Ask the next question, or reveal."));
  for (std::size_t place = 0; place < m_places.size(); ++place) {
    const auto& answers = place < panes ? turn.answers[turn.paneAt(place)] : std::vector<Answer>();
    m_places[place]->setEnabled(!isAnswering && !answers.empty());
    m_places[place]->setChecked(blind.isVoted() && !answers.empty() && answers.back().id == blind.best);
  }
  m_tie->setEnabled(!isAnswering);
  m_tie->setChecked(blind.isVoted() && blind.best == 0);
}

void BlindBar::show(const Conversation& conversation, bool isBlind, bool isAnswering) {
  const bool asks = !conversation.isEmpty() && conversation.turns().back().isHidden();
  const QStringList score = inWords(scoreOf(conversation));
  setVisible(isBlind || asks || !score.isEmpty());
  m_row->setVisible(isBlind || asks);
  for (std::size_t place = 0; place < m_places.size(); ++place)
    m_places[place]->setVisible(asks && place < conversation.panes());
  m_tie->setVisible(asks);
  if (asks)
    showVote(conversation.turns().back(), conversation.panes(), isAnswering);
  else
    m_text->setText(tr("Ask something: the answers stand under letters, in another order every time."));
  const std::size_t votes = votesIn(conversation);
  m_count->setText(votes == 1 ? tr("1 vote") : tr("%1 votes").arg(text::count(votes)));
  m_reveal->setEnabled(!isAnswering);
  m_score->setVisible(!isBlind && !asks && !score.isEmpty());
  m_score->setText(tr("Blind votes: ") + score.join(u'\n'));
}

}  // namespace app
