#include "core/trace/parting_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/model/probabilities.h"

namespace core::trace {

using model::TokenId;

namespace {

constexpr float kRuledOut = std::numeric_limits<float>::lowest();

/// One model reading along.
class Reader {
 public:
  Reader(model::Executor& executor, std::string name, std::uint32_t capacity, model::KvType kv, std::size_t known)
      : m_executor(executor),
        m_name(std::move(name)),
        m_cache(executor.createKvCache(capacity, kv)),
        m_known(model::knownTokens(executor.graph().vocabulary(), known)),
        m_logits(executor.graph().vocabulary()) {}

  void read(std::span<const TokenId> tokens, const JobContext& job) {
    try {
      m_executor.forward(tokens, *m_cache, model::LogitsWanted::LastToken, m_logits, job);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::NotFinite) throw;
      throw Error(error.code(), fmt::format("{} fails here. {}", m_name, error.what()), error.where());
    }
  }
  std::span<const float> logits() const { return std::span(m_logits).first(m_known); }
  /// The most probable token; of all but `without`.
  TokenId word(std::optional<TokenId> without = std::nullopt) const {
    std::size_t best = 0;
    float most = kRuledOut;
    for (std::size_t i = 0; i < m_known; ++i) {
      if (m_logits[i] <= most || (without && static_cast<std::size_t>(*without) == i)) continue;
      most = m_logits[i];
      best = i;
    }
    return static_cast<TokenId>(best);
  }

 private:
  model::Executor& m_executor;
  std::string m_name;
  std::unique_ptr<model::KvCache> m_cache;
  std::size_t m_known;
  std::vector<float> m_logits;
};

PartingCase caseOf(std::span<const TokenId> tokens, std::size_t promptTokens, const Reader& reference,
                   const Reader& compared) {
  PartingCase result;
  result.parting.tokens.assign(tokens.begin(), tokens.end());
  result.promptTokens = promptTokens;
  result.parting.reference = reference.word();
  result.parting.compared = compared.word();
  if (result.parting.compared == result.parting.reference) {
    result.agreement = Agreement::Agreed;
    result.parting.compared = compared.word(result.parting.reference);
  }
  result.referenceLogits.assign(reference.logits().begin(), reference.logits().end());
  result.comparedLogits.assign(compared.logits().begin(), compared.logits().end());
  return result;
}

double differenceOf(std::span<const float> logits, const Parting& parting) {
  return static_cast<double>(logits[static_cast<std::size_t>(parting.reference)]) -
         static_cast<double>(logits[static_cast<std::size_t>(parting.compared)]);
}

std::uint32_t capacityFor(std::size_t tokens, const PartingSettings& settings) {
  if (tokens == 0) throw Error(ErrorCode::InvalidArgument, "A trace needs at least one token that was read.");
  if (tokens > settings.contextLength) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("The context holds {} tokens, but the text has {}.", settings.contextLength, tokens));
  }
  return settings.contextLength;
}

}  // namespace

double PartingCase::referenceDifference() const { return differenceOf(referenceLogits, parting); }
double PartingCase::comparedDifference() const { return differenceOf(comparedLogits, parting); }
double PartingCase::divergence() const { return model::klDivergence(referenceLogits, comparedLogits); }

PartingSearch findParting(model::Executor& reference, model::Executor& compared, std::span<const TokenId> prompt,
                          const PartingSettings& settings, const JobContext& job) {
  std::uint32_t capacity = capacityFor(prompt.size(), settings);
  const std::size_t wanted = settings.position ? *settings.position + 1 : settings.mostTokens;
  capacity = static_cast<std::uint32_t>(std::min<std::size_t>(capacity, prompt.size() + wanted));
  Reader mine(reference, settings.referenceName, capacity, settings.referenceKv, settings.knownTokens);
  Reader other(compared, settings.comparedName, capacity, settings.comparedKv, settings.knownTokens);
  PartingSearch search;
  std::vector<TokenId> tokens(prompt.begin(), prompt.end());
  std::span<const TokenId> unread(tokens);
  while (true) {
    job.progress(static_cast<double>(search.answer.size()) / static_cast<double>(wanted), "Reading the answer");
    mine.read(unread, job);
    other.read(unread, job);
    const TokenId word = mine.word();
    const bool isAsked = settings.position == search.answer.size();
    if (isAsked || (!settings.position && other.word() != word)) {
      search.found = caseOf(tokens, prompt.size(), mine, other);
      return search;
    }
    search.hasEnded = settings.ends && settings.ends(word);
    if (search.hasEnded || search.answer.size() + 1 >= wanted || tokens.size() >= capacity) break;
    search.answer.push_back(word);
    tokens.push_back(word);
    unread = std::span(tokens).last(1);
  }
  if (settings.position) {
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("The reference's answer has {} tokens, so that it has none of number {} (the first is 0).",
                            search.answer.size() + 1, *settings.position));
  }
  return search;
}

PartingCase partingBehind(model::Executor& reference, model::Executor& compared, std::span<const TokenId> tokens,
                          std::size_t promptTokens, const PartingSettings& settings, const JobContext& job) {
  capacityFor(tokens.size(), settings);
  const auto capacity = static_cast<std::uint32_t>(tokens.size());
  Reader mine(reference, settings.referenceName, capacity, settings.referenceKv, settings.knownTokens);
  Reader other(compared, settings.comparedName, capacity, settings.comparedKv, settings.knownTokens);
  mine.read(tokens, job);
  other.read(tokens, job);
  return caseOf(tokens, promptTokens, mine, other);
}

}  // namespace core::trace
