#include "app/workspaces/compare/candidate_card.h"

#include <QPainter>
#include <QPushButton>
#include <algorithm>

#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr Length kFillHeight{10};
QString roomText(double bytes) { return text::bytes(static_cast<std::uint64_t>(std::max(bytes, 0.0))); }
}  // namespace

/// The device's memory as one bar: weights, keys and values, the rest of what is taken.
class CandidateCard::Fill final : public QWidget {
 public:
  Fill() {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&Theme::instance(), &Theme::changed, this, [this] { updateGeometry(); });
  }
  void show(const DevicePlan& plan, const QColor& color) {
    m_plan = plan;
    m_color = color;
    const MemoryParts& parts = plan.parts;
    setToolTip(
        tr("weights %1, keys and values %2, compute %3, driver and system %4")
            .arg(roomText(parts.weights), roomText(parts.kvCache), roomText(parts.compute), roomText(parts.overhead)));
    setAccessibleName(tr("Memory"));
    setAccessibleDescription(toolTip());
    update();
  }
  QSize sizeHint() const override { return {80, kFillHeight}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    const ThemeColors& colors = Theme::instance().colors();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colors.sunken);
    painter.drawRoundedRect(rect(), 3, 3);
    const MemoryParts& parts = m_plan.parts;
    double at = 0;
    for (const auto& [bytes, color] : {std::pair(parts.overhead, colors.borderStrong),
                                       {parts.weights, m_color},
                                       {parts.kvCache, mix(m_color, colors.surface, 0.45)},
                                       {parts.compute, mix(m_color, colors.surface, 0.72)}}) {
      const double wide = width() * bytes / std::max(m_plan.capacity, 1.0);
      painter.fillRect(QRectF(at, 0, wide, height()), color);
      at += wide;
    }
  }

 private:
  DevicePlan m_plan;
  QColor m_color;
};

CandidateCard::CandidateCard(QWidget* parent)
    : Card({}, parent),
      m_role(new Label(Label::Style::Hint)),
      m_name(new Label(Label::Style::Title)),
      m_figures(new Label(Label::Style::Muted)),
      m_reasons(new Label(Label::Style::Body)),
      m_cost(new Label(Label::Style::Number)),
      m_fill(new Fill),
      m_use(new QPushButton(tr("Use it"))) {
  body()->setSpacing(space::kOne);
  body()->addWidget(m_role);
  body()->addWidget(m_name);
  body()->addWidget(m_fill);
  m_figures->setWrapping();
  body()->addWidget(m_figures);
  m_reasons->setWrapping();
  m_reasons->setTextFormat(Qt::RichText);
  body()->addWidget(m_reasons);
  body()->addWidget(m_cost);
  body()->addStretch(1);
  m_use->setToolTip(tr("Ticks the scheme and makes it the current one"));
  body()->addWidget(m_use, 0, Qt::AlignLeft);
  connect(m_use, &QPushButton::clicked, this, &CandidateCard::useWanted);
  setObjectName(QStringLiteral("candidate"));
}

void CandidateCard::show(const Candidate& candidate, const QString& title, const QColor& color, const QString& cost,
                         bool isFirst) {
  m_scheme = candidate.scheme;
  m_role->setText(QString::fromStdString(candidate.role));
  m_role->setRole(isFirst ? Label::Style::Heading : Label::Style::Hint);
  m_name->setText(title);
  setAccessibleName(title + QStringLiteral(", ") + QString::fromStdString(candidate.role));
  m_use->setAccessibleName(tr("Use %1").arg(title));
  m_figures->setText(tr("%1 of %2 · %3")
                         .arg(roomText(candidate.plan.parts.total()), roomText(candidate.plan.capacity),
                              text::bitsPerWeight(candidate.bitsPerWeight)));
  QString reasons = QStringLiteral("<ul style='margin:0 0 0 -22px'>");
  for (const std::string& reason : candidate.reasons)
    reasons +=
        QStringLiteral("<li style='margin-bottom:4px'>%1</li>").arg(QString::fromStdString(reason).toHtmlEscaped());
  m_reasons->setText(reasons + QStringLiteral("</ul>"));
  m_cost->setText(cost);
  m_cost->setVisible(!cost.isEmpty());
  m_fill->show(candidate.plan, color);
  QWidget::show();
}

}  // namespace app
