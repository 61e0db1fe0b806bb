#include "app/workspaces/chat/token_readout.h"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMenu>
#include <QPainter>
#include <QStringList>
#include <algorithm>
#include <cmath>

#include "app/selection/selection.h"
#include "app/text/numbers.h"
#include "app/text/tr.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/token_names.h"

namespace app {

using text::tr;

namespace {

constexpr Length kGap{20}, kShareWidth{84}, kBarHeight{3}, kWideColumn{186};

/// Three significant digits: the runners-up of a sure model are far below a tenth of a percent.
QString share(double probability) { return text::number(100 * probability, 3) + QChar(0x202F) + u'%'; }

/// With its blanks to be seen.
QString visible(QString text) {
  text.replace(u'\n', QStringLiteral("⏎")).replace(u'\t', QStringLiteral("⇥"));
  if (text.startsWith(u' ')) text[0] = QChar(0x2423);
  return text;
}

QString foreignText(const std::string& text) {
  return text.empty() ? tr("no text") : visible(QString::fromStdString(text));
}

QString headlineOf(const TokenReading& reading, const core::text::Tokenizer* tokenizer) {
  return tr("Token %1 of %2 (position %3): %4")
      .arg(text::count(reading.index + 1), text::count(reading.count), text::count(reading.position + 1),
           reading.foreign ? foreignText(*reading.foreign) : pieceText(reading.id, tokenizer));
}

QString numbersOf(const TokenReading& reading) {
  QStringList parts{tr("probability %1").arg(share(reading.probability))};
  if (reading.probability > 0)
    parts << tr("surprise %1 nats").arg(text::number(std::max(0.0, -std::log(reading.probability)), 3));
  if (reading.kl) parts << tr("KL %1 nats").arg(text::number(*reading.kl, 3));
  return parts.join(QStringLiteral(" · "));
}

}  // namespace

QString pieceText(core::text::TokenId id, const core::text::Tokenizer* tokenizer) {
  if (tokenizer == nullptr) return QString::number(id);
  const std::string bytes = tokenizer->bytes(id);
  QString text = QString::fromStdString(bytes);
  // Control tokens show nothing, and parts of a character are no text: those as the vocabulary writes them.
  if (text.isEmpty() || text.contains(QChar::ReplacementCharacter)) return QString::fromStdString(tokenizer->piece(id));
  return visible(std::move(text));
}

QString pieceText(const core::model::GeneratedToken& token, const core::text::Tokenizer* tokenizer) {
  return token.id == TokenNames::kNone ? foreignText(token.text) : pieceText(token.id, tokenizer);
}

QString describe(const TokenReading& reading, const core::text::Tokenizer* tokenizer) {
  QStringList lines{headlineOf(reading, tokenizer), numbersOf(reading), reading.context};
  for (const TokenOpinion* opinion : {&reading.reference, &reading.compared}) {
    if (opinion->top.empty()) continue;
    QStringList words;
    for (const auto& choice : opinion->top)
      words << pieceText(choice.token, tokenizer) + u' ' + share(static_cast<double>(choice.probability));
    QString line = opinion->title + QStringLiteral(": ") + words.join(QStringLiteral(", "));
    if (opinion->entropy) line += tr("; entropy %1 nats").arg(text::number(*opinion->entropy, 3));
    if (opinion->surprise) line += tr("; surprise %1 nats").arg(text::number(*opinion->surprise, 3));
    lines << line;
  }
  if (reading.reference.top.empty() || reading.compared.top.empty())
    lines << tr("The other model has not read the same words before this one.");
  return lines.join(u'\n');
}

TokenReadout::TokenReadout(const Selection& selection, QWidget* parent) : QWidget(parent), m_selection(selection) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAccessibleName(tr("What both models thought of the selected token"));
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Expanding);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
  connect(&selection, &Selection::schemesChanged, this, qOverload<>(&QWidget::update));
}

void TokenReadout::setReading(std::optional<TokenReading> reading) {
  m_reading = std::move(reading);
  m_cursor.reset();
  unsetCursor();
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

void TokenReadout::setBranchable(bool branchable) {
  m_isBranchable = branchable;
  update();
}

void TokenReadout::paintHead(QPainter& painter) const {
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
}

QRectF TokenReadout::roomFor(bool compared) const {
  const QFontMetricsF head(Theme::instance().textFont(0, QFont::DemiBold)), lines(Theme::instance().textFont(-1));
  const double top = space::kOne + head.height() + 1 + 2 * (lines.height() + 1) + space::kHalf;
  const double column = (width() - 2.0 * space::kOneHalf - kGap) / 2;
  return {space::kOneHalf + (compared ? column + kGap : 0), top, column, height() - top - space::kHalf};
}

std::vector<TokenReadout::Alternative> TokenReadout::alternativesOf(const TokenOpinion& opinion, bool compared) const {
  const Theme& theme = Theme::instance();
  const QFontMetricsF titles(theme.textFont(-1, QFont::DemiBold)), words(theme.monoFont(-1));
  QRectF room = roomFor(compared);
  room.setTop(room.top() + titles.height() + 2);
  const double row = std::min(words.height() + kBarHeight + 1, room.height() / 5);
  std::vector<Alternative> result;
  double y = room.top();
  for (const auto& choice : opinion.top) {
    if (y + words.height() > room.bottom() + 1) break;
    result.push_back({{room.left(), y, room.width(), row}, choice, compared});
    y += row;
  }
  return result;
}

std::vector<TokenReadout::Alternative> TokenReadout::alternatives() const {
  if (!m_reading) return {};
  std::vector<Alternative> all = alternativesOf(m_reading->reference, false);
  for (Alternative& one : alternativesOf(m_reading->compared, true)) all.push_back(one);
  return all;
}

std::optional<std::size_t> TokenReadout::alternativeAt(const QPointF& position) const {
  const auto all = alternatives();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].place.contains(position)) return i;
  return std::nullopt;
}

std::optional<QPoint> TokenReadout::centerOf(bool compared, std::size_t row) const {
  if (!m_reading) return std::nullopt;
  const auto rows = alternativesOf(compared ? m_reading->compared : m_reading->reference, compared);
  return row < rows.size() ? std::optional(rows[row].place.center().toPoint()) : std::nullopt;
}

// The entropy stands at the right of the title, in words where there is room for them.
void TokenReadout::paintTitle(QPainter& painter, const TokenOpinion& opinion, const QRectF& room) const {
  const Theme& theme = Theme::instance();
  const QFont font = theme.textFont(-1, QFont::DemiBold), small = theme.textFont(-1);
  const QFontMetricsF titles(font), smalls(small);
  paintMark(painter, opinion.scheme ? m_selection.mark(*opinion.scheme) : SeriesMark::Circle,
            QRectF(room.left(), room.top() + titles.height() / 2 - 4, 8, 8),
            opinion.scheme ? m_selection.color(*opinion.scheme) : theme.colors().reference);
  QRectF line(room.left() + 13, room.top(), room.width() - 13, titles.height());
  if (opinion.entropy && !opinion.top.empty()) {
    const QString number = text::number(*opinion.entropy, 3);
    const QString entropy = room.width() >= kWideColumn ? tr("entropy %1 nats").arg(number) : tr("H %1").arg(number);
    painter.setFont(small);
    painter.setPen(theme.colors().textFaint);
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, entropy);
    line.setRight(line.right() - smalls.horizontalAdvance(entropy) - space::kHalf);
  }
  painter.setFont(font);
  painter.setPen(theme.colors().textMuted);
  painter.drawText(line, Qt::AlignVCenter, titles.elidedText(opinion.title, Qt::ElideRight, line.width()));
}

void TokenReadout::paintAlternative(QPainter& painter, const Alternative& alternative,
                                    const TokenOpinion& opinion) const {
  const Theme& theme = Theme::instance();
  const QRectF& place = alternative.place;
  const bool chosen = opinion.chosen && *opinion.chosen == alternative.choice.token;
  const QFontMetricsF words(theme.monoFont(-1));
  painter.setFont(theme.monoFont(-1, chosen ? QFont::Bold : QFont::Normal));
  painter.setPen(theme.colors().text);
  const double wide = place.width() - kShareWidth;
  const QString mark = chosen ? QStringLiteral("▸") : QStringLiteral(" ");
  painter.drawText(
      QRectF(place.left(), place.top(), wide, words.height()), Qt::AlignVCenter,
      words.elidedText(mark + pieceText(alternative.choice.token, m_tokenizer.get()), Qt::ElideRight, wide));
  const auto probability = static_cast<double>(alternative.choice.probability);
  painter.drawText(QRectF(place.right() - kShareWidth, place.top(), kShareWidth, words.height()),
                   Qt::AlignRight | Qt::AlignVCenter, share(probability));
  if (place.height() >= words.height() + kBarHeight)
    painter.fillRect(QRectF(place.left(), place.top() + words.height(), place.width() * probability, kBarHeight - 1),
                     opinion.scheme ? m_selection.color(*opinion.scheme) : theme.colors().reference);
}

void TokenReadout::paintOpinion(QPainter& painter, const TokenOpinion& opinion, bool compared,
                                const QString& ifNothing) const {
  const Theme& theme = Theme::instance();
  const QRectF room = roomFor(compared);
  paintTitle(painter, opinion, room);
  if (opinion.top.empty()) {
    const double top = room.top() + QFontMetricsF(theme.textFont(-1, QFont::DemiBold)).height() + 2;
    painter.setFont(theme.textFont(-1));
    painter.setPen(theme.colors().textFaint);
    painter.drawText(QRectF(room.left(), top, room.width(), room.bottom() - top), Qt::TextWordWrap, ifNothing);
    return;
  }
  const auto all = alternatives();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].compared != compared) continue;
    if (m_cursor == i && m_isBranchable) {
      painter.setPen(Qt::NoPen);
      painter.setBrush(theme.colors().hover);
      painter.drawRoundedRect(all[i].place.adjusted(-4, 0, 4, 0), space::kRadiusSmall, space::kRadiusSmall);
    }
    paintAlternative(painter, all[i], opinion);
  }
}

void TokenReadout::paintEvent(QPaintEvent*) {
  const ThemeColors& colors = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(hasFocus() ? QPen(colors.accent, 2) : QPen(colors.border, 1));
  painter.setBrush(colors.surface);
  painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), space::kRadius, space::kRadius);
  paintHead(painter);
  if (!m_reading) return;
  paintOpinion(painter, m_reading->reference, false, tr("has not read these words"));
  if (!m_reading->compared.title.isEmpty())
    paintOpinion(
        painter, m_reading->compared, true,
        m_reading->reference.chosen && !m_reading->kl ? tr("not compared here") : tr("has not read these words"));
}

void TokenReadout::moveCursor(int step) {
  const auto all = alternatives();
  if (all.empty() || !m_isBranchable) return;
  const int last = static_cast<int>(all.size()) - 1;
  const int from = m_cursor ? static_cast<int>(*m_cursor) : step > 0 ? -1 : last + 1;
  m_cursor = static_cast<std::size_t>(std::clamp(from + step, 0, last));
  const Alternative& now = all[*m_cursor];
  setAccessibleDescription(tr("%1, %2 under %3: Enter goes on there")
                               .arg(pieceText(now.choice.token, m_tokenizer.get()),
                                    share(static_cast<double>(now.choice.probability)),
                                    now.compared ? m_reading->compared.title : m_reading->reference.title));
  update();
}

void TokenReadout::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) return copy();
  const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  if (enter && m_cursor && m_isBranchable) {
    const auto all = alternatives();
    if (*m_cursor < all.size()) Q_EMIT alternativeChosen(all[*m_cursor].choice.token);
    return;
  }
  if (event->key() == Qt::Key_Down) return moveCursor(1);
  if (event->key() == Qt::Key_Up) return moveCursor(-1);
  const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
  if (step == 0) return QWidget::keyPressEvent(event);
  Q_EMIT stepped(step);
}

void TokenReadout::mousePressEvent(QMouseEvent* event) {
  setFocus(Qt::MouseFocusReason);
  const auto at = alternativeAt(event->position());
  if (at && m_isBranchable && event->button() == Qt::LeftButton)
    Q_EMIT alternativeChosen(alternatives()[*at].choice.token);
}

void TokenReadout::mouseMoveEvent(QMouseEvent* event) {
  const auto at = m_isBranchable ? alternativeAt(event->position()) : std::nullopt;
  if (at == m_cursor) return;
  m_cursor = at;
  if (at)
    setCursor(Qt::PointingHandCursor);
  else
    unsetCursor();
  setToolTip(at ? tr("All panes go on from here with this token") : QString());
  update();
}

void TokenReadout::leaveEvent(QEvent* event) {
  QWidget::leaveEvent(event);
  m_cursor.reset();
  update();
}

void TokenReadout::copy() const { QGuiApplication::clipboard()->setText(text()); }

void TokenReadout::contextMenuEvent(QContextMenuEvent* event) {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction(tr("Copy these numbers"), this, &TokenReadout::copy)->setEnabled(m_reading.has_value());
  menu->popup(event->globalPos());
}

}  // namespace app
