#include "app/calibration/calibration_notice.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <algorithm>
#include <utility>

#include "app/calibration/calibration_dialog.h"
#include "app/calibration/calibrator.h"
#include "app/selection/calibration_text.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"

namespace app {

namespace {
constexpr int kProgressWidth = 96, kProgressSteps = 100;
}

CalibrationNotice::CalibrationNotice(Selection& selection, Calibrator& calibrator, QWidget* parent)
    : QWidget(parent),
      m_selection(selection),
      m_calibrator(calibrator),
      m_label(new Label),
      m_progress(new QProgressBar),
      m_button(new QPushButton) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(space::kTwo, space::kOne, space::kOne, space::kOne);
  row->setSpacing(space::kOneHalf);
  m_label->setWrapping();
  m_progress->setTextVisible(false);
  m_progress->setAccessibleName(tr("How far the text is read"));
  keepWidth(*m_progress, kProgressWidth);
  m_button->setObjectName(QStringLiteral("calibrate"));
  row->addWidget(m_label, 1);
  row->addWidget(m_progress);
  row->addWidget(m_button);
  setObjectName(QStringLiteral("calibration-notice"));
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  connect(m_button, &QPushButton::clicked, this, [this] { startCalibration(m_selection, m_calibrator, window()); });
  connect(&selection, &Selection::calibrationChanged, this, &CalibrationNotice::refresh);
  connect(&selection, &Selection::modelChanged, this, &CalibrationNotice::refresh);
  connect(&calibrator, &Calibrator::changed, this, &CalibrationNotice::refresh);
  connect(&Theme::instance(), &Theme::changed, this, [this] { update(); });
  refresh();
}

void CalibrationNotice::setAskers(std::vector<Asker> askers) {
  m_askers = std::move(askers);
  for (const Asker& asker : m_askers) m_calibrator.want(asker.need);
  refresh();
}

void CalibrationNotice::setRecipes(const std::vector<core::model::Recipe>& recipes) {
  std::vector<Asker> askers;
  for (const auto& recipe : recipes) askers.push_back({m_selection.title(recipe), m_selection.needOf(recipe)});
  setAskers(std::move(askers));
}

QString CalibrationNotice::text() const { return isHidden() ? QString() : m_label->text(); }

void CalibrationNotice::refresh() {
  QStringList names;
  auto most = core::quant::CalibrationNeed::None;
  for (const Asker& asker : m_askers) {
    if (m_selection.waitFor(asker.need) == CalibrationWait::Nothing) continue;
    if (!names.contains(asker.name)) names << asker.name;
    most = std::max(most, asker.need);
  }
  setVisible(!names.isEmpty());
  if (names.isEmpty()) return;
  const QString who = names.size() == 1 ? names.front() : tr("%1 and %2 more").arg(names.front()).arg(names.size() - 1);
  const bool isRunning = m_calibrator.isRunning();
  const QString problem = isRunning ? QString() : m_calibrator.problem();
  m_label->setRole(problem.isEmpty() ? Label::Style::Body : Label::Style::Error);
  m_label->setText(problem.isEmpty() ? waitText(m_selection, most, who) : tr("%1: %2").arg(who, problem));
  const double progress = m_calibrator.progress();
  m_progress->setVisible(isRunning);
  m_progress->setRange(0, progress < 0 ? 0 : kProgressSteps);
  m_progress->setValue(qRound(progress * kProgressSteps));
  const bool asksFirst = !m_calibrator.usual();
  m_button->setText(isRunning ? tr("Stop") : asksFirst ? tr("Calibrate…") : tr("Calibrate"));
  m_button->setToolTip(isRunning   ? tr("Stop reading")
                       : asksFirst ? tr("Choose a text for the model to read, or open an importance matrix")
                                   : tr("Let the model read its built-in text"));
}

void CalibrationNotice::paintEvent(QPaintEvent*) {
  const ThemeColors& c = Theme::instance().colors();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(c.border);
  painter.setBrush(c.accentSoft);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), space::kRadiusSmall, space::kRadiusSmall);
}

}  // namespace app
