#include "app/session/evaluation.h"

#include <algorithm>
#include <cmath>

namespace app {

using core::evaluate::comparePaired;
using core::evaluate::judge;
using core::evaluate::kFewestBlocks;
using core::evaluate::Verdict;

void judgeRows(Evaluation& evaluation, std::span<const core::evaluate::ComparisonStatistics* const> statistics) {
  NoiseFloor& noise = evaluation.noise;
  for (const NoiseRun& run : noise.runs) {
    if (run.statistics.tokens == 0) continue;
    noise.kl = std::max(noise.kl, run.statistics.klMean.value);
    noise.logRatio = std::max(noise.logRatio, std::abs(run.statistics.logRatio.value));
  }
  for (std::size_t i = 0; i < evaluation.rows.size(); ++i) {
    EvaluationRow& row = evaluation.rows[i];
    if (!row.failure.empty() || row.statistics.blocks < kFewestBlocks) continue;
    row.verdict = judge(row.statistics.klMean, noise.kl);
    row.perplexityVerdict = judge(row.statistics.logRatio, noise.logRatio);
    for (std::size_t other = 0; other < evaluation.rows.size(); ++other) {
      if (other == i || !evaluation.rows[other].failure.empty()) continue;
      const auto pair = comparePaired(statistics[i]->blocks(), statistics[other]->blocks());
      row.pairs.push_back({other, pair, judge(pair.kl, noise.kl)});
      if (row.pairs.back().verdict == Verdict::Indistinguishable) row.indistinguishableFrom.push_back(other);
    }
  }
}

}  // namespace app
