#include <fmt/core.h>
#include <unistd.h>

#include <memory>

#include "app/cli/arguments.h"
#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/remote/get_model.h"
#include "app/remote/hub_variants.h"
#include "app/session/device_list.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace get_verb {

using core::io::printable;
using remote::Fit;

struct Options {
  std::string name;
  bool list = false;
  Output output = Output::ForPeople;
};

/// On a terminal, one line of standard error that is written over.
class ProgressLine {
 public:
  ~ProgressLine() {
    if (m_isShown) fmt::print(stderr, "\r\033[K");
  }
  void show(double fraction, std::string_view phrase) {
    if (::isatty(STDERR_FILENO) == 0) return;
    m_isShown = true;
    fmt::print(stderr, "\r\033[K{:3.0f} %  {}", 100 * fraction, printable(std::string(phrase).substr(0, 70)));
    std::fflush(stderr);
  }

 private:
  bool m_isShown = false;
};

std::string sizeText(std::uint64_t bytes) { return bytesText(static_cast<double>(bytes)); }

/// What is to be said of memory and disk before anything is downloaded.
std::string fitText(const remote::RemoteVariant& variant) {
  const Fit& fit = variant.fit;
  std::string text = variant.isHere() ? "is here" : "";
  if (!fit.onDisk())
    text += fmt::format("{} are needed, {} of the disk are free", sizeText(fit.missingBytes), sizeText(fit.diskBytes));
  if (!variant.isHere() && fit.onDisk() && fit.missingBytes < variant.bytes)
    text += fmt::format("{} still to download", sizeText(fit.missingBytes));
  if (!text.empty()) text += "; ";
  return text + fmt::format("{} about {} of memory{}", fit.inMemory() ? "fits, needs" : "does not fit: needs",
                            bytesText(fit.neededBytes),
                            fit.memoryBytes == 0 ? "" : ", " + sizeText(fit.memoryBytes) + " are available");
}

Json toJson(const remote::RemoteModel& model) {
  Json variants = Json::array();
  for (const auto& variant : model.variants) {
    Json files = Json::array();
    for (const auto& file : variant.files)
      files.push_back({{"path", file.path}, {"bytes", file.bytes}, {"digest", file.digest}});
    const Fit& fit = variant.fit;
    variants.push_back({{"name", variant.name},
                        {"source", variant.source},
                        {"bytes", variant.bytes},
                        {"weight_bytes", variant.weightBytes},
                        {"missing_bytes", fit.missingBytes},
                        {"is_here", variant.isHere()},
                        {"needed_memory_bytes", std::round(fit.neededBytes)},
                        {"available_memory_bytes", fit.memoryBytes == 0 ? Json(nullptr) : Json(fit.memoryBytes)},
                        {"fits_memory", fit.inMemory()},
                        {"free_disk_bytes", fit.diskBytes == 0 ? Json(nullptr) : Json(fit.diskBytes)},
                        {"fits_disk", fit.onDisk()},
                        {"files", std::move(files)}});
  }
  return {{"name", model.name},
          {"server", model.server},
          {"commit", model.commit.empty() ? Json(nullptr) : Json(model.commit)},
          {"parameters", model.parameters > 0 ? Json(model.parameters) : Json(nullptr)},
          {"variants", std::move(variants)}};
}

void printList(const remote::RemoteModel& model) {
  fmt::print("{} on {}\n", printable(model.name), printable(model.server));
  if (model.variants.empty()) fmt::print("It has no GGUF file and no safetensors: nothing that opens here.\n");
  std::size_t width = 0;
  for (const auto& variant : model.variants) width = std::max(width, variant.title.size());
  for (const auto& variant : model.variants)
    fmt::print("  {:<{}}  {:>9}  {}\n", printable(variant.title), width, sizeText(variant.bytes), fitText(variant));
  if (!model.variants.empty())
    fmt::print("Get one with: quantscope-cli get {}\n", printable(model.variants.front().source));
}

void printGot(const remote::GotModel& got) {
  fmt::print("{}: {}, {} of it downloaded now\n{}\n", printable(got.source), sizeText(got.bytes),
             got.downloadedBytes == 0 ? "nothing" : sizeText(got.downloadedBytes), printable(got.path.string()));
}

Json toJson(const remote::GotModel& got) {
  Json files = Json::array();
  for (const auto& file : got.files) files.push_back(file.string());
  return {{"name", got.source},
          {"path", got.path.string()},
          {"bytes", got.bytes},
          {"downloaded_bytes", got.downloadedBytes},
          {"files", std::move(files)}};
}

void run(const Options& options) {
  ProgressLine line;
  const core::JobContext job(interruptionToken(),
                             [&](double fraction, std::string_view phrase) { line.show(fraction, phrase); });
  const auto model = remote::listModel(options.name, job);
  if (options.list) return options.output == Output::ForPrograms ? print(toJson(model)) : printList(model);
  const auto got = remote::getModel(model, remote::variantInName(options.name), job);
  options.output == Output::ForPrograms ? print(toJson(got)) : printGot(got);
}

}  // namespace get_verb

void addGet(CLI::App& program) {
  auto options = std::make_shared<get_verb::Options>();
  CLI::App* command = program.add_subcommand("get", "Download a model by its name from Hugging Face or Ollama");
  command
      ->add_option("NAME", options->name,
                   "hf:OWNER/NAME, with :QUANTIZATION or :FILE and @REVISION where they are wanted, or ollama:NAME:TAG")
      ->required()
      ->check(CLI::Validator(whyEmpty, ""));
  command->add_flag("--list", options->list,
                    "Say what there is, how large it is and whether it fits; download nothing");
  addJsonFlag(*command, options->output);
  command->callback([options] { get_verb::run(*options); });
}

}  // namespace app::cli
