#include "app/workspaces/quantize/sharing_page.h"

#include <QHBoxLayout>
#include <QScopedValueRollback>
#include <QSlider>
#include <QVBoxLayout>
#include <algorithm>

#include "app/jobs/stop_notice.h"
#include "app/pictures/sharing_chart.h"
#include "app/text/numbers.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "app/workspaces/quantize/lab_cost.h"
#include "app/workspaces/quantize/lab_state.h"
#include "app/workspaces/quantize/sentence.h"
#include "core/base/error.h"
#include "core/quant/scheme_options.h"

namespace app {
namespace {

const QString kSharingTag = QStringLiteral("quantize.sharing");
/// Work (weights of plain rounding) done without a job, under each choice; weights that take long enough to be named.
constexpr std::uint64_t kAtOnce = 1U << 10U, kLong = 1U << 16U;

/// "32", "row"
QString sharingText(const core::quant::Scheme& scheme) {
  const auto* option = core::quant::sharingOption(scheme);
  return option == nullptr ? QString() : QString::fromStdString(option->print(scheme));
}

}  // namespace

SharingPage::SharingPage(LabState& state, QWidget* parent)
    : LabPage(state, parent),
      m_chart(new SharingChart),
      m_slider(new QSlider(Qt::Horizontal)),
      m_now(new Label(Label::Style::Number)),
      m_sentence(new Sentence),
      m_stop(new StopNotice(state.jobs(), kSharingTag, this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  m_chart->setObjectName(QStringLiteral("lab-sharing-chart"));
  m_chart->setMinimumHeight(Theme::instance().px(84));
  column->addWidget(framed(m_chart, tr("Error of all weights against what they cost, by how many share a scale")), 1);
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  auto* name = new Label(Label::Style::Hint, tr("weights under one scale"));
  name->setBuddy(m_slider);
  m_slider->setPageStep(1);
  m_slider->setTickPosition(QSlider::TicksBelow);
  m_slider->setTickInterval(1);
  m_slider->setAccessibleName(tr("Weights under one scale"));
  m_slider->setObjectName(QStringLiteral("lab-sharing"));
  row->addWidget(name);
  row->addWidget(m_slider, 1);
  row->addWidget(m_now);
  column->addLayout(row);
  m_sentence->setObjectName(QStringLiteral("lab-sharing-sentence"));
  column->addWidget(m_sentence);
  connect(m_slider, &QSlider::sliderPressed, this, [this] { this->state().beginGesture(); });
  connect(m_slider, &QSlider::sliderReleased, this, [this] { this->state().endGesture(); });
  connect(m_slider, &QSlider::valueChanged, this, &SharingPage::choose);
  connect(m_chart, &SharingChart::pointChosen, this, &SharingPage::choose);
  connect(m_stop, &StopNotice::stopped, this, [this] {
    m_measured.clear();
    showMessage(tr("Cancelled. It goes on when this tab is shown again."));
  });
}

void SharingPage::choose(int index) {
  if (m_refreshing || index < 0 || index >= static_cast<int>(m_choices.size())) return;
  const core::quant::Scheme& choice = m_choices[static_cast<std::size_t>(index)];
  const core::quant::Scheme& now = state().input().scheme;
  core::quant::Scheme byMethod = choice;  // the method stays, if it can
  byMethod.method = now.method;
  byMethod.activations = now.activations;
  byMethod.format.zeroPoint = now.format.zeroPoint;
  state().setScheme(byMethod.problem().empty() ? byMethod : choice);
}

void SharingPage::refresh() {
  m_chart->setProvenance(state().provenance());
  const auto choices = state().tensor() == nullptr ? std::vector<core::quant::Scheme>()
                                                   : core::metrics::sharingChoices(roundedAlone(state().input().scheme),
                                                                                   state().tensor()->shape);
  if (choices.empty()) {
    m_choices.clear();
    m_trials.clear();
    m_measured.clear();
    const QString name = QString::fromStdString(state().input().scheme.displayName());
    showMessage(state().tensor() == nullptr ? state().whyNone()
                                            : tr("How many weights share a scale is fixed in %1.").arg(name));
  } else {
    m_choices = choices;
    measure();
  }
  showChosen();
}

// Walking along the curve does not change it.
void SharingPage::measure() {
  QString question = state().weightsKey();
  for (const auto& choice : m_choices) question += u' ' + QString::fromStdString(choice.toString());
  if (question == m_measured) return;
  m_measured = question;
  m_trials.clear();
  const auto tensor = state().tensor();
  const auto work = [tensor, choices = m_choices, edits = state().edits()](const core::JobContext& job) {
    const core::quant::FlatRange all{0, tensor->shape.count()};
    return core::metrics::tryAll(choices, edits.empty() ? *tensor : *editedPart(*tensor, all, edits), 0, job);
  };
  const auto done = [this, question](std::vector<core::metrics::Trial> trials) {
    if (question == m_measured) show(std::move(trials));
  };
  const auto fail = [this](const QString& sentence) { showMessage(sentence); };
  if (tensor->shape.count() * workPerWeight(state().input().scheme) > kAtOnce) {
    // A short job is over before anybody could read of it, and the curve of the moment before stays.
    const bool isLong = tensor->shape.count() > kLong;
    if (isLong) m_chart->setMessage(tr("Computing…"));
    const QString title = isLong ? tr("Trying sizes of groups on %1").arg(state().sourceName()) : QString();
    state().jobs().run(this, {kSharingTag, title}, work, done, fail);
    if (isLong) m_stop->begin();
    return;
  }
  state().jobs().cancelTag(kSharingTag);
  try {
    done(work(core::JobContext()));
  } catch (const core::Error& error) {
    fail(QString::fromUtf8(error.what()));
  }
}

void SharingPage::showMessage(const QString& message) {
  m_stop->end();
  m_chart->setPoints({});
  m_chart->setMessage(message);
}

void SharingPage::show(std::vector<core::metrics::Trial> trials) {
  m_stop->end();
  m_trials = std::move(trials);
  std::vector<SharingChart::Point> points;
  for (const auto& trial : m_trials)
    points.push_back({sharingText(trial.scheme), trial.bitsPerWeight, trial.error.relativeError()});
  m_chart->setMessage({});
  m_chart->setPoints(std::move(points));
  showChosen();
}

void SharingPage::showChosen() {
  const QScopedValueRollback<bool> refreshing(m_refreshing, true);
  const auto found = std::find(m_choices.begin(), m_choices.end(), roundedAlone(state().input().scheme));
  const int index = found == m_choices.end() ? -1 : static_cast<int>(found - m_choices.begin());
  m_slider->setEnabled(!m_choices.empty());
  m_slider->setRange(0, std::max(0, static_cast<int>(m_choices.size()) - 1));
  if (index >= 0) m_slider->setValue(index);
  m_now->setText(index < 0 ? QString() : sharingText(*found));
  if (index < 0 || m_trials.size() != m_choices.size()) return m_sentence->clear();
  m_chart->setChosen(index);
  const auto& now = m_trials[static_cast<std::size_t>(index)];
  const auto &first = m_trials.front(), &last = m_trials.back();
  m_sentence->setText(
      tr("%1: %2, error %3 of the weights' size. From %4 to %5 the scales save %6 of a bit per weight and the error "
         "grows %7 times.")
          .arg(QString::fromStdString(now.scheme.displayName()), text::bitsPerWeight(now.bitsPerWeight),
               text::percent(now.error.relativeError(), 2), sharingText(first.scheme), sharingText(last.scheme),
               text::number(first.bitsPerWeight - last.bitsPerWeight, 3),
               text::number(last.error.relativeError() / first.error.relativeError(), 3)));
}

}  // namespace app
