#include "app/workspaces/inspect/statistics_row.h"

#include <QGridLayout>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

/// How the histogram draws it: a bar, or a line.
class Swatch : public QWidget {
 public:
  Swatch() { keepWidth(*this, kWidth); }
  void setBar() { m_isBar = true; }
  void setLine(const QColor& color, Qt::PenStyle style) {
    m_color = color;
    m_style = style;
    update();
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const ThemeColors& c = Theme::instance().colors();
    QPainter painter(this);
    if (m_isBar) {
      const int high = 2 * height() / 3;
      return painter.fillRect(QRect(0, (height() - high) / 2, width(), high), mix(c.surface, c.reference, 0.62));
    }
    painter.setPen(QPen(m_color, 2, m_style));
    painter.drawLine(0, height() / 2, width(), height() / 2);
  }

 private:
  static constexpr double kWidth = 16;
  bool m_isBar = false;
  QColor m_color;
  Qt::PenStyle m_style = Qt::SolidLine;
};

namespace {

enum Column { Min, Max, Mean, Deviation, Kurtosis, Outliers, Zeros, NoNumbers, Sqnr };
constexpr int kFirstColumn = 2;  // of the grid: swatch and title come before
constexpr Length kRoomForAll{660}, kLeast{520};
constexpr Length kLeastTitle{34}, kMostTitle{130};
constexpr Column kGoFirst[] = {Kurtosis, Zeros};  // where there is no room; the wide table has them

/// NaN: no finite value has it.
QString figure(double value, int digits) {
  return std::isnan(value) ? QStringLiteral("–") : text::number(value, digits);
}

/// "2, first [3, 17]"
QString located(const core::metrics::NonFinite& values) {
  const QString count = text::count(values.count());
  return values.first
             ? StatisticsRow::tr("%1, first [%2, %3]").arg(count).arg(values.first->row).arg(values.first->column)
             : count;
}

/// By column, as far as stored weights have them.
QStringList textsOf(const core::metrics::TensorStats& stats) {
  return {figure(stats.min, 4),
          figure(stats.max, 4),
          figure(stats.mean, 3),
          figure(stats.standardDeviation, 4),
          figure(stats.kurtosis, 3),
          text::count(stats.outliers6Sigma),
          text::count(stats.zeros),
          located(stats.nonFinite),
          {}};
}

QString sqnrText(const core::metrics::ErrorStats& error) {
  return error.outcome() == core::metrics::Outcome::Exact ? StatisticsRow::tr("exact") : text::decibel(error.sqnrDb());
}

}  // namespace

StatisticsRow::StatisticsRow(QWidget* parent)
    : QWidget(parent),
      m_grid(new QGridLayout(this)),
      m_storedSwatch(new Swatch),
      m_comparedSwatch(new Swatch),
      m_storedTitle(new Label(Label::Style::Hint, tr("stored"))),
      m_comparedTitle(new Label(Label::Style::Hint)),
      m_note(new Label(Label::Style::Hint)) {
  m_grid->setContentsMargins(0, 0, 0, 0);
  m_grid->setHorizontalSpacing(space::kOneHalf);
  m_grid->setVerticalSpacing(0);
  const std::pair<QString, QString> columns[] = {
      {tr("min"), tr("Smallest weight")},
      {tr("max"), tr("Largest weight")},
      {tr("mean"), tr("Mean of the weights")},
      {tr("σ"), tr("Standard deviation")},
      {tr("kurtosis"), tr("3 for a Gaussian; more means heavier tails")},
      {tr("beyond 6σ"), tr("Weights farther than six standard deviations from the mean")},
      {tr("zeros"), tr("Weights that are exactly zero")},
      {tr("NaN, ∞"), tr("Values that are no numbers: no other figure here takes them")},
      {tr("SQNR"), tr("Signal to quantization noise: the energy of the stored weights over that of the error")},
  };
  for (const auto& [name, help] : columns) {
    auto* caption = new Label(Label::Style::Hint, name);
    caption->setToolTip(help);
    m_grid->addWidget(caption, 0, kFirstColumn + static_cast<int>(m_captions.size()));
    m_captions.push_back(caption);
  }
  m_storedSwatch->setBar();
  m_values = addLine(1, m_storedSwatch, m_storedTitle, tr("%1, stored"));
  m_compared = addLine(2, m_comparedSwatch, m_comparedTitle, tr("%1, laid over"));
  m_comparedTitle->setObjectName(QStringLiteral("overlay-title"));
  m_note->setElide(Qt::ElideRight);
  m_note->setObjectName(QStringLiteral("overlay-note"));
  m_grid->addWidget(m_note, 2, kFirstColumn, 1, Sqnr + 1);
  m_grid->setColumnStretch(kFirstColumn + Sqnr + 1, 1);
  arrange();
}

StatisticsRow::Values StatisticsRow::addLine(int row, Swatch* swatch, Label* title, const QString& accessibleName) {
  title->setElide(Qt::ElideMiddle);
  title->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  m_grid->addWidget(swatch, row, 0);
  m_grid->addWidget(title, row, 1);
  Values values;
  for (int column = Min; column <= Sqnr; ++column) {
    const Label* caption = m_captions[static_cast<std::size_t>(column)];
    auto* value = new Label(Label::Style::Number);
    value->setAccessibleName(accessibleName.arg(caption->text()));
    value->setToolTip(caption->toolTip());
    m_grid->addWidget(value, row, kFirstColumn + column);
    values.push_back(value);
  }
  return values;
}

void StatisticsRow::setStatistics(const core::metrics::TensorStats* stats, const QString& problem) {
  const QString none = problem.isEmpty() ? QStringLiteral("…") : QStringLiteral("–");
  const QStringList texts = stats != nullptr ? textsOf(*stats) : QStringList(Sqnr, none) << QString();
  for (std::size_t i = 0; i < m_values.size(); ++i) m_values[i]->setText(texts[static_cast<qsizetype>(i)]);
}

void StatisticsRow::setCompared(const std::optional<Compared>& compared) {
  m_hasCompared = compared.has_value();
  m_hasNote = compared && compared->stats == nullptr;
  if (compared) {
    m_comparedTitle->setText(compared->title);
    m_comparedTitle->setToolTip(compared->title);
    m_comparedSwatch->setLine(compared->color, compared->line);
    m_note->setText(compared->note);
  }
  QStringList texts(Sqnr + 1);
  if (compared && compared->stats != nullptr) {
    texts = textsOf(*compared->stats);
    texts[Sqnr] = sqnrText(*compared->error);
  }
  for (std::size_t i = 0; i < m_compared.size(); ++i) m_compared[i]->setText(texts[static_cast<qsizetype>(i)]);
  arrange();
}

QSize StatisticsRow::minimumSizeHint() const { return {kLeast, QWidget::minimumSizeHint().height()}; }

void StatisticsRow::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  arrange();
}

void StatisticsRow::arrange() {
  const bool isWide = width() >= kRoomForAll;
  for (int column = Min; column <= Sqnr; ++column) {
    const bool hasRoom = isWide || std::ranges::find(kGoFirst, column) == std::end(kGoFirst);
    const bool isAsked = column != Sqnr || (m_hasCompared && !m_hasNote);
    const auto at = static_cast<std::size_t>(column);
    for (Label* label : {m_captions[at], m_values[at]}) label->setVisible(hasRoom && isAsked);
    m_compared[at]->setVisible(hasRoom && isAsked && m_hasCompared && !m_hasNote);
  }
  for (QWidget* widget : {static_cast<QWidget*>(m_storedSwatch), static_cast<QWidget*>(m_storedTitle),
                          static_cast<QWidget*>(m_comparedSwatch), static_cast<QWidget*>(m_comparedTitle)})
    widget->setVisible(m_hasCompared);
  for (Label* title : {m_storedTitle, m_comparedTitle}) {
    title->setMinimumWidth(kLeastTitle);
    title->setMaximumWidth(kMostTitle);
  }
  m_note->setVisible(m_hasNote);
}

}  // namespace app
