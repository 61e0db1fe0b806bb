// quantscope-cli: everything the window does that makes sense without one.
// Exit status: 0 done, 1 could not (one sentence on standard error), 2 wrong usage.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <system_error>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/session/standard_streams.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace {

constexpr int kCouldNot = 1;
constexpr int kWrongUsage = 2;

void addCommands(CLI::App& program) {
  using namespace app::cli;
  addInspect(program);
  addDump(program);
  addBits(program);
  addSchemes(program);
  addEmbed(program);
  addError(program);
  addPerplexity(program);
  addSensitivity(program);
  addDesign(program);
  addCalibrate(program);
  addQuantize(program);
  addTokenize(program);
  addDetokenize(program);
  addTemplate(program);
  addLogits(program);
  addGenerate(program);
  addTrace(program);
  addTrain(program);
  addDevices(program);
  addModels(program);
  addBench(program);
  addPlan(program);
  addGet(program);
}

/// The first argument, where it should be a command and is none.
std::optional<std::string> unknownCommand(CLI::App& program, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return std::nullopt;
  const auto named = program.get_subcommands([&](CLI::App* command) { return command->get_name() == argv[1]; });
  return named.empty() ? std::optional<std::string>(argv[1]) : std::nullopt;
}

/// Standard error may be closed: what cannot be said there is not said.
int complain(const std::string& sentence, int code) {
  // Names from files may be part of it.
  std::fputs((core::io::printable(sentence) + "\n").c_str(), stderr);
  return code;
}

std::string sentenceOf(const std::exception& error) {
  if (const auto* print = dynamic_cast<const std::system_error*>(&error); print != nullptr && std::ferror(stdout) != 0)
    return "Could not write to standard output: " + print->code().message() + ".";
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return "There is not enough memory for this.";
  return error.what();
}

int run(CLI::App& program, int argc, char** argv) {
  addCommands(program);
  try {
    auto words = app::cli::plainArguments(program, argc, argv);
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    program.parse(words);
    return 0;
  } catch (const CLI::ParseError& error) {
    // CLI11 would only say that a subcommand is required, not that this one does not exist.
    if (const auto word = unknownCommand(program, argc, argv))
      return complain("There is no command '" + *word + "'; quantscope-cli --help lists them.", kWrongUsage);
    return program.exit(error) == 0 ? 0 : kWrongUsage;
  } catch (const core::Cancelled& cancelled) {
    app::cli::Interruption::endAsSignalled();
    return complain(cancelled.what(), kCouldNot);
  } catch (const std::exception& error) {
    return complain(sentenceOf(error), kCouldNot);
  }
}

}  // namespace

int main(int argc, char** argv) {
  app::prepareStandardStreams();
  const app::cli::Interruption interruption;
  CLI::App program("Explore the quantization of neural networks", "quantscope-cli");
  program.set_version_flag("--version", "quantscope-cli " QS_VERSION);
  program.require_subcommand(1);
  program.failure_message([](const CLI::App*, const CLI::Error& error) {  // which quotes what was typed
    return core::io::printable(error.what()) + "\nRun with --help for more information.\n";
  });
  const int code = run(program, argc, argv);
  const auto problem = app::finishStandardOutput();
  return problem && code == 0 ? complain(*problem, kCouldNot) : code;
}
