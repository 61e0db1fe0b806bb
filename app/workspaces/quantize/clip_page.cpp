#include "app/workspaces/quantize/clip_page.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/jobs/stop_notice.h"
#include "app/pictures/clip_chart.h"
#include "app/text/numbers.h"
#include "app/widgets/flow_layout.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/clip_choices.h"
#include "app/workspaces/quantize/lab_cost.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/sentence.h"
#include "core/base/error.h"

namespace app {
namespace {

const QString kClipTag = QStringLiteral("quantize.clip");

/// So much work (weights of plain rounding) is done at once, without a job; a study of more weights than the second
/// takes long enough to be named.
constexpr std::uint64_t kTriedAtOnce = 1U << 10U, kLong = 1U << 16U;
constexpr int kClipBetween = 6, kLeastWidth = 260, kSliderWidth = 120;
constexpr int kChartHeight = 156;  ///< with its axes: the curve has two thirds of it

}  // namespace

ClipPage::ClipPage(LabState& state, QWidget* parent)
    : LabPage(state, parent),
      m_chart(new ClipChart),
      m_slider(new QSlider(Qt::Horizontal)),
      m_now(new Label(Label::Style::Number)),
      m_sentence(new Sentence),
      m_best(new QPushButton(tr("Take the best"))),
      m_extents(new QButtonGroup(this)),
      m_choices(new ClipChoices),
      m_stop(new StopNotice(state.jobs(), kClipTag, this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  m_chart->setObjectName(QStringLiteral("lab-clip-chart"));
  m_chart->setMinimumHeight(Theme::instance().px(kChartHeight));
  column->addWidget(framed(m_chart, tr("Mean squared error: rounding (dashed), clipping (dotted) and both")), 1);
  auto* controls = new QWidget;
  auto* flow = new FlowLayout(controls);
  flow->setSpacing(kClipBetween);
  flow->setLeastWidth(kLeastWidth);
  controls->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Minimum);
  auto* name = new Label(Label::Style::Hint, tr("clip"));
  name->setBuddy(m_slider);
  m_slider->setRange(ClipStudy::kLeastPercent, 100);
  m_slider->setMinimumWidth(Theme::instance().px(kSliderWidth));
  m_slider->setAccessibleName(tr("Clip of the range in percent"));
  m_slider->setObjectName(QStringLiteral("lab-clip"));
  m_best->setObjectName(QStringLiteral("lab-clip-best"));
  for (QWidget* widget : std::initializer_list<QWidget*>{buildExtents(), name, m_slider, m_now, m_best})
    flow->addWidget(widget);
  column->addWidget(controls);
  m_sentence->setObjectName(QStringLiteral("lab-clip-sentence"));
  column->addWidget(m_sentence);
  column->addWidget(m_choices);
  connect(m_choices, &ClipChoices::chosen, &this->state(), &LabState::takeRange);
  connect(m_stop, &StopNotice::stopped, this, [this] {
    m_computed.clear();
    showMessage(tr("Cancelled. It goes on when this tab is shown again."));
  });
  buildHand();
}

QWidget* ClipPage::buildExtents() {
  auto* extents = new QWidget;
  auto* row = new QHBoxLayout(extents);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  const std::pair<QString, QString> names[] = {
      {tr("Block"), tr("The error of the weights under one scale")},
      {tr("Row"), tr("The error of the whole row, each group clipped to the same share of its own range")},
      {tr("All weights"), tr("The error of the whole tensor, each group clipped to the same share of its own range")}};
  for (int i = 0; i < 3; ++i) {
    auto* button = new QToolButton;
    button->setText(names[i].first);
    button->setToolTip(names[i].second);
    button->setCheckable(true);
    button->setObjectName(QStringLiteral("lab-clip-of-%1").arg(i));
    m_extents->addButton(button, i);
    row->addWidget(button);
  }
  connect(m_extents, &QButtonGroup::idClicked, this, [this](int id) { setWanted(static_cast<ClipExtent>(id)); });
  return extents;
}

/// What the slider, the line of the chart and the button do.
void ClipPage::buildHand() {
  connect(m_slider, &QSlider::sliderPressed, this, [this] { state().beginGesture(); });
  connect(m_slider, &QSlider::sliderReleased, this, [this] { state().endGesture(); });
  connect(m_slider, &QSlider::valueChanged, this, [this](int percent) {
    if (!m_refreshing) state().setClip(percent / 100.0);
  });
  connect(m_chart, &ClipChart::clipBegan, this, [this] { state().beginGesture(); });
  connect(m_chart, &ClipChart::clipEnded, this, [this] { state().endGesture(); });
  connect(m_chart, &ClipChart::clipMoved, this,
          [this](double clip) { state().setClip(std::max(clip, ClipStudy::kLeastPercent / 100.0)); });
  connect(m_best, &QPushButton::clicked, this, [this] {
    if (m_chart->best() != nullptr) state().setClip(m_chart->best()->clip);
  });
}

void ClipPage::setWanted(ClipExtent extent) {
  m_wanted = extent;
  if (isShown()) refresh();
}

/// A clip is judged by what the format makes of it, whatever a method would choose.
LabRequest ClipPage::request() const {
  LabRequest request = state().request();
  request.scheme = roundedAlone(request.scheme);
  return request;
}

/// The one that was chosen, or the largest below it that is not the same weights.
ClipExtent ClipPage::extent() const {
  int extent = static_cast<int>(m_wanted);
  const LabRequest request = this->request();
  const auto together = clippedTogether(request, state().block());
  while (!isWider(request, together, static_cast<ClipExtent>(extent))) --extent;
  return static_cast<ClipExtent>(extent);
}

void ClipPage::refresh() {
  const QScopedValueRollback<bool> refreshing(m_refreshing, true);
  m_slider->setValue(qRound(100 * state().input().clip));
  m_chart->setClip(state().input().clip);
  m_chart->setProvenance(state().provenance());
  showCurve();
}

// The curve depends on the weights and the scheme; moving along it does not change it.
void ClipPage::showCurve() {
  const LabBlock& block = state().block();
  const bool isAlone = block.sharing.count == 1;  // a cast
  const bool isThere = !block.isEmpty() && !isAlone;
  m_slider->setEnabled(!isAlone);
  for (QAbstractButton* button : m_extents->buttons()) button->setEnabled(false);
  if (!isThere) {
    m_computed.clear();
    state().jobs().cancelTag(kClipTag);
    return showMessage(isAlone ? tr("Every weight is rounded for itself here: there is no range to clip.")
                       : state().problem().isEmpty() ? tr("Computing…")
                                                     : state().problem());
  }
  const LabRequest request = this->request();
  const auto together = clippedTogether(request, block);
  for (int i = 0; i < 3; ++i) m_extents->button(i)->setEnabled(isWider(request, together, static_cast<ClipExtent>(i)));
  m_extents->button(static_cast<int>(extent()))->setChecked(true);
  const auto part = extentRange(request, together, extent());
  const QString question = QStringLiteral("%1 %2 %3 %4")
                               .arg(state().weightsKey(), QString::fromStdString(request.scheme.toString()))
                               .arg(part.first)
                               .arg(part.count);
  if (question == m_computed) return say();
  m_computed = question;
  compute(part);
}

void ClipPage::compute(const core::quant::FlatRange& part) {
  const LabRequest request = this->request();
  const auto show = [this, question = m_computed](ClipStudy study) {
    if (question == m_computed) take(std::move(study));
  };
  const auto fail = [this](const QString& sentence) { showMessage(sentence); };
  const auto needed = std::max(part.count, request.context().count);
  if (needed * workPerWeight(request.scheme) > kTriedAtOnce) {
    // A short job is over before anybody could read of it, and the curve of the moment before stays.
    const bool isLong = needed > kLong;
    if (isLong) showMessage(tr("Computing…"));
    state().jobs().run(
        this, {kClipTag, isLong ? tr("Clipping %1").arg(state().sourceName()) : QString()},
        [request, part](const core::JobContext& job) { return studyClip(request, part, job); }, show, fail);
    if (isLong) m_stop->begin();
    return;
  }
  state().jobs().cancelTag(kClipTag);
  try {
    show(studyClip(request, part));
  } catch (const core::Error& error) {
    fail(QString::fromUtf8(error.what()));
  }
}

void ClipPage::take(ClipStudy study) {
  m_stop->end();
  m_study = std::move(study);
  m_chart->setMessage({});
  m_chart->setCurve(m_study.curve);
  say();
}

void ClipPage::showMessage(const QString& message) {
  m_stop->end();
  m_study = {};
  m_chart->setCurve({});
  m_chart->setMessage(message);
  say();
}

void ClipPage::say() {
  const double clip = state().input().clip;
  m_now->setText(text::percent(clip, 0));
  const auto *best = m_chart->best(), *now = m_chart->at(clip), *none = m_chart->at(1);
  m_best->setEnabled(best != nullptr && qRound(100 * best->clip) != qRound(100 * clip));
  m_choices->setVisible(best != nullptr);
  if (best != nullptr) m_choices->setChoices(roundedAlone(state().input().scheme), m_study.choices);
  m_sentence->setVisible(best != nullptr);
  if (best == nullptr) return m_sentence->clear();
  QString text = tr("At %1: error %2.").arg(text::percent(clip, 0), text::number(now->total(), 3));
  if (clip < 1) text += u' ' + tr("Without clipping %1.").arg(text::number(none->total(), 3));
  if (none->total() == 0)
    text += u' ' + tr("Nothing is lost without a clip.");
  else if (best->clip > 0.995)
    text += u' ' + tr("The maximum is the best end here: a cut costs more than finer steps save.");
  else
    text += u' ' + tr("Least at %1: %2, since finer steps for all save more than the cut costs.")
                       .arg(text::percent(best->clip, 0), text::number(best->total(), 3));
  m_sentence->setText(text);
}

}  // namespace app
