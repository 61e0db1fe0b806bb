// A stranger's model file, small as it may be, through one forward pass on the CPU.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "core/base/error.h"
#include "core/io/gguf.h"
#include "core/model/executor.h"
#include "core/model/graph.h"

namespace {

namespace model = core::model;
using core::text::TokenId;

/// What a session does: a prompt, then one more token behind it.
void run(const std::shared_ptr<const core::io::Checkpoint>& checkpoint) {
  const auto config = model::ModelConfig::fromCheckpoint(*checkpoint);
  model::WeightLibrary library(checkpoint);
  const auto executor = model::createCpuExecutor(model::buildGraph(config, library.load(config, {})));
  const std::uint32_t context = std::min(config.contextLength, 8U);
  for (const auto type : {model::KvType::F16, model::KvType::F32}) {
    const auto cache = executor->createKvCache(context, type);
    std::vector<TokenId> prompt(std::max(context - 1, 1U));
    for (std::size_t i = 0; i < prompt.size(); ++i) prompt[i] = static_cast<TokenId>(i % config.vocabulary);
    std::vector<float> logits(prompt.size() * config.vocabulary);
    executor->forward(prompt, *cache, model::LogitsWanted::AllTokens, logits);
    if (cache->length() == context) continue;
    logits.resize(config.vocabulary);
    const std::vector<TokenId> last{static_cast<TokenId>(config.vocabulary - 1)};
    executor->forward(last, *cache, model::LogitsWanted::LastToken, logits);
    if (cache->length() != context) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    run(core::io::parseGguf(std::as_bytes(std::span(data, size)), nullptr, "fuzz"));
  } catch (const core::Error&) {
    // Refused with a sentence: that is what a bad file should get.
  }
  return 0;
}
