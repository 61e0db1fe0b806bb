// How long a whole trace takes of a model of any size, and how much memory: for models without a tokenizer, tokens are
// drawn until the two versions part behind them.
#include <sys/resource.h>

#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "app/session/trace_model.h"
#include "app/session/trace_text.h"
#include "core/base/error.h"
#include "tool_arguments.h"

namespace {

struct Options {
  std::string model, compared = "int4:group=64@cpu", reference = "stored@cpu";
  std::size_t tokens = 50;
};

double peakGigabytes() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_maxrss) / (1 << 20);
}

void run(const Options& options) {
  const auto model = app::OpenModel::open(options.model);
  app::Engine engine;
  app::TraceRequest request;
  request.reference = app::Variant::parse(options.reference);
  request.compared = app::Variant::parse(options.compared);
  request.answer.emplace();
  const auto reference = engine.createExecutor(*model, request.reference),
             compared = engine.createExecutor(*model, request.compared);
  for (std::uint32_t draw = 1;; ++draw) {
    request.prompt.clear();
    for (std::size_t i = 0; i < options.tokens; ++i)
      request.prompt.push_back(
          static_cast<core::model::TokenId>((i * 2654435761U * draw + 17) % model->config().vocabulary));
    const auto found = core::trace::partingBehind(*reference, *compared, request.prompt, 1, {});
    if (found.agreement == core::trace::Agreement::Parted) break;
  }
  const auto onStage = [](const app::Trace& trace, app::TraceStage stage) {
    std::fprintf(stderr, "%s: %.2f s, peak %.2f GiB\n", std::string(app::toString(stage)).c_str(),
                 trace.seconds.back().second, peakGigabytes());
  };
  const app::Trace trace = app::traceModel(engine, *model, request, onStage);
  std::printf("%s", app::traceText(trace, model->tokenizer().get()).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App tool("Times a trace.", "bench_trace");
  tool.add_option("MODEL", options.model, "What is traced")->required();
  tool.add_option("--variant", options.compared, "What is compared")->capture_default_str();
  tool.add_option("--reference", options.reference, "With what")->capture_default_str();
  tool.add_option("--tokens", options.tokens, "That are read")->capture_default_str()->check(CLI::Range(1U, 1U << 20));
  if (const auto code = readArguments(tool, argc, argv)) return *code;
  try {
    run(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
