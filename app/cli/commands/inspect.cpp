#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/format_fates.h"
#include "app/cli/packed_rows.h"
#include "app/session/open_model.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"
#include "core/metrics/tensor_stats.h"
#include "core/model/generation_defaults.h"
#include "core/model/product_scale.h"
#include "core/model/stored_axes.h"
#include "core/numeric/custom_format.h"
#include "core/quant/load_tensor.h"
#include "core/quant/stacked_tensors.h"

namespace app::cli {

namespace inspect_verb {

constexpr std::size_t kDefaultBins = 64;
constexpr std::size_t kMaxArrayElements = 256;

struct Options {
  std::string model, tensor;
  bool stats = false, pieces = false;
  std::size_t bins = 0;
  std::vector<std::string> formats;
  Output output = Output::ForPeople;
};

Json texts(const core::io::MetadataArray& array) {
  Json list = Json::array();
  for (const std::string& text : array.strings()) list.push_back(core::io::escapeInvalidUtf8(text));
  return list;
}

Json toJson(const core::io::MetadataArray& array) {
  if (array.size() > kMaxArrayElements) return {{"count", array.size()}, {"preview", array.preview(16)}};
  try {
    switch (array.elementType()) {
      case core::io::MetadataType::String:
        return texts(array);
      case core::io::MetadataType::F32:
      case core::io::MetadataType::F64:
        return array.numbers();
      default:
        return array.integers();
    }
  } catch (const core::Error&) {
    return array.preview(kMaxArrayElements);  // truth values, lists of lists, integers beyond 63 bits
  }
}

Json toJson(const core::io::MetadataValue& value) {
  return std::visit(
      [](const auto& held) -> Json {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, core::io::MetadataArray>)
          return toJson(held);
        else if constexpr (std::is_same_v<T, double>)
          return finite(held);
        else
          return held;
      },
      value);
}

void addStatistics(Json& row, const core::metrics::TensorSummary& summary, bool withHistogram) {
  const auto& stats = summary.stats;
  row["min"] = finite(stats.min);
  row["max"] = finite(stats.max);
  row["mean"] = finite(stats.mean);
  row["std"] = finite(stats.standardDeviation);
  row["abs_max"] = finite(stats.absMax);
  row["kurtosis"] = finite(stats.kurtosis);
  row["outliers_6_sigma"] = stats.outliers6Sigma;
  row["zeros"] = stats.zeros;
  row["nans"] = stats.nonFinite.nan;
  row["non_finite"] = nonFiniteJson(stats.nonFinite);
  if (!withHistogram) return;
  Json edges = Json::array();
  for (std::size_t bin = 0; bin <= summary.histogram.counts.size(); ++bin) edges.push_back(summary.histogram.edge(bin));
  row["histogram"] = {{"edges", edges}, {"counts", summary.histogram.counts}};
}

/// What products with a matrix are multiplied by, as another tensor of the file says.
void addProductScale(Json& row, const core::io::Checkpoint& checkpoint, const std::string& tensor) {
  try {
    if (const auto scale = core::model::productScale(checkpoint, tensor)) row["product_scale"] = *scale;
  } catch (const core::Error&) {
    row["product_scale"] = nullptr;  // no number: the reason why the model cannot run says so
  }
}

Json allMetadata(const core::io::Metadata& metadata) {
  Json all = Json::object();
  // The keys are known to differ: looking each one up before adding it would take quadratic time.
  auto& entries = all.get_ref<Json::object_t&>();
  for (const auto& entry : metadata.entries()) entries.emplace_back(entry.key, toJson(entry.value));
  return all;
}

/// How the model's makers let it generate; what they do not say is left out.
Json toJson(const core::model::GenerationDefaults& defaults) {
  Json json = Json::object();
  const auto add = [&](const char* key, const auto& value) {
    if (value) json[key] = Json::parse(fmt::format("{}", *value));  // a float in its shortest form
  };
  add("do_sample", defaults.doSample);
  add("temperature", defaults.temperature);
  add("top_k", defaults.topK);
  add("top_p", defaults.topP);
  add("min_p", defaults.minP);
  add("repetition_penalty", defaults.repetitionPenalty);
  add("max_new_tokens", defaults.maxNewTokens);
  return json;
}

void addGenerationDefaults(Json& result, const core::io::Checkpoint& checkpoint) {
  try {
    result["generation_defaults"] = toJson(core::model::generationDefaultsOf(checkpoint));
  } catch (const core::Error& error) {
    result["generation_defaults"] = nullptr;
    result["cannot"]["generation_defaults"] = error.what();
  }
}

/// What the file does not allow, each with its reason.
Json reasons(const OpenModel& model) {
  Json cannot = Json::object();
  if (model.whyNotRunnable()) cannot["run"] = *model.whyNotRunnable();
  if (model.whyNoTokenizer()) cannot["tokenize"] = *model.whyNoTokenizer();
  if (model.whyNoTemplate()) cannot["template"] = *model.whyNoTemplate();
  return cannot;
}

Json describe(const OpenModel& model, const Options& options) {
  const auto& checkpoint = model.checkpoint();
  std::vector<core::numeric::NumberFormat> formats;
  for (const std::string& name : options.formats) formats.push_back(core::numeric::parseNumberFormat(name));
  const bool measures = options.stats || options.bins != 0 || !formats.empty();
  const PackedRows packed(checkpoint);
  Json tensors = Json::array();
  for (std::size_t i = 0; i < checkpoint.tensors().size(); ++i) {
    const auto& tensor = checkpoint.tensors()[i];
    const bool isAsked = tensor.name == options.tensor || tensor.codesName == options.tensor;
    if (!options.tensor.empty() ? !isAsked : !options.pieces && !tensor.pieceOf.empty()) continue;
    Json row = options.pieces ? storedRow(tensor) : tensorRow(tensor);
    if (!options.pieces) packed.addTo(row, i);
    addAxes(row, model.choices()[i].axes);
    addProductScale(row, checkpoint, tensor.name);
    const bool isCodes = options.pieces && !core::quant::elementType(tensor);
    if (measures && !isCodes && (tensor.isReadable() || !options.tensor.empty())) {
      const std::size_t bins = options.bins == 0 ? kDefaultBins : options.bins;
      auto weights = core::quant::loadTensor(checkpoint, i);
      if (options.pieces && tensor.assembly == core::io::Assembly::Turned) weights = core::quant::turned(*weights);
      const auto summary = core::metrics::summarize(*weights, bins);
      addStatistics(row, summary, options.bins != 0);
      if (!formats.empty()) row["formats"] = formatFatesJson(*weights, summary.stats, formats);
    }
    tensors.push_back(std::move(row));
  }
  const bool gguf = checkpoint.format() == core::io::FileFormat::Gguf;
  Json result = {{"name", checkpoint.name()},
                 {"format", gguf ? "gguf" : "safetensors"},
                 {"kind", core::io::name(checkpoint.kind())},
                 {"architecture", checkpoint.architecture()},
                 {"parameters", checkpoint.parameters()},
                 {"bytes", checkpoint.fileBytes()},
                 {"can_chat", !model.whyCannotChat().has_value()},
                 {"can_embed", !model.whyNoEmbedding().has_value()}};
  if (model.whyCannotChat()) result["why_not"] = *model.whyCannotChat();
  result["cannot"] = reasons(model);
  addGenerationDefaults(result, checkpoint);
  result["warnings"] = std::vector<std::string>(checkpoint.warnings().begin(), checkpoint.warnings().end());
  if (const auto note = core::model::describeInputFirst(checkpoint, model.choices())) result["note"] = *note;
  result["metadata"] = allMetadata(checkpoint.metadata());
  result["tensors"] = std::move(tensors);
  return result;
}

std::string figure(const Json& value, int digits) {
  return value.is_null() ? "none" : fmt::format("{:.{}g}", value.get<double>(), digits);
}

std::string statisticsText(const Json& row) {
  std::string text =
      fmt::format("  min {}  max {}  mean {}  std {}  kurtosis {}  beyond 6 sigma {}", figure(row["min"], 4),
                  figure(row["max"], 4), figure(row["mean"], 4), figure(row["std"], 4), figure(row["kurtosis"], 3),
                  row["outliers_6_sigma"].get<std::uint64_t>());
  const Json& odd = row["non_finite"];
  if (odd["first"].is_null()) return text;
  const core::metrics::NonFinite nonFinite{odd["nan"], odd["inf"],
                                           core::metrics::Position{odd["first"][0], odd["first"][1]}};
  return text + "  not measured: " + core::metrics::describe(nonFinite);
}

void printText(const OpenModel& model, const Json& json) {
  using core::io::printable;
  const auto text = [](const Json& value) { return printable(value.get<std::string>()); };
  fmt::print("{}: {} {}, {} parameters, {} bytes\n", text(json["name"]), text(json["format"]),
             text(json["architecture"]), json["parameters"].get<std::uint64_t>(), json["bytes"].get<std::uint64_t>());
  if (model.whyCannotChat()) fmt::print("{}\n", printable(*model.whyCannotChat()));
  if (model.hasBrokenTemplate() && model.whyCannotComplete()) fmt::print("{}\n", printable(*model.whyNoTemplate()));
  for (const std::string& warning : model.checkpoint().warnings()) fmt::print("Warning: {}\n", printable(warning));
  if (json.contains("note")) fmt::print("{}\n", text(json["note"]));
  for (const auto& entry : model.checkpoint().metadata().entries()) {
    fmt::print("  {} = {}\n", printable(entry.key), printable(core::io::toDisplayText(entry.value)));
  }
  for (const auto& row : json["tensors"]) {
    fmt::print("{:<40} {:<8} {:<16} {:>12} bytes", text(row["name"]), text(row["dtype"]), row["shape"].dump(),
               row["bytes"].get<std::uint64_t>());
    if (row.contains("unreadable")) fmt::print("  not readable: {}", text(row["unreadable"]));
    fmt::print("{}", printable(packedText(row)));
    if (row.contains("stored_axes") && row.contains("stored_shape"))
      fmt::print("  stored as {} (input × output)", row["stored_shape"].dump());
    if (row.contains("product_scale")) fmt::print("  times {}", figure(row["product_scale"], 6));
    if (row.contains("std")) fmt::print("{}", statisticsText(row));
    fmt::print("\n");
    if (row.contains("formats")) fmt::print("{}", formatFatesText(row["formats"]));
  }
}

void run(const Options& options) {
  const auto model = OpenModel::open(options.model);
  if (!options.tensor.empty()) static_cast<void>(model->checkpoint().view(options.tensor));  // throws when absent
  const Json json = describe(*model, options);
  options.output == Output::ForPrograms ? print(json) : printText(*model, json);
}

}  // namespace inspect_verb

void addInspect(CLI::App& program) {
  auto options = std::make_shared<inspect_verb::Options>();
  CLI::App* command = program.add_subcommand("inspect", "Metadata, tensors and their statistics");
  addModel(*command, options->model);
  command->add_option("--tensor", options->tensor, "Only this tensor");
  command->add_flag("--pieces", options->pieces,
                    "The tensors as they are stored, where weights of a packed checkpoint lie in several");
  command->add_flag("--stats", options->stats, "Minimum, maximum, moments and outliers of each tensor");
  command->add_option("--histogram", options->bins, "Histogram with this many bins")->check(CLI::Range(1, 65536));
  command
      ->add_option("--format", options->formats,
                   "Statistics, and how many values these formats keep, round, clip or turn into zero: fp8_e4m3, int4, "
                   "nf4, or one's own, as in bits; may be repeated")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  addJsonFlag(*command, options->output);
  command->callback([options] { inspect_verb::run(*options); });
}

}  // namespace app::cli
