#include "app/workspaces/chat/evidence.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QSplitter>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/selection/selection.h"
#include "app/widgets/card.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/chat_trace.h"
#include "app/workspaces/chat/server_answer.h"
#include "app/workspaces/chat/token_readout.h"
#include "app/workspaces/chat/token_strip.h"

namespace app {

namespace {

/// The verdict; where it is too long for one line, the context goes to the second as a whole.
QString breakableBeforeContext(const AnswerPair& pair) {
  QString verdict = pair.verdict(), context = pair.context();
  if (context.isEmpty() || !verdict.endsWith(context)) return verdict;
  verdict.chop(context.size());
  return verdict + context.replace(u' ', QChar::Nbsp);
}

}  // namespace

Evidence::Evidence(const Selection& selection, QWidget* parent)
    : QWidget(parent),
      m_selection(selection),
      m_splitter(new QSplitter),
      m_verdict(new Label(Label::Style::Body)),
      m_figure(new QComboBox),
      m_strip(new TokenStrip),
      m_readout(new TokenReadout(selection)),
      m_trace(new QToolButton) {
  auto* row = new QVBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  m_verdict->setObjectName(QStringLiteral("verdict"));
  m_verdict->setWrapping();
  auto* line = new QHBoxLayout;
  line->addWidget(m_verdict, 1);
  m_figure->setObjectName(QStringLiteral("strip-figure"));
  m_figure->setAccessibleName(tr("What the strip shows of every token"));
  for (const TokenFigure figure : {TokenFigure::Kl, TokenFigure::Surprise, TokenFigure::Entropy})
    m_figure->addItem(nameOf(figure), static_cast<int>(figure));
  m_figure->setItemData(0, tr("How far the compared model's distribution is from the reference's"), Qt::ToolTipRole);
  m_figure->setItemData(1, tr("−ln p of the token that was written, under either model"), Qt::ToolTipRole);
  m_figure->setItemData(2, tr("How undecided either model was before it wrote"), Qt::ToolTipRole);
  m_trace->setObjectName(QStringLiteral("trace-word"));
  m_trace->setText(tr("Trace this word"));
  m_trace->setIcon(icon(QStringLiteral("trace")));
  m_trace->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  m_trace->setProperty("kind", QStringLiteral("link"));
  m_trace->setShortcut(Qt::CTRL | Qt::Key_T);
  m_trace->setToolTip(tr("From this word to the weights that changed it (Ctrl+T)"));
  line->addWidget(m_trace, 0, Qt::AlignTop);
  line->addWidget(m_figure, 0, Qt::AlignTop);
  line->addWidget(m_strip->createMenuButton(), 0, Qt::AlignTop);
  row->addLayout(line);
  auto* card = new Card;
  card->setFlush(true);
  card->body()->addWidget(m_strip);
  m_splitter->setHandleWidth(space::kOneHalf);
  m_splitter->setChildrenCollapsible(false);
  m_splitter->addWidget(card);
  m_splitter->addWidget(m_readout);
  m_splitter->setStretchFactor(0, 1);
  m_splitter->setStretchFactor(1, 0);
  row->addWidget(m_splitter, 1);
  connect(m_strip, &TokenStrip::tokenClicked, this, &Evidence::tokenClicked);
  connect(m_readout, &TokenReadout::stepped, this, &Evidence::stepped);
  connect(m_readout, &TokenReadout::alternativeChosen, this, &Evidence::alternativeChosen);
  connect(m_figure, &QComboBox::currentIndexChanged, this, &Evidence::figureChanged);
  connect(m_trace, &QToolButton::clicked, this, &Evidence::traceWanted);
}

void Evidence::setBranchable(bool branchable) { m_readout->setBranchable(branchable); }

TokenFigure Evidence::figure() const { return static_cast<TokenFigure>(m_figure->currentData().toInt()); }

void Evidence::setFigure(TokenFigure figure) {
  m_figure->setCurrentIndex(m_figure->findData(static_cast<int>(figure)));
}

void Evidence::setTokenizer(std::shared_ptr<const core::text::Tokenizer> tokenizer) {
  m_tokenizer = tokenizer;
  m_readout->setTokenizer(std::move(tokenizer));
}

void Evidence::show(const AnswerPair& pair, bool isComparing) {
  m_verdict->setText(breakableBeforeContext(pair));
  TokenStrip::Content content;
  content.figure = figure();
  bool any = false;
  for (std::size_t i = 0; i < pair.length(); ++i) {
    QString word = pieceText(pair.reference()->tokens[i], m_tokenizer.get());
    if (word.size() > 1 && word.startsWith(QChar(0x2423))) word.remove(0, 1);
    content.words.append(std::move(word));
    const FigurePair values = pair.figure(content.figure, i);
    content.values.push_back(values.compared);
    content.reference.push_back(values.reference);
    any = any || values.compared;
  }
  if (const auto at = pair.parting(); at && *at < pair.length()) content.parting = at;
  if (!any && isComparing) content.note = tr("comparing…");
  if (!any && !isComparing && pair.length() > 0)
    content.note = pair.compared() != nullptr && isOfServer(*pair.compared())
                       ? tr("a server reads only its own words: see under its answer")
                       : tr("these two answers were not compared");
  m_strip->setContent(std::move(content));
  const auto& scheme = pair.compared() != nullptr ? pair.compared()->source.recipe : std::nullopt;
  m_strip->setColor(scheme ? m_selection.color(*scheme) : Theme::instance().colors().reference);
  if (!pair.isComplete()) return;
  m_strip->setProvenance(pair.reference()->source.model + QStringLiteral(" · ") + pair.context());
  const QString& compared = pair.compared()->source.title;
  const QString& reference = pair.reference()->source.title;
  m_strip->setTitle(figure() == TokenFigure::Kl
                        ? tr("KL divergence per token: %1 from %2").arg(compared, reference)
                        : tr("%1 per token: %2 beside %3").arg(nameOf(figure()), compared, reference));
}

void Evidence::select(const AnswerPair& pair, std::optional<std::size_t> pane, std::size_t index) {
  const bool ofReference = pane && *pane == 0;
  // A word of the other answer has a bar only where both read the same before it.
  const auto reading = pane ? pair.reading(*pane, index) : std::nullopt;
  const bool hasBar = ofReference || (reading && reading->kl);
  m_strip->setSelected(hasBar ? std::optional(index) : std::nullopt);
  m_readout->setReading(reading);
  m_trace->setEnabled(pane && traceQuestionOf(pair, *pane, index));
}

}  // namespace app
