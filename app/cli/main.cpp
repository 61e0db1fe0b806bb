// quantscope-cli: everything the window does that makes sense without one.
// Exit status: 0 done, 1 could not (one sentence on standard error), 2 wrong usage.
#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <optional>
#include <string>

#include "app/cli/command.h"
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
  addError(program);
  addQuantize(program);
  addTokenize(program);
  addDetokenize(program);
  addTemplate(program);
  addLogits(program);
  addGenerate(program);
  addDevices(program);
  addBench(program);
}

/// The first argument, where it should be a command and is none.
std::optional<std::string> unknownCommand(CLI::App& program, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return std::nullopt;
  const auto named = program.get_subcommands([&](CLI::App* command) { return command->get_name() == argv[1]; });
  return named.empty() ? std::optional<std::string>(argv[1]) : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Explore the quantization of neural networks", "quantscope-cli");
  program.set_version_flag("--version", "quantscope-cli " QS_VERSION);
  program.require_subcommand(1);
  addCommands(program);
  try {
    program.parse(argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    // CLI11 would only say that a subcommand is required, not that this one does not exist.
    if (const auto word = unknownCommand(program, argc, argv)) {
      fmt::print(stderr, "There is no command '{}'; quantscope-cli --help lists them.\n", core::io::printable(*word));
      return kWrongUsage;
    }
    return program.exit(error) == 0 ? 0 : kWrongUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", core::io::printable(error.what()));
    return kCouldNot;
  }
}
