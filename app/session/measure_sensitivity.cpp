#include "app/session/measure_sensitivity.h"

#include <algorithm>
#include <map>

#include "app/session/calibrate_model.h"
#include "app/session/scheme_error.h"
#include "core/base/error.h"
#include "core/metrics/error_stats.h"
#include "core/train/divergence_estimate.h"

namespace app {

namespace evaluate = core::evaluate;

namespace {

constexpr std::uint32_t kInputTokens = 2048, kInputContext = 256;

/// @param nameless of what no scheme made
std::string schemeOf(const evaluate::Exchanged& tensors, const std::vector<std::string>& names,
                     const std::string& nameless) {
  std::string scheme;
  for (const std::string& name : names) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) continue;
    const std::string own = found->second->scheme ? found->second->scheme->toString() : nameless;
    if (!scheme.empty() && scheme != own) return "several";
    scheme = own;
  }
  return scheme;
}

/// What a tensor is that no scheme alone made.
std::string namelessOf(const core::model::Recipe& recipe) {
  if (recipe.adapter) {
    core::model::Recipe base = recipe;
    base.adapter = nullptr;
    return base.toString() + " + adapter";
  }
  const bool isAdapter = recipe.otherModel() != nullptr && recipe.otherModel()->adapter() != nullptr;
  return isAdapter ? "adapted" : "stored elsewhere";
}

/// What is quickly known of single tensors.
struct QuickFigures {
  std::map<std::string, double> weightErrors;
  std::map<std::string, evaluate::OutputError> outputErrors;
  std::map<std::string, double> gradientEstimates;
};

QuickFigures quickFigures(const DivergenceStudy& study, const evaluate::Exchanged& tensors,
                          const core::JobContext& job) {
  QuickFigures figures;
  std::vector<std::string> names;
  for (const auto& place : study.placesOf(tensors)) {
    const auto original = study.model().tensor(*study.model().checkpoint().find(place.name));
    const auto stats = core::metrics::compare(*original, *tensors.at(place.name), job.part(0.0, 0.0));
    figures.weightErrors[place.name] = stats.relativeError();
    names.push_back(place.name);
  }
  const auto windows = inputWindows(study, job.part(0.0, 0.1));
  if (!windows) return figures;
  evaluate::measureOutputErrors(
      study.reference(), *windows, names, [&](const std::string& name) { return std::vector{tensors.at(name)}; },
      [&](const std::string& name, std::size_t, const evaluate::OutputError& error) {
        figures.outputErrors[name] = error;
      },
      job.part(0.1, 0.4));
  try {
    const auto estimates = core::train::estimateDivergences(study.reference(), study.graphOf(tensors), windows->tokens,
                                                            windows->context, {}, job.part(0.4, 1.0));
    for (const auto& estimate : estimates) figures.gradientEstimates[estimate.tensor] = estimate.divergence;
  } catch (const core::Error&) {
    figures.gradientEstimates.clear();  // there is no reverse pass through such a model
  }
  return figures;
}

}  // namespace

std::optional<core::calibrate::TokenWindows> inputWindows(const DivergenceStudy& study, const core::JobContext& job) {
  core::calibrate::CalibrationSettings settings;
  const auto& reading = study.request().reading;
  settings.tokens = reading.tokens == 0 ? kInputTokens : std::min(kInputTokens, reading.tokens);
  settings.context = std::min(
      {reading.context == 0 ? kInputContext : reading.context, settings.tokens, study.model().config().contextLength});
  try {
    return windowsOf(study.model(), study.request().text, settings, job);
  } catch (const core::Error&) {
    return std::nullopt;  // too short for a window
  }
}

SensitivityReport measureSensitivity(DivergenceStudy& study, const SensitivityRequest& request,
                                     const OnSensitivity& onRow, const core::JobContext& job) {
  SensitivityReport report;
  report.recipe = request.recipe.toString();
  report.textTitle = study.request().text.title;
  report.device = study.deviceName();
  report.tokens = study.reading().tokens, report.scored = study.reading().scored;
  report.blocks = study.reading().blocks;
  report.leftOut = study.reading().leftOut, report.unread = study.reading().unread;
  evaluate::Sweep sweep;
  sweep.quantized = study.tensorsOf(request.recipe, job.part(0.0, 0.05));
  sweep.swaps = request.swaps, sweep.restores = request.restores;
  std::vector<evaluate::PlacedTensor> places = study.placesOf(sweep.quantized);
  std::erase_if(places, [&](const auto& place) { return !matchesPattern(place.name, request.pattern); });
  if (places.empty())
    throw core::Error(core::ErrorCode::NotFound,
                      "The recipe " + report.recipe + " changes no tensor that matches '" + request.pattern + "'.");
  bool hasTensors = false;
  for (const evaluate::Level level : request.levels) {
    hasTensors = hasTensors || level == evaluate::Level::Tensor;
    for (auto& part : evaluate::partsOf(places, level)) sweep.parts.push_back(std::move(part));
  }
  report.parts = sweep.parts.size() * ((sweep.swaps ? 1 : 0) + (sweep.restores ? 1 : 0));
  QuickFigures figures;
  if (hasTensors && request.proxies) figures = quickFigures(study, sweep.quantized, job.part(0.05, 0.15));

  const std::string nameless = namelessOf(request.recipe);
  evaluate::SweepVisitor visitor;
  visitor.whole = [&](const evaluate::BlockRatio& whole) { report.quantizedKl = whole.ratio(); };
  visitor.wholeFails = [&](const std::string& why) { report.quantizedFailure = why; };
  visitor.part = [&](const evaluate::Sensitivity& of) {
    const evaluate::Part& part = sweep.parts[of.part];
    SensitivityRow row;
    row.level = part.level, row.name = part.name, row.tensors = part.tensors, row.direction = of.direction;
    row.scheme = schemeOf(sweep.quantized, part.tensors, nameless);
    row.kl = of.kl, row.change = of.change, row.failure = of.failure;
    if (part.level == evaluate::Level::Tensor) {
      const auto place = std::ranges::find(places, part.name, &evaluate::PlacedTensor::name);
      row.layer = place->layer, row.role = place->role;
      if (const auto found = figures.weightErrors.find(part.name); found != figures.weightErrors.end())
        row.weightError = found->second;
      if (const auto found = figures.outputErrors.find(part.name); found != figures.outputErrors.end())
        row.outputError = found->second;
      if (const auto found = figures.gradientEstimates.find(part.name); found != figures.gradientEstimates.end())
        row.gradientEstimate = found->second;
    }
    report.rows.push_back(std::move(row));
    if (onRow) onRow(report);
  };
  evaluate::measureSensitivity(study.meter(), sweep, visitor, job.part(0.15, 1.0));
  std::vector<evaluate::ProxyPoint> points;
  for (const SensitivityRow& row : report.rows)
    if (row.level == evaluate::Level::Tensor && row.direction == evaluate::Direction::Swap && row.failure.empty())
      points.push_back({row.name, row.scheme, row.weightError, row.outputError.total.value, row.gradientEstimate,
                        row.kl.value, row.kl.error});
  report.proxies = evaluate::compareProxies(std::move(points));
  return report;
}

}  // namespace app
