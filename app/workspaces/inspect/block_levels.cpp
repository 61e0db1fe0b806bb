#include "app/workspaces/inspect/block_levels.h"

#include <algorithm>

#include "app/jobs/stop_notice.h"

namespace app {

namespace {
const QString kTag = QStringLiteral("inspect.levels");
}

BlockLevels::BlockLevels(Selection& selection, JobRunner& jobs, QObject* parent)
    : QObject(parent), m_selection(selection), m_jobs(jobs), m_stop(new StopNotice(jobs, kTag, this)) {
  connect(m_stop, &StopNotice::stopped, this, [this] {
    m_cancelled = true;
    Q_EMIT computed();
  });
}

void BlockLevels::reset() {
  m_stop->end();
  m_jobs.cancelTag(kTag);
  m_views.clear();
}

void BlockLevels::forgetCalibrated() {
  std::erase_if(m_views, [](const SchemeView& view) {
    return core::quant::calibrationNeed(view.scheme) != core::quant::CalibrationNeed::None;
  });
}

const SchemeView* BlockLevels::find(const core::quant::Scheme& scheme) const {
  const auto found =
      std::find_if(m_views.begin(), m_views.end(), [&](const SchemeView& view) { return view.scheme == scheme; });
  return found == m_views.end() ? nullptr : &*found;
}

void BlockLevels::request(const Subject& subject, std::uint64_t around) {
  if (!(subject == m_subject)) reset();
  m_subject = subject;
  std::vector<core::quant::Scheme> schemes;
  const auto want = [&](const std::optional<core::quant::Scheme>& scheme) {
    if (scheme && std::find(schemes.begin(), schemes.end(), *scheme) == schemes.end()) schemes.push_back(*scheme);
  };
  for (const auto& recipe : m_selection.checkedRecipes()) want(m_selection.schemeFor(recipe, *m_selection.tensor()));
  want(m_selection.currentScheme());
  std::erase_if(schemes, [&](const auto& scheme) {
    if (m_selection.waitOf(scheme) != CalibrationWait::Nothing) return true;
    const SchemeView* view = find(scheme);
    return view != nullptr && view->around == around;
  });
  m_cancelled = false;
  m_stop->end();
  if (schemes.empty()) return m_jobs.cancelTag(kTag);
  m_jobs.run(
      this, {kTag, tr("Levels of the checked schemes")},
      [model = m_selection.model(), index = *m_selection.tensor(), schemes, around](const core::JobContext& job) {
        const auto tensor = model->tensor(index);
        const auto calibration = model->calibration().current();
        std::vector<SchemeView> views;
        for (const auto& scheme : schemes) {
          job.progress(static_cast<double>(views.size()) / static_cast<double>(schemes.size()), scheme.toString());
          views.push_back(viewScheme(*tensor, scheme, around, nullptr, job, calibration.get()));
        }
        return views;
      },
      [this, subject](std::vector<SchemeView> views) {
        m_stop->end();
        if (!(subject == m_subject)) return;
        for (SchemeView& view : views) {
          std::erase_if(m_views, [&](const SchemeView& old) { return old.scheme == view.scheme; });
          m_views.push_back(std::move(view));
        }
        Q_EMIT computed();
      });
  m_stop->begin();
}

std::vector<WeightHistogram::Levels> BlockLevels::rows() const {
  std::vector<WeightHistogram::Levels> rows;
  const auto& shape = m_selection.tensorInfo()->shape;
  for (const auto& recipe : m_selection.checkedRecipes()) {
    const auto scheme = m_selection.schemeFor(recipe, *m_selection.tensor());
    WeightHistogram::Levels row{m_selection.title(recipe), m_selection.color(recipe), {}, {}, {}};
    const SchemeView* view = scheme ? find(*scheme) : nullptr;
    if (!scheme) {
      row.note = tr("keeps this tensor as stored");
    } else if (m_selection.waitOf(*scheme) != CalibrationWait::Nothing) {
      row.note = tr("waits for the calibration");
    } else if (view == nullptr) {
      row.note = m_cancelled ? tr("cancelled") : tr("computing…");
    } else if (!view->refused.empty()) {
      row.note = QString::fromStdString(view->refused);
    } else if (view->grid.levels.empty()) {
      continue;  // a cast: its steps are finer than a pixel
    } else {
      row.block = blockText(shape, view->grid.first, view->grid.count);
      row.values = view->grid.levels;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace app
