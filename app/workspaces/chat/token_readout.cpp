#include "app/workspaces/chat/token_readout.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QStringList>
#include <algorithm>

#include "app/selection/selection.h"
#include "app/text/numbers.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr Length kGap{20}, kShareWidth{58}, kBarHeight{3};

QString tr(const char* text) { return QCoreApplication::translate("TokenReadout", text); }

/// Three significant digits: the runners-up of a sure model are far below a tenth of a percent.
QString share(double probability) { return text::number(100 * probability, 3) + QChar(0x202F) + u'%'; }

QString headlineOf(const TokenReading& reading, const core::text::Tokenizer* tokenizer) {
  return tr("Token %1 of %2: %3")
      .arg(text::count(reading.index + 1), text::count(reading.count), pieceText(reading.id, tokenizer));
}

QString numbersOf(const TokenReading& reading) {
  QStringList parts{tr("probability %1").arg(share(reading.probability))};
  if (reading.kl) parts << tr("KL %1 nats").arg(text::number(*reading.kl, 3));
  parts << tr("position %1").arg(text::count(reading.position + 1));
  return parts.join(QStringLiteral(" · "));
}

}  // namespace

QString pieceText(core::text::TokenId id, const core::text::Tokenizer* tokenizer) {
  if (tokenizer == nullptr) return QString::number(id);
  const std::string bytes = tokenizer->bytes(id);
  QString text = QString::fromStdString(bytes);
  // Control tokens show nothing, and parts of a character are no text: those as the vocabulary writes them.
  if (text.isEmpty() || text.contains(QChar::ReplacementCharacter)) return QString::fromStdString(tokenizer->piece(id));
  text.replace(u'\n', QStringLiteral("⏎")).replace(u'\t', QStringLiteral("⇥"));
  if (text.startsWith(u' ')) text[0] = QChar(0x2423);
  return text;
}

QString describe(const TokenReading& reading, const core::text::Tokenizer* tokenizer) {
  QStringList lines{headlineOf(reading, tokenizer), numbersOf(reading), reading.context};
  for (const TokenOpinion* opinion : {&reading.reference, &reading.compared}) {
    if (opinion->top.empty()) continue;
    QStringList words;
    for (const auto& choice : opinion->top)
      words << pieceText(choice.token, tokenizer) + u' ' + share(static_cast<double>(choice.probability));
    lines << opinion->title + QStringLiteral(": ") + words.join(QStringLiteral(", "));
  }
  if (reading.reference.top.empty() || reading.compared.top.empty())
    lines << tr("The other model has not read the same words before this one.");
  return lines.join(u'\n');
}

TokenReadout::TokenReadout(const Selection& selection, QWidget* parent) : QWidget(parent), m_selection(selection) {
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("What both models thought of the selected token"));
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Expanding);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
  connect(&selection, &Selection::schemesChanged, this, qOverload<>(&QWidget::update));
}

void TokenReadout::setReading(std::optional<TokenReading> reading) {
  m_reading = std::move(reading);
  setAccessibleDescription(text());
  update();
}

QString TokenReadout::text() const { return m_reading ? describe(*m_reading, m_tokenizer.get()) : QString(); }

QString TokenReadout::headline() const {
  return m_reading ? headlineOf(*m_reading, m_tokenizer.get()) : tr("No token is selected");
}

QString TokenReadout::numbers() const {
  return m_reading ? numbersOf(*m_reading) : tr("Click a word or a bar, or walk with the arrow keys.");
}

double TokenReadout::paintHead(QPainter& painter) const {
  const ThemeColors& colors = Theme::instance().colors();
  const double wide = width() - 2.0 * space::kOneHalf;
  double y = space::kOne;
  const auto line = [&](const QString& text, const QFont& font, const QColor& color) {
    painter.setFont(font);
    painter.setPen(color);
    const QFontMetricsF metrics(font);
    painter.drawText(QRectF(space::kOneHalf, y, wide, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(text, Qt::ElideRight, wide));
    y += metrics.height() + 1;
  };
  line(headline(), Theme::instance().textFont(0, QFont::DemiBold), colors.text);
  line(numbers(), Theme::instance().textFont(-1), colors.textMuted);
  if (m_reading) line(m_reading->context, Theme::instance().textFont(-1), colors.textFaint);
  return y + space::kHalf;
}

void TokenReadout::paintOpinion(QPainter& painter, const TokenOpinion& opinion, const QRectF& room,
                                const QString& ifNothing) const {
  const Theme& theme = Theme::instance();
  const QColor color = opinion.scheme ? m_selection.color(*opinion.scheme) : theme.colors().reference;
  const QFontMetricsF titles(theme.textFont(-1, QFont::DemiBold)), words(theme.monoFont(-1));
  paintMark(painter, opinion.scheme ? m_selection.mark(*opinion.scheme) : SeriesMark::Circle,
            QRectF(room.left(), room.top() + titles.height() / 2 - 4, 8, 8), color);
  painter.setFont(theme.textFont(-1, QFont::DemiBold));
  painter.setPen(theme.colors().textMuted);
  painter.drawText(QRectF(room.left() + 13, room.top(), room.width() - 13, titles.height()), Qt::AlignVCenter,
                   titles.elidedText(opinion.title, Qt::ElideRight, room.width() - 13));
  double y = room.top() + titles.height() + 2;
  if (opinion.top.empty()) {
    painter.setFont(theme.textFont(-1));
    painter.setPen(theme.colors().textFaint);
    painter.drawText(QRectF(room.left(), y, room.width(), room.bottom() - y), Qt::TextWordWrap, ifNothing);
    return;
  }
  const double row = std::min(words.height() + kBarHeight + 1, (room.bottom() - y) / 5);
  for (const auto& choice : opinion.top) {
    if (y + words.height() > room.bottom() + 1) break;
    const bool chosen = opinion.chosen && *opinion.chosen == choice.token;
    painter.setFont(theme.monoFont(-1, chosen ? QFont::Bold : QFont::Normal));
    painter.setPen(theme.colors().text);
    const double wide = room.width() - kShareWidth;
    const QString mark = chosen ? QStringLiteral("▸") : QStringLiteral(" ");
    painter.drawText(QRectF(room.left(), y, wide, words.height()), Qt::AlignVCenter,
                     words.elidedText(mark + pieceText(choice.token, m_tokenizer.get()), Qt::ElideRight, wide));
    painter.drawText(QRectF(room.right() - kShareWidth, y, kShareWidth, words.height()),
                     Qt::AlignRight | Qt::AlignVCenter, share(static_cast<double>(choice.probability)));
    if (row >= words.height() + kBarHeight)
      painter.fillRect(QRectF(room.left(), y + words.height(), room.width() * static_cast<double>(choice.probability),
                              kBarHeight - 1),
                       color);
    y += row;
  }
}

void TokenReadout::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(hasFocus() ? QPen(colors.accent, 2) : QPen(colors.border, 1));
  painter.setBrush(colors.surface);
  painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), space::kRadius, space::kRadius);
  const double top = paintHead(painter);
  if (!m_reading) return;
  const double column = (width() - 2.0 * space::kOneHalf - kGap) / 2;
  const QRectF left(space::kOneHalf, top, column, height() - top - space::kHalf);
  paintOpinion(painter, m_reading->reference, left, tr("has not read these words"));
  if (!m_reading->compared.title.isEmpty())
    paintOpinion(
        painter, m_reading->compared, left.translated(column + kGap, 0),
        m_reading->reference.chosen && !m_reading->kl ? tr("not compared here") : tr("has not read these words"));
}

void TokenReadout::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) return copy();
  const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
  if (step == 0) return QWidget::keyPressEvent(event);
  Q_EMIT stepped(step);
}

void TokenReadout::mousePressEvent(QMouseEvent*) { setFocus(Qt::MouseFocusReason); }

void TokenReadout::copy() const { QGuiApplication::clipboard()->setText(text()); }

void TokenReadout::contextMenuEvent(QContextMenuEvent* event) {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction(tr("Copy these numbers"), this, &TokenReadout::copy)->setEnabled(m_reading.has_value());
  menu->popup(event->globalPos());
}

}  // namespace app
