#include <fmt/core.h>

#include <memory>

#include "app/cli/command.h"
#include "app/session/open_model.h"
#include "app/session/quantize_model.h"
#include "core/io/text_checks.h"

namespace app::cli {

namespace {

struct Options {
  std::string model, scheme, out;
  Output output = Output::ForPeople;
};

Json toJson(const QuantizedFileRow& row) {
  Json json = {{"tensor", row.tensor},
               {"from", core::tensor::name(row.from)},
               {"to", core::tensor::name(row.to)},
               {"bytes", row.bytes}};
  if (!row.kept.empty()) json["kept"] = row.kept;
  return json;
}

void run(const Options& options) {
  const auto model = OpenModel::open(options.model);
  const auto scheme = core::quant::Scheme::parse(options.scheme);
  const auto rows = quantizeModel(model->checkpoint(), scheme, options.out);
  std::uint64_t bytes = 0;
  Json tensors = Json::array();
  for (const auto& row : rows) {
    bytes += row.bytes;
    tensors.push_back(toJson(row));
    // A fallback must never go unseen.
    if (!row.kept.empty())
      fmt::print(stderr, "{} stays {}: {}\n", core::io::printable(row.tensor), core::tensor::name(row.from),
                 core::io::printable(row.kept));
  }
  if (options.output == Output::ForPrograms) {
    return print({{"output", options.out}, {"scheme", scheme.toString()}, {"bytes", bytes}, {"tensors", tensors}});
  }
  fmt::print("{}: {} tensors, {} bytes of weights\n", options.out, rows.size(), bytes);
}

}  // namespace

void addQuantize(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("quantize", "Write a model file with the block matrices quantized");
  addModel(*command, options->model);
  command
      ->add_option("--scheme", options->scheme,
                   "A cast, a type GGUF has (q8_0, q4_0 …), or nf4 and fp4 for safetensors")
      ->required();
  command->add_option("-o,--output", options->out, "The .gguf or .safetensors file to write")->required();
  addJsonFlag(*command, options->output);
  command->callback([options] { run(*options); });
}

}  // namespace app::cli
