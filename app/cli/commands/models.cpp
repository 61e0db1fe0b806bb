#include <fmt/core.h>

#include <memory>

#include "app/cli/command.h"
#include "app/session/device_list.h"
#include "app/session/model_verdict.h"
#include "core/io/text_checks.h"
#include "core/model/available_memory.h"

namespace app::cli {

namespace models_verb {

Json describe(const FoundModel& model, const ModelVerdict& verdict) {
  Json row = {{"model", model.source},       {"name", model.name},
              {"origin", model.origin},      {"bytes", model.bytes},
              {"modified", model.modified},  {"architecture", verdict.architecture},
              {"type", verdict.type},        {"parameters", verdict.parameters},
              {"runs", nameOf(verdict.runs)}};
  if (verdict.memory > 0) row["memory_bytes"] = static_cast<std::uint64_t>(verdict.memory);
  if (!verdict.why.empty()) row["why_not"] = verdict.why;
  return row;
}

void printRow(const FoundModel& model, const ModelVerdict& verdict) {
  const std::string short_ = shortly(verdict);
  fmt::print("{:>9}  {:<8} {:<12} {}{}\n", bytesText(static_cast<double>(model.bytes)), verdict.type, model.origin,
             core::io::printable(model.source), short_.empty() ? "" : " - " + short_);
}

void run(Output output) {
  const std::uint64_t freeMemory = core::model::availableMemory();
  Json rows = Json::array();
  for (const FoundModel& model : findModels(ModelPlaces::ofThisUser())) {
    const ModelVerdict verdict = judgeModel(model, freeMemory);
    if (output == Output::ForPrograms)
      rows.push_back(describe(model, verdict));
    else
      printRow(model, verdict);
  }
  if (output == Output::ForPrograms) print(rows);
}

}  // namespace models_verb

void addModels(CLI::App& program) {
  auto output = std::make_shared<Output>(Output::ForPeople);
  CLI::App* command = program.add_subcommand("models",
                                             "The models on this computer (Hugging Face, Ollama, LM Studio, Jan, "
                                             "llama.cpp), newest first, and whether they run here");
  addJsonFlag(*command, *output);
  command->callback([output] { models_verb::run(*output); });
}

}  // namespace app::cli
