#include "app/workspaces/chat/token_strip.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "app/text/numbers.h"
#include "app/widgets/theme.h"
#include "app/workspaces/chat/word_axis.h"

namespace app {

namespace {

constexpr int kLow = -6, kHigh = 2;  ///< powers of ten of the axis
constexpr double kLeastBar = 0.06;   ///< in powers of ten: a comparison without any difference is still a bar
constexpr double kLeastTop = 1;      ///< nats: a model that is sure everywhere does not fill the picture
constexpr double kFewest = 16;       ///< tokens the axis is wide at least
constexpr Length kLeft{54}, kTop{22};
QMargins margins() { return {kLeft, kTop, 8, WordAxis::kHeight}; }

/// Height of a bar, in powers of ten above the foot of the axis.
double barHeight(double kl) {
  if (!(kl > 0)) return kLeastBar;
  return std::clamp(std::log10(kl) - kLow, kLeastBar, static_cast<double>(kHigh - kLow));
}

QString axisTitle(TokenFigure figure) {
  switch (figure) {
    case TokenFigure::Kl:
      return TokenStrip::tr("KL (nats)");
    case TokenFigure::Surprise:
      return TokenStrip::tr("surprise (nats)");
    case TokenFigure::Entropy:
      return TokenStrip::tr("entropy (nats)");
  }
  return {};
}

}  // namespace

QString nameOf(TokenFigure figure) {
  switch (figure) {
    case TokenFigure::Kl:
      return TokenStrip::tr("KL divergence");
    case TokenFigure::Surprise:
      return TokenStrip::tr("Surprise");
    case TokenFigure::Entropy:
      return TokenStrip::tr("Entropy");
  }
  return {};
}

TokenStrip::TokenStrip(QWidget* parent)
    : Chart(parent),
      m_color(Theme::instance().colors().accent),
      m_bars(new QCPBars(xAxis, yAxis)),
      m_referenceBars(new QCPBars(xAxis, yAxis)),
      m_selection(new QCPItemRect(this)),
      m_parting(new QCPItemStraightLine(this)),
      m_partingText(new QCPItemText(this)),
      m_note(new QCPItemText(this)),
      m_words(new WordAxis(xAxis)) {
  setTitle(tr("KL divergence per token"));
  axisRect()->setAutoMargins(QCP::msNone);
  axisRect()->setMargins(margins());
  axisRect()->setRangeZoom(Qt::Horizontal);
  axisRect()->setRangeDrag(Qt::Horizontal);
  xAxis->setTicks(false);
  xAxis->setTickLabels(false);
  m_selection->setLayer(QStringLiteral("grid"));
  for (QCPItemPosition* corner : {m_selection->topLeft, m_selection->bottomRight}) {
    corner->setTypeX(QCPItemPosition::ptPlotCoords);
    corner->setTypeY(QCPItemPosition::ptAxisRectRatio);
  }
  m_partingText->setClipToAxisRect(false);
  m_partingText->position->setTypeX(QCPItemPosition::ptPlotCoords);
  m_partingText->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
  m_note->position->setType(QCPItemPosition::ptAxisRectRatio);
  m_note->position->setCoords(0.5, 0.4);
  applyColors();
  showContent();
}

void TokenStrip::setContent(Content content) {
  if (content == m_content) return;
  const bool sameLength = content.words.size() == m_content.words.size();
  m_content = std::move(content);
  if (!sameLength) {
    xAxis->setRange(-0.5, std::max(static_cast<double>(m_content.words.size()), kFewest) - 0.5);
    rememberHome();
  }
  showContent();
}

void TokenStrip::setColor(const QColor& color) {
  if (m_color == color) return;
  m_color = color;
  applyColors();
  replot(QCustomPlot::rpQueuedReplot);
}

void TokenStrip::setSelected(std::optional<std::size_t> index) {
  if (m_selected == index) return;
  m_selected = index;
  showContent();
}

void TokenStrip::setScale() {
  double top = kLeastTop;
  for (const auto* values : {&m_content.values, &m_content.reference})
    for (const auto& value : *values) top = std::max(top, value.value_or(0));
  setAxisTitles({}, axisTitle(m_content.figure));
  yAxis->setRange(isLogarithmic() ? kLow : 0, isLogarithmic() ? kHigh : 1.05 * top);
  for (QCPBars* bars : {m_bars, m_referenceBars}) {
    bars->setBaseValue(isLogarithmic() ? kLow : 0);
    bars->setWidth(isLogarithmic() ? 0.8 : 0.4);
  }
  if (isLogarithmic())
    labelDecades();
  else
    yAxis->setTicker(QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
}

// Two bars share a token's place: the reference's stands left.
void TokenStrip::showBars() {
  const double shift = isLogarithmic() ? 0 : 0.2;
  const auto show = [this](QCPBars* bars, const std::vector<std::optional<double>>& values, double by) {
    QVector<double> keys, heights;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i]) continue;
      keys.append(static_cast<double>(i) + by);
      heights.append(isLogarithmic() ? barHeight(*values[i]) : *values[i]);
    }
    bars->setData(keys, heights, true);
  };
  show(m_bars, m_content.values, shift);
  show(m_referenceBars, m_content.reference, -shift);
}

void TokenStrip::showParting() {
  m_parting->setVisible(m_content.parting.has_value());
  m_partingText->setVisible(m_content.parting.has_value());
  if (!m_content.parting) return;
  const double at = static_cast<double>(*m_content.parting) - 0.5;
  m_parting->point1->setCoords(at, yAxis->range().lower);
  m_parting->point2->setCoords(at, yAxis->range().upper);
  m_partingText->setText(tr("the answers part here"));
  const bool left = at > xAxis->range().center();
  m_partingText->setPositionAlignment((left ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignBottom);
  m_partingText->position->setCoords(at, -0.01);
}

// Worth a word first: the selected token, the parting, then the largest figures.
void TokenStrip::showWords() {
  std::vector<std::size_t> order(static_cast<std::size_t>(m_content.words.size()));
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto weight = [this](std::size_t i) {
    if (m_selected == i || m_content.parting == i) return std::numeric_limits<double>::infinity();
    return i < m_content.values.size() ? m_content.values[i].value_or(-1) : -1;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return weight(a) > weight(b); });
  m_words->setWords(m_content.words, std::move(order));
  m_words->setSelected(m_selected);
}

void TokenStrip::showContent() {
  setScale();
  showBars();
  const bool selected = m_selected && *m_selected < m_content.values.size();
  m_selection->setVisible(selected);
  if (selected) {
    m_selection->topLeft->setCoords(static_cast<double>(*m_selected) - 0.5, 0);
    m_selection->bottomRight->setCoords(static_cast<double>(*m_selected) + 0.5, 1);
    setAccessibleDescription(readout({static_cast<double>(*m_selected), 0}).value_or(QString()));
  }
  showParting();
  m_note->setText(m_content.note);
  m_note->setVisible(!m_content.note.isEmpty());
  showWords();
  replot(QCustomPlot::rpQueuedReplot);
}

// Every power of ten has its tick; names are left out where they would touch.
void TokenStrip::labelDecades() {
  QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
  const double room = axisRect()->height() > 0 ? axisRect()->height() : height() - margins().top() - margins().bottom();
  const double decade = room / (kHigh - kLow);
  const QFontMetricsF metrics(yAxis->tickLabelFont());
  const int step = decade >= metrics.ascent() ? 1 : 2;
  for (int power = kLow; power <= kHigh; ++power) {
    const bool named = (kHigh - power) % step == 0;
    const QString name = power == 0  ? QStringLiteral("1")
                         : power > 0 ? QString::number(std::pow(10, power))
                                     : QStringLiteral("10") + text::superscript(power);
    ticker->addTick(power, named ? name : QString());
  }
  yAxis->setTicker(ticker);
}

void TokenStrip::applyColors() {
  const ThemeColors& colors = Theme::instance().colors();
  m_bars->setPen(Qt::NoPen);
  m_bars->setBrush(m_color);
  m_referenceBars->setPen(Qt::NoPen);
  m_referenceBars->setBrush(colors.reference);
  m_selection->setPen(Qt::NoPen);
  m_selection->setBrush(colors.selection);
  m_parting->setPen(QPen(colors.sign, 1.5, Qt::DashLine));
  for (QCPItemText* text : {m_partingText, m_note}) text->setFont(Theme::instance().textFont(-1));
  m_partingText->setColor(colors.sign);
  m_note->setColor(colors.textFaint);
  yAxis->setLabelPadding(1);
  xAxis->setTickPen(Qt::NoPen);
}

std::optional<std::size_t> TokenStrip::tokenAt(QPointF coordinates) const {
  const double index = std::round(coordinates.x());
  if (index < 0 || index >= static_cast<double>(m_content.values.size())) return std::nullopt;
  return static_cast<std::size_t>(index);
}

std::optional<QString> TokenStrip::readout(QPointF coordinates) const {
  const auto at = tokenAt(coordinates);
  if (!at) return std::nullopt;
  const auto nats = [](const std::optional<double>& value) {
    return value ? tr("%1 nats").arg(text::number(*value, 3)) : tr("not compared");
  };
  QString value = nats(m_content.values[*at]);
  if (*at < m_content.reference.size() && m_content.reference[*at])
    value = tr("%1; reference %2").arg(value, nats(m_content.reference[*at]));
  return tr("Token %1, %2: %3").arg(text::count(*at + 1), m_content.words.value(static_cast<qsizetype>(*at)), value);
}

void TokenStrip::clickedAt(QPointF coordinates) {
  if (const auto at = tokenAt(coordinates)) Q_EMIT tokenClicked(static_cast<int>(*at));
}

void TokenStrip::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
  if (step == 0 || m_content.values.empty()) return Chart::keyPressEvent(event);
  const int last = static_cast<int>(m_content.values.size()) - 1;
  const int from = m_selected ? static_cast<int>(*m_selected) : step > 0 ? -1 : last + 1;
  Q_EMIT tokenClicked(std::clamp(from + step, 0, last));
}

void TokenStrip::resizeEvent(QResizeEvent* event) {
  Chart::resizeEvent(event);
  if (isLogarithmic()) labelDecades();
}

QPoint TokenStrip::centerOf(std::size_t index) const {
  return {static_cast<int>(xAxis->coordToPixel(static_cast<double>(index))), axisRect()->center().y()};
}

ChartTable TokenStrip::table() const {
  ChartTable result;
  result.columns = {tr("token"), tr("index"), axisTitle(m_content.figure)};
  if (!isLogarithmic()) result.columns << tr("reference (nats)");
  result.rowLabels = m_content.words;
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i < m_content.values.size(); ++i) {
    result.rows.push_back({static_cast<double>(i + 1), m_content.values[i].value_or(kNone)});
    if (!isLogarithmic()) result.rows.back().push_back(m_content.reference[i].value_or(kNone));
  }
  return result;
}

}  // namespace app
