#include "core/model/executor.h"

#include <fmt/format.h>

#include "core/base/error.h"

namespace core::model {

void Executor::checkArguments(std::span<const TokenId> tokens, const KvCache& cache, LogitsWanted wanted,
                              std::span<float> logits) const {
  const std::uint32_t vocabulary = graph().config.vocabulary;
  for (const TokenId token : tokens) {
    if (token < 0 || static_cast<std::uint32_t>(token) >= vocabulary) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("Token ids should be between 0 and {}, but one is {}.", vocabulary - 1, token));
    }
  }
  if (tokens.empty()) throw Error(ErrorCode::InvalidArgument, "At least one token is needed, but none was given.");
  if (tokens.size() > cache.capacity() - cache.length()) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("The context holds {} tokens, but {} and {} more do not fit.",
                                                        cache.capacity(), cache.length(), tokens.size()));
  }
  const std::size_t rows = wanted == LogitsWanted::AllTokens ? tokens.size() : 1;
  if (logits.size() != rows * vocabulary) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Room for {} logits is needed, but {} was given.", rows * vocabulary, logits.size()));
  }
}

}  // namespace core::model
