#include "core/model/executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/model/non_finite.h"

namespace core::model {

namespace {

constexpr std::size_t kMostKeptCaches = 4;
constexpr std::size_t kSearchTokens = 32;  // computed at a time when looking for the first value that is no number

/// Something that has another value for the life of this object.
template <typename T>
class Restored {
 public:
  explicit Restored(T& value) : m_value(value), m_before(value) {}
  ~Restored() { m_value = std::move(m_before); }
  Restored(const Restored&) = delete;
  Restored& operator=(const Restored&) = delete;

 private:
  T& m_value;
  T m_before;
};

}  // namespace

std::unique_ptr<KvCache> Executor::createKvCache(std::uint32_t capacity, KvType type) {
  if (capacity == 0) throw Error(ErrorCode::InvalidArgument, "The context should hold at least one token.");
  if (const auto most = graph().mostPositions(); most && capacity > *most)
    throw Error(
        ErrorCode::InvalidArgument,
        fmt::format("The model has learned {} positions, so its context cannot hold {} tokens.", *most, capacity));
  auto cache = makeOrFree(capacity, type);
  cache->m_capacity = capacity;
  cache->m_type = type;
  cache->m_maker = m_identity;
  cache->m_number = ++m_cachesMade;
  cache->m_hasStates = !graph().states.empty();
  return cache;
}

std::unique_ptr<KvCache> Executor::makeOrFree(std::uint32_t capacity, KvType type) try {
  return makeKvCache(capacity, type);
} catch (const Error& error) {
  if (error.code() != ErrorCode::OutOfMemory || m_keptCaches->empty()) throw;
  freeKeptCaches();
  return makeKvCache(capacity, type);
}

LentCache Executor::lendKvCache(std::uint32_t capacity, KvType type) {
  const auto suits = [&](const auto& cache) { return cache->capacity() == capacity && cache->type() == type; };
  const auto kept = std::ranges::find_if(*m_keptCaches, suits);
  std::unique_ptr<KvCache> cache;
  if (kept == m_keptCaches->end()) {
    cache = createKvCache(capacity, type);
  } else {
    cache = std::move(*kept);
    m_keptCaches->erase(kept);
    cache->truncate(0);
    cache->m_number = ++m_cachesMade;  // nothing that was computed for it is meant any more
  }
  const auto takeBack = [to = std::weak_ptr(m_keptCaches)](KvCache* ended) {
    std::unique_ptr<KvCache> own(ended);
    const auto all = to.lock();
    if (!all) return;
    if (all->size() >= kMostKeptCaches) all->erase(all->begin());
    all->push_back(std::move(own));
  };
  return {cache.release(), takeBack};
}

std::uint64_t Executor::keptCacheBytes() const {
  std::uint64_t bytes = 0;
  for (const auto& cache : *m_keptCaches) bytes += cache->bytes();
  return bytes;
}

Subscription Executor::subscribe(std::vector<ValueId> values, Hook hook) {
  checkValues(values);
  return m_observers.add(std::move(values), std::move(hook));
}

ColumnSums Executor::sumColumns(std::vector<ValueId> values) {
  checkValues(values);
  for (const ValueId value : values) {
    if (graph().values[value].form == ValueForm::Floats) continue;
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("{} is made of codes, whose columns have no sums.", graph().values[value].name));
  }
  return m_observers.addSums(graph(), std::move(values));
}

void Executor::checkValues(std::span<const ValueId> values) const {
  const std::size_t count = graph().values.size();
  for (const ValueId value : values) {
    if (value >= count) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("Values of this graph should be below {}, but one is {}.", count, value));
    }
  }
}

void Executor::forward(std::span<const TokenId> tokens, KvCache& cache, LogitsWanted wanted, std::span<float> logits,
                       const JobContext& job) {
  checkArguments(tokens, cache);
  const std::size_t rows = wanted == LogitsWanted::AllTokens ? tokens.size() : 1, needed = rows * graph().vocabulary();
  if (logits.size() != needed)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("Room for {} logits is needed, but {} was given.", needed, logits.size()));
  abandonPrepared();
  m_observers.begin(graph());
  cache.m_states.forgetBehind(cache.length());  // of a forward that came to nothing
  compute(tokens, cache, wanted, logits, job);
  // No operation makes an infinite logit on purpose, so −∞ is no better than NaN: something overflowed.
  if (!allFinite(logits)) throwNotFinite(tokens, cache, job);
  m_observers.keep();
  // Only now: after an exception the cache still ends where it did, and what was written behind its end is ignored.
  cache.m_tokens.insert(cache.m_tokens.end(), tokens.begin(), tokens.end());
}

Candidates Executor::candidates(std::span<const TokenId> tokens, KvCache& cache, const CandidatesWanted& wanted,
                                const JobContext& job) {
  checkArguments(tokens, cache);
  checkWanted(wanted);
  m_observers.begin(graph());
  const Prepared asked{tokens.back(), cache.m_number, cache.length(), wanted};
  bool hasBegun = m_prepared == asked && tokens.size() == 1 && !m_observers.isWatching();
  if (hasBegun) {
    m_prepared.reset();
  } else {
    abandonPrepared();
    cache.m_states.forgetBehind(cache.length());
    hasBegun = begin(tokens, cache, wanted, job);
  }
  m_rows.resize(1);
  Row& row = m_rows.front();
  row.cache = cache.m_number;
  row.index = 0;
  row.isHere = !hasBegun;
  row.logits.resize(graph().vocabulary());
  if (!hasBegun) compute(tokens, cache, LogitsWanted::LastToken, row.logits, job);
  const Candidates found = hasBegun ? finish(job) : candidatesOf(row.logits, wanted);
  if (!found.areNumbers) throwNotFinite(tokens, cache, job);
  m_observers.keep();
  cache.m_tokens.insert(cache.m_tokens.end(), tokens.begin(), tokens.end());
  return found;
}

std::span<const float> Executor::lastLogits() { return read(m_rows.front()); }

std::span<const float> Executor::lastLogits(const KvCache& cache) {
  const auto row = std::ranges::find(m_rows, cache.m_number, &Row::cache);
  if (row == m_rows.end())
    throw Error(ErrorCode::InvalidArgument, "Logits are wanted of a KV cache that nothing was computed for last.");
  return read(*row);
}

std::span<const float> Executor::read(Row& row) {
  if (std::exchange(row.isHere, true)) return row.logits;
  row.logits.resize(graph().vocabulary());
  readLogits(row.index, row.logits);
  return row.logits;
}

void Executor::keepRows() {
  for (Row& row : m_rows) read(row);
}

void Executor::prepare(TokenId token, KvCache& cache, const CandidatesWanted& wanted) {
  const std::span<const TokenId> tokens(&token, 1);
  checkArguments(tokens, cache);
  checkWanted(wanted);
  abandonPrepared();
  m_observers.begin(graph());
  cache.m_states.forgetBehind(cache.length());
  try {
    if (begin(tokens, cache, wanted, JobContext())) m_prepared = {token, cache.m_number, cache.length(), wanted};
  } catch (const Error&) {
    abandon();
  }
}

void Executor::abandonPrepared() {
  if (std::exchange(m_prepared, std::nullopt)) abandon();
}

StepTimes Executor::timeForward(std::span<const TokenId> tokens, KvCache& cache, const JobContext& job) {
  StepTimes times;
  const Restored<StepTimes*> kept(m_stepTimes);
  m_stepTimes = &times;
  std::vector<float> logits(graph().vocabulary());
  forward(tokens, cache, LogitsWanted::LastToken, logits, job);
  return times;
}

void Executor::checkWanted(const CandidatesWanted& wanted) const {
  if (wanted.count > 0 && wanted.known > 0 && wanted.known <= graph().vocabulary() && wanted.temperature > 0) return;
  throw Error(ErrorCode::InvalidArgument,
              fmt::format("One candidate or more should be wanted of 1 to {} tokens at a temperature above 0, but {} "
                          "of {} at {} are.",
                          graph().vocabulary(), wanted.count, wanted.known, wanted.temperature));
}

void Executor::checkArguments(std::span<const TokenId> tokens, const KvCache& cache) const {
  if (cache.m_maker != m_identity) {
    throw Error(ErrorCode::InvalidArgument, "The KV cache should be one that this executor made.");
  }
  const std::uint64_t known = graph().tokenCount();
  for (const TokenId token : tokens) {
    if (token < 0 || static_cast<std::uint64_t>(token) >= known) {
      throw Error(ErrorCode::InvalidArgument,
                  fmt::format("Token ids should be between 0 and {}, but one is {}.", known - 1, token));
    }
  }
  if (graph().readsWholeTexts() && cache.length() != 0)
    throw Error(ErrorCode::InvalidArgument, "The model reads whole texts: nothing can be appended to one.");
  if (const auto most = graph().rowsTogether(); graph().readsWholeTexts() && tokens.size() > *most)
    throw Error(ErrorCode::InvalidArgument,
                fmt::format("The model reads texts of at most {} tokens, and this one has {}.", *most, tokens.size()));
  if (tokens.empty()) throw Error(ErrorCode::InvalidArgument, "At least one token is needed, but none was given.");
  if (tokens.size() > cache.capacity() - cache.length()) {
    throw Error(ErrorCode::InvalidArgument, fmt::format("The context holds {} tokens, but {} and {} more do not fit.",
                                                        cache.capacity(), cache.length(), tokens.size()));
  }
}

// Computes everything from the first token on once more, observed: what is wrong may have entered the cache long ago.
// The keys and values written meanwhile are those that are there already; states go into a cache of their own.
void Executor::throwNotFinite(std::span<const TokenId> tokens, KvCache& given, const JobContext& job) {
  std::vector<TokenId> all = given.m_tokens;
  all.insert(all.end(), tokens.begin(), tokens.end());
  const Restored<std::vector<TokenId>> keptTokens(given.m_tokens);
  const Restored<Observers> keptObservers(m_observers);
  const Restored<StepTimes*> keptTimes(m_stepTimes);
  m_observers = Observers();
  m_stepTimes = nullptr;
  given.m_tokens.clear();
  NonFiniteSearch search(graph(), all, given.type());
  try {
    const auto own = given.hasStates() ? createKvCache(static_cast<std::uint32_t>(all.size()), given.type()) : nullptr;
    KvCache& cache = own ? *own : given;
    const Subscription watching =
        subscribe(graph().allValues(), [&search](const Observation& observation) { search.look(observation); });
    m_observers.begin(graph());
    const std::size_t vocabulary = graph().vocabulary();
    const std::size_t together = graph().readsWholeTexts() ? all.size() : kSearchTokens;
    std::vector<float> logits(std::min(all.size(), together) * vocabulary);
    for (std::size_t first = 0; first < all.size(); first += together) {
      const auto part = std::span(all).subspan(first, std::min(together, all.size() - first));
      compute(part, cache, LogitsWanted::AllTokens, std::span(logits).first(part.size() * vocabulary), job);
      cache.m_tokens.insert(cache.m_tokens.end(), part.begin(), part.end());
    }
  } catch (const Error& error) {
    // Without the memory to look, the finding itself still stands.
    if (error.code() != ErrorCode::OutOfMemory) throw;
  }
  throw Error(
      ErrorCode::NotFinite,
      fmt::format("The model does not compute numbers: logits up to position {} are NaN or infinite.", all.size() - 1),
      "logits");
}

}  // namespace core::model
