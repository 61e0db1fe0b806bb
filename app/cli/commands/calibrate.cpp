#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <memory>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/session/cache_folder.h"
#include "app/session/open_files.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace calibrate_verb {

struct Options {
  std::string model, text, out;
  core::calibrate::CalibrationSettings reading;
  Output output = Output::ForPeople;
};

enum class MatrixForm { Gguf, Dat };

MatrixForm formOf(const std::string& file) {
  std::string extension = std::filesystem::path(file).extension().string();
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  if (extension == ".gguf" || extension == ".dat") return extension == ".gguf" ? MatrixForm::Gguf : MatrixForm::Dat;
  throw core::Error(core::ErrorCode::InvalidArgument,
                    "An importance matrix is a .gguf or a .dat file; found " + core::io::inQuotes(file) + ".");
}

/// The text that was named, or the built-in model's own.
core::calibrate::CalibrationText textFor(const Options& options, const OpenModel& model) {
  if (!options.text.empty()) return openText(options.text);
  if (model.isDemo()) return openText(std::string(kDemoText));
  throw core::Error(core::ErrorCode::InvalidArgument,
                    "Only the built-in model has a text of its own; --text names one for another model.");
}

void run(const Options& options) {
  const MatrixForm form = formOf(options.out);
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  const auto text = textFor(options, *model);
  core::io::InputFiles inputs = openFiles();
  if (!options.text.empty()) inputs.add(options.text, "the calibration text");
  core::io::OutputFile file(options.out, inputs);
  const auto begin = std::chrono::steady_clock::now();
  const auto calibration = calibrationOf(*model, text, options.reading, userCacheFolder(), job);
  const auto matrix = calibration->importanceMatrix(job);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (form == MatrixForm::Gguf)
    writeImportanceGguf(matrix, std::move(file));
  else
    writeImportanceDat(matrix, std::move(file));
  std::FILE* const report = reportStream(options.out);
  if (options.output == Output::ForPrograms) {
    return print({{"output", options.out},
                  {"text", text.title},
                  {"tokens", calibration->tokens()},
                  {"context", calibration->context()},
                  {"chunks", matrix.chunkCount},
                  {"weights", matrix.entries.size()},
                  {"seconds", seconds}},
                 report);
  }
  fmt::print(report, "{}: {} weights, from {} tokens of {} in {} pieces of {}, {:.1f} s\n",
             core::io::printable(options.out), matrix.entries.size(), calibration->tokens(),
             core::io::printable(text.title), matrix.chunkCount, calibration->context(), seconds);
}

}  // namespace calibrate_verb

void addCalibrate(CLI::App& program) {
  auto options = std::make_shared<calibrate_verb::Options>();
  CLI::App* command = program.add_subcommand(
      "calibrate", "Read a text with a model and write how large the inputs of its layers are: an importance matrix");
  addModel(*command, options->model);
  command
      ->add_option("--text", options->text,
                   "A file (plain, or .jsonl of chats), demo or prose (default for the built-in model: demo)")
      ->check(CLI::Validator(whyEmpty, ""));
  addReading(*command, options->reading, "");
  command->add_option("-o,--output", options->out, "The .gguf file, or .dat as llama.cpp wrote them until 2025")
      ->required();
  addJsonFlag(*command, options->output);
  command->callback([options] { calibrate_verb::run(*options); });
}

}  // namespace app::cli
