#include "app/workspaces/inspect/block_levels.h"

#include <algorithm>

#include "app/jobs/stop_notice.h"
#include "app/widgets/theme.h"
#include "core/quant/load_tensor.h"

namespace app {

namespace {
const QString kTag = QStringLiteral("inspect.levels");
}

bool BlockLevels::StoredLevels::isOf(const StoredLevels& same) const {
  const auto identity = [](const StoredLevels& levels) {
    return levels.other ? levels.other->identity() : std::string();
  };
  return changed == same.changed && identity(*this) == identity(same);
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
  m_stored.clear();
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
  auto stored = missingStored(around);
  if (schemes.empty() && stored.empty()) return m_jobs.cancelTag(kTag);
  m_jobs.run(
      this, {kTag, tr("Levels of the checked schemes")},
      [model = m_selection.model(), index = *m_selection.tensor(), schemes, stored = std::move(stored),
       around](const core::JobContext& job) { return compute(*model, index, schemes, stored, around, job); },
      [this, subject](Views views) {
        m_stop->end();
        if (subject == m_subject) receive(std::move(views));
      });
  m_stop->begin();
}

BlockLevels::Views BlockLevels::compute(const OpenModel& model, std::size_t index,
                                        const std::vector<core::quant::Scheme>& schemes,
                                        std::vector<StoredLevels> stored, std::uint64_t around,
                                        const core::JobContext& job) {
  const auto tensor = model.tensor(index);
  const auto calibration = model.calibration().current();
  Views views;
  for (const auto& scheme : schemes) {
    job.progress(static_cast<double>(views.schemes.size()) / static_cast<double>(schemes.size()), scheme.toString());
    views.schemes.push_back(viewScheme(*tensor, scheme, around, job, calibration.get()));
  }
  for (StoredLevels& levels : stored) {
    job.throwIfCancelled();
    const auto from = levels.other ? core::model::loadOther(*levels.other) : levels.changed ? levels.changed : tensor;
    levels.grid = core::quant::gridAround(*from, around);
  }
  views.stored = std::move(stored);
  return views;
}

void BlockLevels::receive(Views views) {
  for (SchemeView& view : views.schemes) {
    std::erase_if(m_views, [&](const SchemeView& old) { return old.scheme == view.scheme; });
    m_views.push_back(std::move(view));
  }
  for (StoredLevels& levels : views.stored) {
    std::erase_if(m_stored, [&](const StoredLevels& old) { return old.isOf(levels); });
    m_stored.push_back(std::move(levels));
  }
  Q_EMIT computed();
}

BlockLevels::StoredLevels BlockLevels::storedOf(const core::model::Recipe& recipe, std::uint64_t around) const {
  return {m_selection.otherFor(recipe, *m_selection.tensor()),
          m_selection.replacementFor(recipe, *m_selection.tensor()),
          around,
          {}};
}

const BlockLevels::StoredLevels* BlockLevels::findStored(const StoredLevels& wanted) const {
  const auto found =
      std::find_if(m_stored.begin(), m_stored.end(), [&](const StoredLevels& levels) { return levels.isOf(wanted); });
  return found == m_stored.end() ? nullptr : &*found;
}

// Floats have no levels to tell apart: only what is packed is asked.
std::vector<BlockLevels::StoredLevels> BlockLevels::missingStored(std::uint64_t around) const {
  std::vector<StoredLevels> missing;
  const auto want = [&](StoredLevels levels) {
    const StoredLevels* known = findStored(levels);
    if (known == nullptr || known->around != around) missing.push_back(std::move(levels));
  };
  if (!core::quant::elementType(*m_selection.tensorInfo())) want({nullptr, nullptr, around, {}});
  for (const auto& recipe : m_selection.checkedRecipes())
    if (auto levels = storedOf(recipe, around); levels.other || levels.changed) want(std::move(levels));
  return missing;
}

void BlockLevels::addStored(std::vector<WeightHistogram::Levels>& rows, const StoredLevels& wanted, QString title,
                            const QColor& color) const {
  WeightHistogram::Levels row{std::move(title), color, {}, {}, {}};
  if (const StoredLevels* levels = findStored(wanted); levels == nullptr) {
    row.note = m_cancelled ? tr("cancelled") : tr("computing…");
  } else if (levels->grid.levels.empty()) {
    return;
  } else {
    row.block = blockText(m_selection.tensorInfo()->shape, levels->grid.first, levels->grid.count);
    row.values = levels->grid.levels;
  }
  rows.push_back(std::move(row));
}

std::vector<WeightHistogram::Levels> BlockLevels::rows() const {
  std::vector<WeightHistogram::Levels> rows;
  const auto& shape = m_selection.tensorInfo()->shape;
  if (!core::quant::elementType(*m_selection.tensorInfo()))
    addStored(rows, {}, tr("As stored"), Theme::instance().colors().reference);
  for (const auto& recipe : m_selection.checkedRecipes()) {
    if (const StoredLevels stored = storedOf(recipe, 0); stored.other || stored.changed) {
      addStored(rows, stored, m_selection.title(recipe), m_selection.color(recipe));
      continue;
    }
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
