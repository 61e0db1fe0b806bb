#include "app/session/evaluation_json.h"

#include "app/session/json_numbers.h"
#include "core/evaluate/block_bootstrap.h"

namespace app {

using Json = nlohmann::ordered_json;

namespace {

using core::evaluate::ComparisonSummary;

void addStatistics(Json& row, const ComparisonSummary& of) {
  addEstimate(row, "perplexity", of.perplexity);
  addEstimate(row, "perplexity_ratio", of.perplexityRatio);
  addEstimate(row, "log_perplexity_ratio", of.logRatio);
  addEstimate(row, "kl_mean", of.klMean);
  addEstimate(row, "kl_min", of.klMin);
  addEstimate(row, "kl_median", of.klMedian);
  addEstimate(row, "kl_p90", of.klP90);
  addEstimate(row, "kl_p99", of.klP99);
  addEstimate(row, "kl_p999", of.klP999);
  addEstimate(row, "kl_max", of.klMax);
  addEstimate(row, "same_top1", of.sameTop);
  addEstimate(row, "rms_delta_p", of.rmsDeltaP);
  addEstimate(row, "mean_delta_p", of.meanDeltaP);
  addEstimate(row, "flips", of.flips);
  addEstimate(row, "turned_wrong", of.turnedWrong);
  Json quantiles = Json::array();
  for (std::size_t i = 0; i < of.kDeltaPShares.size(); ++i) {
    Json quantile = {{"share", of.kDeltaPShares[i]}};
    addEstimate(quantile, "delta_p", of.deltaPQuantiles[i]);
    quantiles.push_back(std::move(quantile));
  }
  row["delta_p_quantiles"] = std::move(quantiles);
}

Json noiseJson(const NoiseFloor& noise) {
  Json runs = Json::array();
  for (const NoiseRun& run : noise.runs) {
    Json row = {{"what", run.what}, {"device", run.device}};
    addStatistics(row, run.statistics);
    runs.push_back(std::move(row));
  }
  return runs;
}

Json pairsJson(const Evaluation& evaluation, const EvaluationRow& row) {
  Json pairs = Json::array();
  for (const RowPair& of : row.pairs) {
    Json pair = {{"scheme", evaluation.rows[of.other].text}};
    addEstimate(pair, "kl_difference", of.difference.kl);
    addEstimate(pair, "log_perplexity_ratio", of.difference.logRatio);
    pair["verdict"] = nameOf(of.verdict);
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

/// What all rows were computed from.
void addOrigin(Json& row, const Evaluation& of) {
  row["reference"] = of.reference;
  row["reference_device"] = of.referenceDevice;
  addEstimate(row, "reference_perplexity", of.referencePerplexity);
  row["reference_bytes"] = of.referenceBytes;
  row["reference_tokens_per_s"] = of.referenceTokensPerSecond;
  row["model_hash"] = of.modelHash;
  row["text"] = of.textTitle;
  row["text_hash"] = of.textHash;
  row["calibration"] = of.calibration.empty() ? Json(nullptr) : Json(of.calibration);
  row["settings"] = {{"context", of.context},
                     {"stride", of.settings.stride == 0 ? Json(nullptr) : Json(of.settings.stride)},
                     {"score_from", of.settings.scoreFrom ? Json(*of.settings.scoreFrom) : Json(nullptr)},
                     {"tokens", of.settings.tokens == 0 ? Json(nullptr) : Json(of.settings.tokens)},
                     {"batch", of.batchTokens},
                     {"replicates", core::evaluate::kReplicates},
                     {"seed", core::evaluate::kSeed}};
  row["tokens"] = of.tokens;
  row["scored"] = of.scored;
  row["left_out"] = of.leftOut;
  if (of.reading) row["unread_documents"] = of.reading->unread;
}

}  // namespace

Json evaluationJson(const Evaluation& evaluation) {
  Json rows = Json::array();
  for (const EvaluationRow& of : evaluation.rows) {
    Json row = {{"scheme", of.text}, {"name", of.name}};
    if (!of.failure.empty()) row["failure"] = of.failure;
    row["device"] = of.device;
    row["bytes"] = of.bytes;
    row["bits_per_weight"] = jsonNumber(of.bitsPerWeight);
    if (of.failure.empty()) addStatistics(row, of.statistics);
    const bool hasNoise = !evaluation.noise.runs.empty();
    row["noise_floor"] = hasNoise ? Json(evaluation.noise.kl) : Json(nullptr);
    row["noise_floor_log_perplexity_ratio"] = hasNoise ? Json(evaluation.noise.logRatio) : Json(nullptr);
    row["verdict"] = nameOf(of.verdict);
    row["perplexity_verdict"] = nameOf(of.perplexityVerdict);
    Json alike = Json::array();
    for (const std::size_t other : of.indistinguishableFrom) alike.push_back(evaluation.rows[other].text);
    row["indistinguishable_from"] = std::move(alike);
    row["pairs"] = pairsJson(evaluation, of);
    row["tokens_per_s"] = of.tokensPerSecond;
    row["blocks"] = of.statistics.blocks;
    row["answers"] = of.statistics.answers;
    addOrigin(row, evaluation);
    row["noise"] = noiseJson(evaluation.noise);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace app
