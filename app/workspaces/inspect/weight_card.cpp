#include "app/workspaces/inspect/weight_card.h"

#include <QGridLayout>
#include <QToolButton>
#include <cmath>

#include "app/text/numbers.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {
namespace {

/// "−0.0123, error +4.4×10⁻⁴ (3.1 %)"
QString withError(float original, float other) {
  const double error = static_cast<double>(other) - static_cast<double>(original);
  QString text = text::number(static_cast<double>(other), 5);
  if (error == 0) return WeightCard::tr("%1, exact").arg(text);
  text += WeightCard::tr(", error %1").arg(text::number(error, 3));
  if (std::isfinite(error) && original != 0)
    text += QStringLiteral(" (%1)").arg(text::percent(std::abs(error / static_cast<double>(original))));
  return text;
}

}  // namespace

WeightCard::WeightCard(QWidget* parent)
    : QWidget(parent),
      m_stored(new Label(Label::Style::Body)),
      m_quantized(new Label(Label::Style::Body)),
      m_compared(new Label(Label::Style::Body)),
      m_open(new QToolButton) {
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(space::kTwo);
  grid->setVerticalSpacing(0);
  grid->setColumnStretch(0, 1);
  grid->addWidget(m_stored, 0, 0);
  grid->addWidget(m_quantized, 1, 0);
  grid->addWidget(m_compared, 2, 0);
  grid->addWidget(m_open, 0, 1, 2, 1, Qt::AlignVCenter);
  for (Label* label : {m_quantized, m_compared}) label->setElide(Qt::ElideRight);
  for (Label* label : {m_stored, m_quantized, m_compared}) label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  m_open->setText(tr("Open in Bits"));
  m_open->setIcon(icon(QStringLiteral("bits")));
  m_open->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  m_open->setToolTip(tr("Show this weight in every format, bit by bit (double click on a bar, a pixel or a value)"));
  m_open->setObjectName(QStringLiteral("open-in-bits"));
  connect(m_open, &QToolButton::clicked, this, &WeightCard::openInBits);
  setObjectName(QStringLiteral("weight-card"));
  setAccessibleName(tr("Selected weight"));
  showNothing();
}

void WeightCard::showNothing() {
  m_stored->setText(tr("Click a bar, a pixel of the map or a value to see one weight."));
  m_quantized->hide();
  m_compared->hide();
  m_open->setEnabled(false);
}

void WeightCard::showWeight(const QString& place, float value, const QString& hex) {
  m_stored->setText(QStringLiteral("%1 = %2%3")
                        .arg(place, text::number(static_cast<double>(value), 6),
                             hex.isEmpty() ? QString() : QStringLiteral("  ") + hex));
  m_quantized->hide();
  m_compared->hide();
  m_open->setEnabled(true);
}

void WeightCard::showQuantized(const QString& scheme, float original, float quantized) {
  m_quantized->setText(tr("%1: %2").arg(scheme, withError(original, quantized)));
  m_quantized->show();
}

void WeightCard::showNote(const QString& scheme, const QString& note) {
  m_quantized->setText(tr("%1: %2").arg(scheme, note));
  m_quantized->show();
}

void WeightCard::showCompared(const QString& model, float original, float compared) {
  m_compared->setText(tr("%1: %2").arg(model, withError(original, compared)));
  m_compared->show();
}

QString WeightCard::text() const {
  QStringList parts{m_stored->text()};
  for (const Label* label : {m_quantized, m_compared})
    if (!label->isHidden()) parts.append(label->text());
  return parts.join(QStringLiteral(" · "));
}

}  // namespace app
