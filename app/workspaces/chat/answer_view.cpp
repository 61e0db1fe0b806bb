#include "app/workspaces/chat/answer_view.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/selection/selection.h"
#include "app/text/numbers.h"
#include "app/widgets/fold_head.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/answer_pair.h"
#include "app/workspaces/chat/thought_text.h"
#include "app/workspaces/chat/transcript.h"

namespace app {

namespace {

/// A dot in the scheme's present colour.
class Swatch : public QWidget {
 public:
  Swatch(const Selection& selection, std::optional<core::model::Recipe> scheme)
      : m_selection(selection), m_scheme(std::move(scheme)) {
    setFixedSize(10, 10);
    connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
    connect(&selection, &Selection::schemesChanged, this, qOverload<>(&QWidget::update));
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    paintMark(painter, m_scheme ? m_selection.mark(*m_scheme) : SeriesMark::Circle,
              QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5),
              m_scheme ? m_selection.color(*m_scheme) : Theme::instance().colors().reference);
  }

 private:
  const Selection& m_selection;
  std::optional<core::model::Recipe> m_scheme;
};

QString stopText(const Answer& answer) {
  switch (answer.result.stop) {
    case core::model::StopReason::EndOfTurn:
      return answer.tokens.empty() ? AnswerView::tr("Ended without a word.") : QString();
    case core::model::StopReason::MaxTokens:
      return AnswerView::tr("Cut off at the longest answer that the settings allow.");
    case core::model::StopReason::ContextFull:
      return AnswerView::tr("The context is full: choose a longer one or start a new conversation.");
    case core::model::StopReason::Cancelled:
      return AnswerView::tr("Stopped.");
  }
  return {};
}

/// What tokens/s means where answers were written together; nothing where this one was written alone.
QString togetherText(const core::model::GenerationResult& result) {
  if (result.besides == 0 || result.decodeTokensPerS <= 0) return {};
  const QString others =
      result.besides == 1 ? AnswerView::tr("one other answer") : AnswerView::tr("%1 other answers").arg(result.besides);
  return AnswerView::tr("Written together with %1: one token of each of them took %2.")
      .arg(others, text::duration(1 / result.decodeTokensPerS));
}

QString stopRemedy(const Answer& answer) {
  return answer.result.stop == core::model::StopReason::ContextFull
             ? remedyText({PaneFailure::Kind::ContextTooShort, {}, {}})
             : QString();
}

}  // namespace

AnswerView::AnswerView(const Answer& answer, const Selection& selection, const QString& alias, QWidget* parent)
    : QWidget(parent),
      m_id(answer.id),
      m_isHidden(!alias.isEmpty()),
      m_title(m_isHidden ? alias : answer.source.title),
      m_scheme(m_isHidden ? std::nullopt : answer.source.recipe) {
  build(selection);
  if (answer.branch) m_branch->setText(branchText(*answer.branch));
  m_branch->setVisible(answer.branch.has_value());
  m_text->setAccessibleName(tr("Answer of %1").arg(m_title));
  for (const auto& token : answer.tokens) m_text->append({QString::fromStdString(token.text), TokenMark::Same});
  setThought(answer);
  if (answer.finished) setResult(answer);
}

AnswerView::AnswerView(const QString& title, const std::optional<core::model::Recipe>& scheme,
                       const Selection& selection, QWidget* parent)
    : QWidget(parent), m_title(title), m_scheme(scheme) {
  build(selection);
  m_text->hide();
}

void AnswerView::build(const Selection& selection) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  row->addWidget(new Swatch(selection, m_scheme));
  m_caption = new Label(Label::Style::Heading, m_title);
  m_caption->setObjectName(QStringLiteral("answer-title"));
  row->addWidget(m_caption);
  m_details = new Label(Label::Style::Hint);
  m_details->setObjectName(QStringLiteral("answer-details"));
  m_details->setElide(Qt::ElideRight);
  row->addWidget(m_details, 1);
  m_time = new QToolButton;
  m_time->setObjectName(QStringLiteral("answer-time"));
  m_time->setIcon(icon(QStringLiteral("clock")));
  m_time->setAutoRaise(true);
  keepIconSize(*m_time, 14);
  keepWidth(*m_time, 22);
  m_time->setToolTip(tr("What the time of a token goes to in the panes, as they are now"));
  m_time->setAccessibleName(tr("What the time of a token goes to"));
  m_time->hide();
  connect(m_time, &QToolButton::clicked, this, &AnswerView::timeClicked);
  row->addWidget(m_time);
  m_goBack = new QPushButton(tr("Back to this one"));
  m_goBack->setObjectName(QStringLiteral("answer-back"));
  m_goBack->setToolTip(tr("The conversation goes on with this answer again"));
  m_goBack->hide();
  connect(m_goBack, &QPushButton::clicked, this, &AnswerView::goBackClicked);
  row->addWidget(m_goBack);
  column->addLayout(row);
  m_branch = new Label(Label::Style::Hint);
  m_branch->setObjectName(QStringLiteral("answer-branch"));
  m_branch->setWrapping();
  m_branch->hide();
  column->addWidget(m_branch);
  m_thoughtHead = new FoldHead;
  m_thoughtHead->setObjectName(QStringLiteral("thought-head"));
  m_thoughtHead->setToolTip(tr("What the model wrote for itself before it answered: opens and closes"));
  m_thoughtHead->hide();
  column->addWidget(m_thoughtHead);
  m_text = new TokenText;
  column->addWidget(m_text);
  connect(m_thoughtHead, &FoldHead::toggled, this, [this](bool open) {
    m_text->setFolded(!open);
    showThought();
    Q_EMIT thoughtToggled(open);
  });
  m_comparison = new Label(Label::Style::Hint);
  m_comparison->setObjectName(QStringLiteral("answer-comparison"));
  m_comparison->setWrapping();
  m_comparison->hide();
  column->addWidget(m_comparison);
  auto* foot = new QHBoxLayout;
  foot->setSpacing(space::kOne);
  m_notice = new Label(Label::Style::Muted);
  m_notice->setObjectName(QStringLiteral("answer-notice"));
  m_notice->setWrapping();
  m_notice->hide();
  foot->addWidget(m_notice, 1);
  m_action = new QPushButton;
  m_action->setObjectName(QStringLiteral("answer-action"));
  m_action->hide();
  foot->addWidget(m_action, 0, Qt::AlignTop);
  column->addLayout(foot);
  connect(m_action, &QPushButton::clicked, this, &AnswerView::actionClicked);
}

QString AnswerView::title() const { return m_title; }

void AnswerView::setNotice(const QString& notice, bool isError, const QString& action) {
  m_notice->setText(notice);
  m_notice->setVisible(!notice.isEmpty());
  m_notice->setRole(isError ? Label::Style::Error : Label::Style::Muted);
  m_action->setText(action);
  m_action->setVisible(!action.isEmpty());
}

void AnswerView::setOlder(bool older) { m_goBack->setVisible(older && !m_isHidden); }

void AnswerView::setThought(const Answer& answer) {
  if (!answer.thought) return;
  m_thoughtTokens = static_cast<int>(answer.thought->tokens);
  m_thoughtTitle = thoughtTitle(*answer.thought, answer.finished);
  m_text->setThought(m_thoughtTokens, answer.finished ? answer.thoughtText() : QString());
  showThought();
}

void AnswerView::showThought() {
  const bool thinks = !m_thoughtTitle.isEmpty();
  m_thoughtHead->setVisible(thinks);
  m_thoughtHead->setText(m_text->partsInThought() ? tr("%1 · they part in here").arg(m_thoughtTitle) : m_thoughtTitle);
  // A line without a word would stand under the head.
  m_text->setVisible(!thinks || isThoughtOpen() || m_text->count() > m_thoughtTokens);
}

void AnswerView::openThought(bool open) { m_thoughtHead->setChecked(open); }

bool AnswerView::isThoughtOpen() const { return m_thoughtHead->isChecked(); }

void AnswerView::setMarks(const std::vector<TokenMark>& marks) {
  m_text->setMarks(marks);
  if (!m_thoughtTitle.isEmpty()) showThought();
}

void AnswerView::setResult(const Answer& answer) {
  m_isFinished = true;
  setThought(answer);
  // Its speed would give it away.
  if (m_isHidden) return setNotice(answer.failure ? tr("Failed.") : stopText(answer));
  QStringList parts;
  if (answer.result.decodeTokensPerS > 0)
    parts << tr("%1 tokens/s").arg(text::number(answer.result.decodeTokensPerS, 3));
  if (answer.result.timeToFirstTokenS > 0)
    parts << tr("first after %1").arg(text::duration(answer.result.timeToFirstTokenS));
  if (answer.result.restoredTokens > 0)
    parts << tr("%1 of %2 tokens from the disk")
                 .arg(text::count(answer.result.restoredTokens), text::count(answer.result.promptTokens));
  if (!answer.source.writer.isEmpty() || answer.source.mode == PromptMode::Completion)
    parts << contextOf(answer.source);
  if (answer.serverComparison) m_comparison->setText(inWords(*answer.serverComparison));
  m_comparison->setVisible(answer.serverComparison.has_value());
  m_details->setText(parts.join(QStringLiteral(" · ")));
  m_details->setToolTip(togetherText(answer.result));
  m_time->setVisible(answer.result.decodeTokensPerS > 0 && !answer.serverComparison);
  m_caption->setToolTip(settingsText(answer.source));
  if (answer.failure)
    setNotice(QString::fromStdString(answer.failure->sentence), true, remedyText(*answer.failure));
  else
    setNotice(stopText(answer), false, stopRemedy(answer));
}

void AnswerView::append(const core::model::GeneratedToken& token) {
  m_text->append({QString::fromStdString(token.text), TokenMark::Same});
}

}  // namespace app
