#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/session/open_files.h"
#include "app/session/open_model.h"
#include "core/base/error.h"
#include "core/io/npy_writer.h"
#include "core/quant/quantizer.h"

namespace app::cli {

namespace {

constexpr std::uint64_t kChunkValues = std::uint64_t{1} << 20;

struct Options {
  std::string model, tensor, scheme, out;
};

void run(const Options& options) {
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  const auto view = model->checkpoint().view(options.tensor);
  core::io::OutputFile file(options.out, openFiles());
  const auto tensor = options.scheme.empty()
                          ? core::quant::wrapStored(view)
                          : core::quant::quantize(core::quant::Scheme::parse(options.scheme), view, job);
  core::io::NpyWriter writer(std::move(file), view.shape);
  std::vector<float> rows;
  const std::uint64_t step = std::max<std::uint64_t>(1, kChunkValues / std::max<std::uint64_t>(1, tensor->rowValues()));
  for (std::uint64_t row = 0; row < tensor->rows(); row += step) {
    job.throwIfCancelled();
    const std::uint64_t count = std::min(step, tensor->rows() - row);
    rows.resize(count * tensor->rowValues());
    core::quant::dequantizeRows(*tensor, row, count, rows.data());
    writer.append(rows);
  }
  writer.finish();
}

}  // namespace

void addDump(CLI::App& program) {
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("dump", "A tensor as float32, decoded, or quantized and dequantized");
  addModel(*command, options->model);
  command->add_option("--tensor", options->tensor, "Name of the tensor")->required();
  command->add_option("--scheme", options->scheme, "Quantize and dequantize with this scheme first");
  command->add_option("-o,--output", options->out, "The .npy file to write, or - for standard output")->required();
  command->callback([options] { run(*options); });
}

}  // namespace app::cli
