#include "app/workspaces/quantize/clip_page.h"

#include <QHBoxLayout>
#include <QPushButton>
#include <QScopedValueRollback>
#include <QSlider>
#include <QVBoxLayout>
#include <algorithm>

#include "app/pictures/clip_chart.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/lab_state.h"
#include "core/base/error.h"
#include "core/quant/scheme_options.h"

namespace app {
namespace {

const QString kTag = QStringLiteral("quantize.clip");

/// So many values are quantized for a curve at once, without a job.
constexpr std::uint64_t kAtOnce = 1U << 16U;
constexpr int kLeastClip = 5, kStep = 2;  ///< percent
constexpr int kSentenceWidth = 640;

std::vector<double> clips() {
  std::vector<double> result;
  for (int percent = 100; percent >= kLeastClip; percent -= kStep) result.push_back(percent / 100.0);
  std::reverse(result.begin(), result.end());
  return result;
}

}  // namespace

ClipPage::ClipPage(LabState& state, QWidget* parent)
    : LabPage(state, parent),
      m_chart(new ClipChart),
      m_slider(new QSlider(Qt::Horizontal)),
      m_now(new Label(Label::Style::Number)),
      m_sentence(new Label(Label::Style::Body)),
      m_best(new QPushButton(tr("Take the best"))) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  m_chart->setObjectName(QStringLiteral("lab-clip-chart"));
  m_chart->setMinimumHeight(Theme::instance().px(84));
  column->addWidget(framed(m_chart, tr("Mean squared error: rounding (dashed), clipping (dotted) and both")), 1);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  auto* name = new Label(Label::Style::Hint, tr("clip"));
  name->setBuddy(m_slider);
  m_slider->setRange(kLeastClip, 100);
  m_slider->setAccessibleName(tr("Clip of the range in percent"));
  m_slider->setObjectName(QStringLiteral("lab-clip"));
  m_best->setObjectName(QStringLiteral("lab-clip-best"));
  row->addWidget(name);
  row->addWidget(m_slider, 1);
  row->addWidget(m_now);
  row->addWidget(m_best);
  column->addLayout(row);
  m_sentence->setWrapping();
  m_sentence->setMinimumWidth(Theme::instance().px(kSentenceWidth));
  m_sentence->setObjectName(QStringLiteral("lab-clip-sentence"));
  column->addWidget(m_sentence);
  connect(m_slider, &QSlider::sliderPressed, this, [this] { this->state().beginGesture(); });
  connect(m_slider, &QSlider::sliderReleased, this, [this] { this->state().endGesture(); });
  connect(m_slider, &QSlider::valueChanged, this, [this](int percent) {
    if (!m_refreshing) this->state().setClip(percent / 100.0);
  });
  connect(m_chart, &ClipChart::clipBegan, this, [this] { this->state().beginGesture(); });
  connect(m_chart, &ClipChart::clipEnded, this, [this] { this->state().endGesture(); });
  connect(m_chart, &ClipChart::clipMoved, this,
          [this](double clip) { this->state().setClip(std::max(clip, kLeastClip / 100.0)); });
  connect(m_best, &QPushButton::clicked, this, [this] {
    if (m_chart->best() != nullptr) this->state().setClip(m_chart->best()->clip);
  });
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
  m_slider->setEnabled(!isAlone);
  if (block.isEmpty() || isAlone) {
    m_computed.clear();
    state().jobs().cancelTag(kTag);
    m_chart->setCurve({});
    m_chart->setMessage(isAlone ? tr("Every weight is rounded for itself here: there is no range to clip.")
                        : state().problem().isEmpty() ? tr("Computing…")
                                                      : state().problem());
    return say();
  }
  const QString question = QStringLiteral("%1 %2 %3 %4")
                               .arg(state().weightsKey(), QString::fromStdString(block.scheme.toString()))
                               .arg(block.sharing.first)
                               .arg(block.sharing.count);
  if (question == m_computed) return say();
  m_computed = question;
  const auto work = [scheme = block.scheme, source = block.unclipped,
                     range = core::quant::FlatRange{block.sharing.first - block.sourceFirst, block.sharing.count}](
                        const core::JobContext& job) {
    return core::metrics::clipCurve(scheme, *source, range, clips(), job);
  };
  const auto show = [this, question](std::vector<core::metrics::ClipCost> curve) {
    if (question != m_computed) return;
    m_chart->setMessage({});
    m_chart->setCurve(std::move(curve));
    say();
  };
  const auto fail = [this](const QString& sentence) {
    m_chart->setCurve({});
    m_chart->setMessage(sentence);
    say();
  };
  if (block.unclipped->shape.count() * clips().size() > kAtOnce) {
    state().jobs().run(this, {kTag, tr("Clipping the range")}, work, show, fail);
    return;
  }
  state().jobs().cancelTag(kTag);
  try {
    show(work(core::JobContext()));
  } catch (const core::Error& error) {
    fail(QString::fromUtf8(error.what()));
  }
}

void ClipPage::say() {
  const double clip = state().input().clip;
  m_now->setText(text::percent(clip, 0));
  const auto *best = m_chart->best(), *now = m_chart->at(clip), *none = m_chart->at(1);
  m_best->setEnabled(best != nullptr && qRound(100 * best->clip) != qRound(100 * clip));
  if (best == nullptr) return m_sentence->clear();
  QString text = tr("At %1 the error is %2, without clipping %3.")
                     .arg(text::percent(clip, 0), text::number(now->total(), 3), text::number(none->total(), 3));
  if (best->clip > 0.995)
    text += u' ' + tr("Here the maximum is the best end: cutting more off costs more than finer steps save.");
  else
    text +=
        u' ' + tr("Least is %1 at %2: cutting off the largest weights costs less than the finer steps for all others "
                  "save.")
                   .arg(text::number(best->total(), 3), text::percent(best->clip, 0));
  if (core::quant::withOption(state().input().scheme, "range", "mse"))
    text += u' ' + tr("The option range=mse looks for such a range by itself.");
  m_sentence->setText(text);
}

}  // namespace app
