#include <algorithm>
#include <memory>
#include <optional>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/design_text.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/cli/study_options.h"
#include "app/session/check_design.h"
#include "app/session/design_json.h"
#include "app/session/open_files.h"
#include "app/session/recipe_file.h"
#include "core/base/error.h"
#include "core/io/output_file.h"
#include "core/io/text_checks.h"
#include "core/model/recipe/recipe_text.h"
#include "core/quant/required_calibration.h"

namespace app::cli {

namespace design_verb {

using core::evaluate::Level;

struct Options {
  std::string model, like, from, out, check = "demo", grouping = "tensor", pattern = "*";
  std::vector<std::string> candidates;
  std::optional<std::uint64_t> bytes;
  std::optional<double> bitsPerWeight, kl;
  bool fastest = false;
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
  request.fastest = options.fastest;
  return request;
}

StudyRequest checkRequest(const Options& options, const OpenModel& model) {
  StudyOptions other = options.study;
  other.text = options.check;
  other.reading.tokens = options.checkTokens;
  return other.request(model, options.check);
}

/// Where the model has nothing of what a candidate looks at.
void checkCandidates(const OpenModel& model, const DesignRequest& request, const DesignSpace& space) {
  const auto state = model.calibration().state();
  const auto most = state ? state->most : core::quant::CalibrationNeed::None;
  for (const core::quant::Scheme& candidate : request.candidates)
    if (core::quant::calibrationNeed(candidate) > most)
      core::quant::requireCalibration(candidate, nullptr, space.parts.front().tensors.front());
}

void run(const Options& options) {
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  // Everything that can be wrong is said before anything is computed.
  options.calibration.calibrate(*model, job);
  options.calibration.checkCalibration(*model);
  const DesignRequest request = requestOf(options, *model);
  const DesignSpace space = designSpace(model->checkpoint(), request);
  checkCandidates(*model, request, space);
  if (request.from) choiceOf(model->checkpoint(), request, space, *request.from);
  const StudyRequest designed = options.study.request(*model, std::string(kCalibrationText));
  const StudyRequest checked = checkRequest(options, *model);
  core::io::OutputFile file(options.out, openFiles());
  readingOf(*model, checked, job);
  const bool isForPeople = options.output == Output::ForPeople;
  Engine engine;
  DivergenceStudy study(*model, engine, designed, job);
  Design design = designRecipe(study, engine, request, isForPeople ? designProgress() : DesignVisitor(), job);
  const std::string text = core::model::formatRecipe(design.recipe);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
  DivergenceStudy checkStudy(*model, engine, checked, job);
  const auto rivals = rivalsOf(model->checkpoint(), request, std::max(design.bytes, design.mostBytes));
  const DesignCheck check = checkDesign(checkStudy, design.recipe, rivals, job);
  if (isForPeople) return printDesign(options.out, design, check);
  Json json = {{"output", options.out}};
  json.update(designJson(design, study, check));
  print(json, reportStream(options.out));
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
      .add_flag("--fastest", options.fastest,
                "With --kl: not the fewest bytes but the fastest to decode, by speeds measured here")
      ->needs("--kl");
  command
      .add_option("--from", options.from,
                  "Begin with this recipe, made of the candidates, instead of measuring every tensor alone")
      ->check(CLI::Validator(whyEmpty, ""))
      ->excludes("--kl");
}

}  // namespace design_verb

void addDesign(CLI::App& program) {
  auto options = std::make_shared<design_verb::Options>();
  CLI::App* command = program.add_subcommand(
      "design", "Choose a scheme for every tensor by what it measurably costs, and write the recipe");
  addModel(*command, options->model);
  addStudy(*command, options->study);
  command
      ->add_option("--candidates", options->candidates, "Schemes a tensor may have, with commas or spaces between them")
      ->required()
      ->expected(1, 64);
  design_verb::addLimits(*command, *options);
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
  command->callback([options] { design_verb::run(*options); });
}

}  // namespace app::cli
