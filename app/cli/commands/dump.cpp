#include <fmt/core.h>

#include <memory>

#include "app/cli/command.h"
#include "app/session/open_model.h"
#include "core/base/error.h"
#include "core/io/npy_writer.h"
#include "core/quant/quantizer.h"

namespace app::cli {

namespace {

struct Options {
  std::string model, tensor, scheme, out;
};

void run(const Options& options) {
  const auto model = OpenModel::open(options.model);
  const auto view = model->checkpoint().view(options.tensor);
  const auto tensor = options.scheme.empty() ? core::quant::wrapStored(view)
                                             : core::quant::quantize(core::quant::Scheme::parse(options.scheme), view);
  core::io::writeNpy(options.out, view.shape, core::quant::dequantize(*tensor));
}

}  // namespace

void addDump(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("dump", "A tensor as float32, decoded, or quantized and dequantized");
  addModel(*command, options->model);
  command->add_option("--tensor", options->tensor, "Name of the tensor")->required();
  command->add_option("--scheme", options->scheme, "Quantize and dequantize with this scheme first");
  command->add_option("-o,--output", options->out, "The .npy file to write")->required();
  command->callback([options] { run(*options); });
}

}  // namespace app::cli
