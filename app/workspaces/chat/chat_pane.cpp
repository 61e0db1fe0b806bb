#include "app/workspaces/chat/chat_pane.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QPainter>
#include <QPixmap>
#include <QScrollArea>
#include <QScrollBar>
#include <QTimer>
#include <QVBoxLayout>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr int kSwatch = 10, kSchemeWidth = 190;

QIcon swatch(const QColor& color) {
  QPixmap pixmap(kSwatch * 2, kSwatch * 2);
  pixmap.setDevicePixelRatio(2);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setBrush(color);
  painter.setPen(Qt::NoPen);
  painter.drawEllipse(QRectF(0.5, 0.5, kSwatch - 1, kSwatch - 1));
  return QIcon(pixmap);
}

/// The user's line: a tinted block, so that questions and answers are told apart at a glance.
class Question : public Label {
 public:
  explicit Question(const QString& text) : Label(Label::Style::Body, text) {
    setWrapping();
    setTextFormat(Qt::PlainText);
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    setContentsMargins(space::kOneHalf, space::kOne, space::kOneHalf, space::kOne);
  }

 protected:
  void paintEvent(QPaintEvent* event) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(Theme::instance().colors().accentSoft);
    painter.drawRoundedRect(rect(), space::kRadius, space::kRadius);
    painter.end();
    Label::paintEvent(event);
  }
};

QString storedTitle(const Selection& selection) {
  const core::io::TensorInfo* first = nullptr;
  if (selection.model()) {
    for (const auto& tensor : selection.model()->checkpoint().tensors()) {
      if (core::model::isQuantizable(tensor.name)) {
        first = &tensor;
        break;
      }
    }
  }
  if (first == nullptr) return ChatPane::tr("As stored");
  const auto name = core::tensor::name(first->dtype);
  return ChatPane::tr("%1 as stored")
      .arg(QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size())).toUpper());
}

}  // namespace

ChatPane::ChatPane(int index, Selection& selection, QWidget* parent)
    : QWidget(parent), m_index(index), m_selection(selection) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(space::kTwo, space::kOneHalf, space::kTwo, space::kOneHalf);
  column->setSpacing(space::kOne);
  buildHeader(column);
  m_notice = new Label(Label::Style::Muted);
  m_notice->setWrapping();
  m_notice->hide();
  column->addWidget(m_notice);

  m_scroll = new QScrollArea;
  m_scroll->setWidgetResizable(true);
  m_scroll->setFrameShape(QFrame::NoFrame);
  m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* page = new QWidget;
  page->setAutoFillBackground(false);
  m_transcript = new QVBoxLayout(page);
  m_transcript->setContentsMargins(0, 0, space::kOne, 0);
  m_transcript->setSpacing(space::kOneHalf);
  m_transcript->addStretch(1);
  m_scroll->setWidget(page);
  m_scroll->viewport()->setAutoFillBackground(false);
  column->addWidget(m_scroll, 1);

  connect(&m_selection, &Selection::schemesChanged, this, &ChatPane::fillSchemes);
  connect(&m_selection, &Selection::modelChanged, this, &ChatPane::fillSchemes);
  connect(&Theme::instance(), &Theme::changed, this, &ChatPane::fillSchemes);
  fillSchemes();
  forgetTokens();
}

void ChatPane::buildHeader(QVBoxLayout* column) {
  auto* row = new QHBoxLayout;
  m_schemes = new QComboBox;
  m_schemes->setAccessibleName(m_index == 0 ? tr("Scheme of the reference pane") : tr("Scheme of the compared pane"));
  m_schemes->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  m_schemes->setMinimumWidth(kSchemeWidth);
  connect(m_schemes, &QComboBox::activated, this, [this](int item) {
    const QString text = m_schemes->itemData(item).toString();
    setScheme(text.isEmpty() ? std::nullopt : std::optional(core::quant::Scheme::parse(text.toStdString())));
    Q_EMIT schemeChosen();
  });
  row->addWidget(m_schemes);
  row->addWidget(new Label(Label::Style::Hint, m_index == 0 ? tr("reference") : tr("compared")));
  row->addStretch(1);
  column->addLayout(row);
  m_speed = new Label(Label::Style::Number, QStringLiteral("– tokens/s"));
  m_speed->setElide(Qt::ElideRight);
  column->addWidget(m_speed);
  m_facts = new Label(Label::Style::Hint);
  m_facts->setElide(Qt::ElideRight);
  column->addWidget(m_facts);
}

void ChatPane::fillSchemes() {
  const QSignalBlocker blocker(m_schemes);
  m_schemes->clear();
  m_schemes->addItem(swatch(Theme::instance().colors().reference), storedTitle(m_selection), QString());
  bool found = !m_scheme.has_value();
  const auto add = [&](const core::quant::Scheme& scheme) {
    m_schemes->addItem(swatch(m_selection.color(scheme)), QString::fromStdString(scheme.displayName()),
                       QString::fromStdString(scheme.toString()));
    found = found || scheme == *m_scheme;
  };
  for (const auto& scheme : m_selection.checkedSchemes()) add(scheme);
  if (!found) add(*m_scheme);  // still running, though no longer checked
  m_schemes->setCurrentIndex(m_scheme ? m_schemes->findData(QString::fromStdString(m_scheme->toString())) : 0);
  update();
}

void ChatPane::setScheme(std::optional<core::quant::Scheme> scheme) {
  m_scheme = scheme;
  fillSchemes();
}

QString ChatPane::schemeTitle() const {
  return m_scheme ? QString::fromStdString(m_scheme->displayName()) : storedTitle(m_selection);
}

void ChatPane::setFacts(const PaneFacts& facts) {
  m_facts->setText(tr("%1 weights · %2 KV cache").arg(text::bytes(facts.weightBytes), text::bytes(facts.kvBytes)));
  m_facts->setToolTip(
      tr("%1 tokens of context, on %2").arg(text::count(facts.contextLength), QString::fromStdString(facts.device)));
}

void ChatPane::setSpeed(const core::model::GenerationResult& result) {
  m_speed->setText(tr("%1 tokens/s · first after %2")
                       .arg(text::number(result.decodeTokensPerS, 3), text::duration(result.timeToFirstTokenS)));
}

void ChatPane::setNotice(const QString& notice, bool isError) {
  m_notice->setText(notice);
  m_notice->setVisible(!notice.isEmpty());
  m_notice->setForegroundRole(isError ? QPalette::BrightText : QPalette::WindowText);
}

void ChatPane::addQuestion(const QString& question) {
  m_transcript->insertWidget(m_transcript->count() - 1, new Question(question));
  scrollToEnd();
}

void ChatPane::beginAnswer() {
  forgetTokens();
  m_answer = new TokenText;
  m_answer->setToolTipSource(
      [tokens = m_tokens, tokenizer = m_tokenizer, title = schemeTitle(), otherTitle = m_otherTitle](int index) {
        const auto at = static_cast<std::size_t>(index);
        return at < tokens->size() ? describeToken((*tokens)[at], tokenizer.get(), title, otherTitle) : QString();
      });
  m_answer->setAccessibleName(tr("Answer of %1").arg(schemeTitle()));
  connect(m_answer, &TokenText::tokenClicked, this, [this, answer = m_answer](int index) {
    if (answer == m_answer) Q_EMIT tokenClicked(index);
  });
  m_transcript->insertWidget(m_transcript->count() - 1, m_answer);
  scrollToEnd();
}

void ChatPane::appendToken(const core::model::GeneratedToken& token) {
  if (m_answer == nullptr) beginAnswer();
  m_ids.push_back(token.id);
  m_tokens->push_back({token, {}, {}});
  m_answer->append({QString::fromStdString(token.text), TokenMark::Same});
  scrollToEnd();
}

void ChatPane::setOther(std::size_t index, double kl, std::vector<core::model::TokenProbability> top) {
  if (index >= m_tokens->size()) return;
  (*m_tokens)[index].kl = kl;
  (*m_tokens)[index].otherTop = std::move(top);
}

void ChatPane::forgetTokens() {
  m_ids.clear();
  m_tokens = std::make_shared<std::vector<AnswerToken>>();
}

void ChatPane::removeLastAnswer() {
  delete m_answer;
  m_answer = nullptr;
  forgetTokens();
}

void ChatPane::clearTranscript() {
  m_answer = nullptr;
  forgetTokens();
  while (m_transcript->count() > 1) {
    QLayoutItem* item = m_transcript->takeAt(0);
    delete item->widget();
    delete item;
  }
  m_speed->setText(QStringLiteral("– tokens/s"));
}

void ChatPane::setMarks(const std::vector<TokenMark>& marks) {
  if (m_answer != nullptr) m_answer->setMarks(marks);
}

void ChatPane::setSelectedToken(std::optional<int> index) {
  if (m_answer == nullptr) return;
  const bool exists = index && *index < m_answer->count();
  m_answer->setSelected(exists ? index : std::nullopt);
  if (exists) {
    const QPoint center = m_answer->mapTo(m_scroll->widget(), m_answer->centerOf(*index));
    m_scroll->ensureVisible(center.x(), center.y(), 0, space::kThree);
  }
}

void ChatPane::scrollToEnd() {
  // The new height is known only after the layout ran.
  QTimer::singleShot(0, m_scroll, [scroll = m_scroll] {
    scroll->verticalScrollBar()->setValue(scroll->verticalScrollBar()->maximum());
  });
}

void ChatPane::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const QRectF card = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
  painter.setPen(colors.border);
  painter.setBrush(colors.surface);
  painter.drawRoundedRect(card, space::kRadius, space::kRadius);
  // The scheme's colour along the top edge, as in every chart.
  painter.setClipRect(QRectF(card.left(), card.top(), card.width(), 3));
  painter.setPen(Qt::NoPen);
  painter.setBrush(m_scheme ? m_selection.color(*m_scheme) : colors.reference);
  painter.drawRoundedRect(card, space::kRadius, space::kRadius);
}

}  // namespace app
