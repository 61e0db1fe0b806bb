#include "app/workspaces/layers/measured_answer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace app {

std::vector<const SensitivityRow*> MeasuredAnswer::rows(core::evaluate::Level level) const {
  std::vector<const SensitivityRow*> result;
  for (const SensitivityRow& row : report.rows)
    if (row.level == level) result.push_back(&row);
  return result;
}

core::evaluate::Estimate MeasuredAnswer::sum(core::evaluate::Level level) const {
  core::evaluate::Estimate sum{0.0, 0.0};
  for (const SensitivityRow* row : rows(level)) {
    if (!std::isfinite(row->change.value)) continue;
    sum.value += row->change.value;
    sum.error += row->change.error;
  }
  return sum;
}

core::evaluate::Verdict MeasuredAnswer::judge(const core::evaluate::Estimate& figure) const {
  if (report.blocks < core::evaluate::kFewestBlocks) return core::evaluate::Verdict::Unknown;
  return core::evaluate::judge(figure, 0.0);
}

void MeasuredAnswer::add(SensitivityReport news) {
  const auto isNew = [&](const SensitivityRow& old) {
    return std::ranges::any_of(
        news.rows, [&](const SensitivityRow& row) { return row.level == old.level && row.name == old.name; });
  };
  done = news.rows.size();
  for (SensitivityRow& old : report.rows)
    if (!isNew(old)) news.rows.push_back(std::move(old));
  if (news.proxies.points.empty()) news.proxies = std::move(report.proxies);
  report = std::move(news);
}

}  // namespace app
