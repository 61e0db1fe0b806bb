#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <variant>

#include "app/cli/command.h"
#include "app/cli/interruption.h"
#include "app/cli/recipe_options.h"
#include "app/session/open_files.h"
#include "app/session/open_model.h"
#include "core/base/error.h"
#include "core/io/npy_writer.h"
#include "core/model/recipe/recipe_plan.h"
#include "core/quant/load_tensor.h"
#include "core/quant/quantizer.h"

namespace app::cli {

namespace dump_verb {

constexpr std::uint64_t kChunkValues = std::uint64_t{1} << 20;

struct Options {
  std::string model, tensor, out;
  RecipeOptions weights;
};

/// A scheme is for the tensor that was named, whatever it is; a recipe says itself what becomes of it.
core::quant::QuantizedTensorPtr tensorOf(const OpenModel& model, const Options& options, const core::JobContext& job) {
  const auto& checkpoint = model.checkpoint();
  const auto stored = core::quant::loadTensor(checkpoint, options.tensor);
  const auto recipe = options.weights.parse();
  options.weights.calibrate(model, job);
  const auto calibration = model.calibration().current();
  core::model::TensorDecision decision;
  if (const auto* const scheme = std::get_if<core::quant::Scheme>(&recipe.base);
      scheme && recipe.rules.empty() && !recipe.adapter)
    decision.scheme = core::model::withImportance(recipe, *scheme, stored->name);
  else
    decision = core::model::planRecipe(recipe, checkpoint).tensors[*checkpoint.find(options.tensor)];
  return core::model::makeTensor(decision, stored, job, calibration.get());
}

void run(const Options& options) {
  const auto& job = interruptibleJob();
  const auto model = OpenModel::open(options.model, job);
  static_cast<void>(model->checkpoint().view(options.tensor));  // a tensor that is not there is said first
  core::io::OutputFile file(options.out, openFiles());
  const auto tensor = tensorOf(*model, options, job);
  core::io::NpyWriter writer(std::move(file), tensor->shape);
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

}  // namespace dump_verb

void addDump(CLI::App& program) {
  auto options = std::make_shared<dump_verb::Options>();
  CLI::App* command = program.add_subcommand("dump", "A tensor as float32, decoded, or quantized and dequantized");
  addModel(*command, options->model);
  command->add_option("--tensor", options->tensor, "Name of the tensor")->required();
  addRecipe(*command, options->weights, "Quantize and dequantize with this scheme first");
  command->add_option("-o,--output", options->out, "The .npy file to write, or - for standard output")->required();
  command->callback([options] { dump_verb::run(*options); });
}

}  // namespace app::cli
