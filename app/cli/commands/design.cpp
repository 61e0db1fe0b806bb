#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/cli/study_options.h"
#include "app/session/design_recipe.h"
#include "app/session/json_numbers.h"
#include "app/session/open_files.h"
#include "app/session/recipe_file.h"
#include "core/base/error.h"
#include "core/io/output_file.h"
#include "core/io/text_checks.h"
#include "core/model/recipe/recipe_text.h"

namespace app::cli {

namespace {

using core::evaluate::Estimate;
using core::evaluate::Level;

struct Options {
  std::string model, like, from, out, check = "demo", grouping = "tensor", pattern = "*";
  std::vector<std::string> candidates;
  std::optional<std::uint64_t> bytes;
  std::optional<double> bitsPerWeight, kl;
  std::size_t rounds = 8;
  std::uint32_t checkTokens = 0;
  RecipeOptions calibration;
  StudyOptions study;
  Output output = Output::ForPeople;
};

/// Schemes with commas between them; a part "KEY=…" still belongs to the scheme before it.
std::vector<core::quant::Scheme> parseCandidates(const std::vector<std::string>& words) {
  std::vector<std::string> texts;
  for (const std::string& word : words)
    for (std::size_t first = 0; first <= word.size();) {
      const std::size_t end = std::min(word.find(',', first), word.size());
      const std::string part = word.substr(first, end - first);
      const bool goesOn = first != 0 && part.substr(0, part.find(':')).find('=') != std::string::npos;
      if (goesOn)
        texts.back() += ',' + part;
      else
        texts.push_back(part);
      first = end + 1;
    }
  std::vector<core::quant::Scheme> schemes;
  for (const std::string& text : texts) schemes.push_back(core::quant::Scheme::parse(text));
  return schemes;
}

DesignRequest requestOf(const Options& options, const OpenModel& model) {
  DesignRequest request;
  request.candidates = parseCandidates(options.candidates);
  request.pattern = options.pattern;
  request.rounds = options.rounds;
  for (const Level level : {Level::Layer, Level::Role, Level::Tensor})
    if (options.grouping == core::evaluate::toString(level)) request.grouping = level;
  if (!options.like.empty()) request.like = openRecipe(options.like);
  if (!options.from.empty()) request.from = openRecipe(options.from);
  request.bytes = options.bytes;
  if (options.bitsPerWeight)
    request.bytes =
        static_cast<std::uint64_t>(*options.bitsPerWeight * static_cast<double>(model.checkpoint().parameters()) / 8.0);
  request.kl = options.kl;
  return request;
}

/// Without the error where a single block of text says nothing of it.
std::string shown(const Estimate& estimate) {
  if (!std::isfinite(estimate.error)) return fmt::format("{:.4g}", estimate.value);
  return fmt::format("{:.4g} ± {:.2g}", estimate.value, estimate.error);
}

DesignVisitor visitorFor(const Options& options) {
  DesignVisitor visitor;
  if (options.output == Output::ForPrograms) return visitor;
  // What is under way is no answer: it goes where it does not mix with one.
  visitor.single = [](const std::string& item, const std::string& scheme, const Estimate& kl) {
    fmt::print(stderr, "{:<28} {:<20} KL {}\n", core::io::printable(item), scheme, shown(kl));
  };
  visitor.better = [](std::uint64_t bytes, const Estimate& kl, std::size_t measurements) {
    fmt::print(stderr, "after {} measurements: {} bytes, KL {}\n", measurements, bytes, shown(kl));
  };
  return visitor;
}

Json toJson(const DesignCheck& check) {
  Json rivals = Json::array();
  for (const DesignRival& rival : check.rivals) {
    Json row = {{"recipe", rival.recipe}, {"bytes", rival.bytes}};
    addEstimate(row, "kl", rival.kl);
    addEstimate(row, "difference", rival.difference);
    rivals.push_back(std::move(row));
  }
  Json json = {{"text", check.textTitle}, {"blocks", check.blocks}, {"scored", check.scored}};
  addEstimate(json, "kl", check.kl);
  json["compared"] = std::move(rivals);
  return json;
}

Json toJson(const Options& options, const Design& design, const DivergenceStudy& study, const DesignCheck& check) {
  Json items = Json::array();
  for (const DesignedItem& item : design.items) {
    Json row = {{"tensor", item.name}, {"scheme", item.scheme}, {"bytes", item.bytes}};
    addEstimate(row, "kl_alone", item.klAlone);
    items.push_back(std::move(row));
  }
  Json json = {{"output", options.out},
               {"bytes", design.bytes},
               {"most_bytes", design.mostBytes == 0 ? Json(nullptr) : Json(design.mostBytes)},
               {"bits_per_weight", design.bitsPerWeight},
               {"text", study.request().text.title},
               {"tokens", study.reading().tokens},
               {"scored", study.reading().scored},
               {"blocks", study.reading().blocks},
               {"device", study.deviceName()}};
  addEstimate(json, "kl", design.kl);
  json["kl_at_first"] = finite(design.search.startKl);
  json["kl_predicted"] = finite(design.search.predictedKl);
  json["rounds"] = design.search.rounds;
  json["measurements"] = design.search.measurements;
  json["choices"] = std::move(items);
  json["check"] = toJson(check);
  return json;
}

void printText(const Options& options, const Design& design, const DesignCheck& check) {
  std::FILE* const report = reportStream(options.out);
  for (const DesignedItem& item : design.items)
    fmt::print(report, "{:<28} {}\n", core::io::printable(item.name), item.scheme);
  fmt::print(report, "{}: {} bytes, {:.3f} bits per weight, KL {} ({} measurements)\n",
             core::io::printable(options.out), design.bytes, design.bitsPerWeight, shown(design.kl),
             design.search.measurements);
  fmt::print(report, "on {}, {} texts: KL {}\n", core::io::printable(check.textTitle), check.blocks, shown(check.kl));
  for (const DesignRival& rival : check.rivals)
    fmt::print(report, "  {:<24} {:>12} bytes  KL {:<22} difference {} ({:+.1f} %)\n",
               core::io::printable(rival.recipe), rival.bytes, shown(rival.kl), shown(rival.difference),
               100.0 * rival.difference.value / rival.kl.value);
}

void run(const Options& options) {
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  options.calibration.calibrate(*model, job);
  const DesignRequest request = requestOf(options, *model);
  Engine engine;
  DivergenceStudy study(*model, engine, options.study.request(*model, std::string(kCalibrationText)), job);
  StudyOptions other = options.study;
  other.text = options.check;
  other.reading.tokens = options.checkTokens;
  const StudyRequest checked = other.request(*model, options.check);
  core::io::OutputFile file(options.out, openFiles());
  Design design = designRecipe(study, request, visitorFor(options), job);
  design.recipe.title.clear();
  const std::string text = core::model::formatRecipe(design.recipe);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
  DivergenceStudy checkStudy(*model, engine, checked, job);
  const DesignCheck check = checkDesign(checkStudy, design.recipe, rivalsOf(model->checkpoint(), request, design), job);
  if (options.output == Output::ForPrograms)
    return print(toJson(options, design, study, check), reportStream(options.out));
  printText(options, design, check);
}

void addLimits(CLI::App& command, Options& options) {
  auto* const limit = command.add_option_group("limit", "How large or how good");
  limit->add_option("--bytes", options.bytes, "Bytes of the whole model, at most")
      ->check(CLI::Validator(whyNoCount, ""))
      ->type_name("N");
  limit->add_option("--like", options.like, "No more bytes than this recipe or scheme makes of the model")
      ->check(CLI::Validator(whyEmpty, ""));
  limit->add_option("--bits-per-weight", options.bitsPerWeight, "Of the whole model, at most")
      ->check(CLI::Validator(whyNotPositive, ""))
      ->check(CLI::Range(0.0, 64.0))
      ->type_name("B");
  limit->add_option("--kl", options.kl, "KL divergence on the text, at most: then the fewest bytes")
      ->check(CLI::Validator(whyNotPositive, ""))
      ->type_name("X");
  limit->require_option(1);
  command
      .add_option("--from", options.from,
                  "Begin with this recipe, made of the candidates, instead of measuring every tensor alone")
      ->check(CLI::Validator(whyEmpty, ""))
      ->excludes("--kl");
}

}  // namespace

void addDesign(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand(
      "design", "Choose a scheme for every tensor by what it measurably costs, and write the recipe");
  addModel(*command, options->model);
  addStudy(*command, options->study);
  command
      ->add_option("--candidates", options->candidates, "Schemes a tensor may have, with commas or spaces between them")
      ->required()
      ->expected(1, 64);
  addLimits(*command, *options);
  command->add_option("--tensor", options->pattern, "Choose only for tensors that match this pattern (* and ?)")
      ->capture_default_str();
  command
      ->add_option("--group-by", options->grouping, "What gets one scheme together; fewer measurements than by tensor")
      ->check(CLI::IsMember({"tensor", "role", "layer"}))
      ->capture_default_str();
  command->add_option("--rounds", options->rounds, "Rounds of improvements measured on the whole")
      ->capture_default_str()
      ->check(CLI::Range(0, 100))
      ->type_name("N");
  command
      ->add_option(
          "--check", options->check,
          "A text that takes no part, as --text takes it: the recipe is compared on it with others of its size")
      ->capture_default_str()
      ->check(CLI::Validator(whyEmpty, ""));
  command->add_option("--check-tokens", options->checkTokens, "How much of it is read, at most (0: everything)")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 28))
      ->type_name("N");
  command->add_option("-o,--output", options->out, "The recipe file to write, or - for standard output")->required();
  addCalibration(*command, options->calibration);
  addJsonFlag(*command, options->output);
  command->callback([options] { run(*options); });
}

}  // namespace app::cli
