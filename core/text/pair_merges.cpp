#include "core/text/pair_merges.h"

#include <queue>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::text {

namespace {

constexpr std::uint64_t pairKey(std::uint32_t left, std::uint32_t right) { return std::uint64_t{left} << 32U | right; }

/// A place among the nodes of a word: encode() refuses texts that need more.
using Index = std::uint32_t;
constexpr Index kNoNode = ~Index{0};

struct Node {
  std::uint32_t symbol;
  Index previous;
  Index next;
  bool alive = true;
};

struct Candidate {
  std::uint32_t rank;
  Index left;
  Index right;
  std::uint64_t pair;  ///< of symbols when it was found: tells whether it is still current
};

/// The lowest rank is on top; of equal ones the leftmost.
struct IsLater {
  bool operator()(const Candidate& a, const Candidate& b) const {
    return a.rank > b.rank || (a.rank == b.rank && a.left > b.left);
  }
};

[[noreturn]] void fail(const std::string& sentence) {
  throw Error(ErrorCode::InvalidFile, sentence, "tokenizer.ggml.merges");
}

}  // namespace

std::size_t PairMerges::PairHash::operator()(std::uint64_t pair) const {
  // The finaliser of splitmix64: neighbouring ids must not fall into neighbouring buckets only.
  pair = (pair ^ (pair >> 30U)) * 0xBF58476D1CE4E5B9U;
  pair = (pair ^ (pair >> 27U)) * 0x94D049BB133111EBU;
  return pair ^ (pair >> 31U);
}

PairMerges::PairMerges(const std::vector<std::string>& merges, const Vocabulary& vocabulary) {
  if (merges.size() > 0x40000000U) fail("A tokenizer has at most 1073741824 merges.");
  m_rules.reserve(merges.size());
  if (!merges.empty()) m_symbols.reserve(vocabulary.size());
  const auto symbolOf = [&](const std::string& text) {
    const auto known = find(text);
    return known ? *known : intern(text, vocabulary.find(text));
  };
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const std::size_t blank = merges[rank].find(' ', 1);
    if (blank == std::string::npos || blank + 1 == merges[rank].size()) {
      fail("Merge " + std::to_string(rank) + " of the tokenizer must be two texts with a blank between, found " +
           io::inQuotes(merges[rank]) + ".");
    }
    const std::string left = merges[rank].substr(0, blank);
    const std::string right = merges[rank].substr(blank + 1);
    const std::uint64_t pair = pairKey(symbolOf(left), symbolOf(right));
    m_rules.try_emplace(pair, Rule{static_cast<std::uint32_t>(rank), symbolOf(left + right)});
  }
}

PairMerges::Symbol PairMerges::intern(const std::string& text, std::optional<TokenId> token) {
  const auto [entry, isNew] = m_symbols.try_emplace(text, static_cast<Symbol>(m_texts.size()));
  if (isNew) {
    m_texts.push_back(text);
    m_tokens.push_back(token);
  }
  return entry->second;
}

std::optional<PairMerges::Symbol> PairMerges::find(std::string_view text) const {
  const auto found = m_symbols.find(text);
  return found == m_symbols.end() ? std::nullopt : std::optional(found->second);
}

void PairMerges::apply(std::vector<Symbol>& symbols) const {
  std::vector<Node> nodes;
  nodes.reserve(symbols.size());
  for (Index i = 0; i < symbols.size(); ++i)
    nodes.push_back({symbols[i], i == 0 ? kNoNode : i - 1, i + 1 == symbols.size() ? kNoNode : i + 1});
  std::priority_queue<Candidate, std::vector<Candidate>, IsLater> queue;
  const auto consider = [&](Index left, Index right) {
    if (left == kNoNode || right == kNoNode) return;
    const std::uint64_t pair = pairKey(nodes[left].symbol, nodes[right].symbol);
    const auto rule = m_rules.find(pair);
    if (rule != m_rules.end()) queue.push({rule->second.rank, left, right, pair});
  };
  for (Index i = 1; i < nodes.size(); ++i) consider(i - 1, i);
  while (!queue.empty()) {
    const Candidate candidate = queue.top();
    queue.pop();
    Node& left = nodes[candidate.left];
    Node& right = nodes[candidate.right];
    if (!left.alive || !right.alive || pairKey(left.symbol, right.symbol) != candidate.pair) continue;
    left.symbol = m_rules.at(candidate.pair).merged;
    right.alive = false;
    left.next = right.next;
    if (right.next != kNoNode) nodes[right.next].previous = candidate.left;
    consider(left.previous, candidate.left);
    consider(candidate.left, left.next);
  }
  symbols.clear();
  for (const Node& node : nodes) {
    if (node.alive) symbols.push_back(node.symbol);
  }
}

}  // namespace core::text
