#include "core/text/pair_merges.h"

#include <algorithm>
#include <array>
#include <limits>
#include <queue>

#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace core::text {

namespace {

constexpr std::uint64_t pairKey(std::uint32_t left, std::uint32_t right) { return std::uint64_t{left} << 32U | right; }

/// A place among the nodes of a word: encode() refuses texts that need more.
using Index = std::uint32_t;
constexpr Index kNoNode = ~Index{0};

/// Symbols up to which going through all of them for every merge is the faster way.
constexpr std::size_t kFew = 48;

struct Node {
  std::uint32_t symbol;
  Index previous;
  Index next;
  bool alive = true;
};

struct Candidate {
  std::uint32_t rank;
  std::uint32_t merged;
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

PairMerges::PairMerges(const std::vector<std::string>& merges, const Vocabulary& vocabulary) : m_rules(merges.size()) {
  if (merges.size() > 0x40000000U) fail("A tokenizer has at most 1073741824 merges.");
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
    m_rules.insert(pair, Rule{static_cast<std::uint32_t>(rank), symbolOf(left + right)});
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
  symbols.size() <= kFew ? applyToFew(symbols) : applyToMany(symbols);
}

/// Looks through all pairs for each merge: for a word nothing is faster.
void PairMerges::applyToFew(std::vector<Symbol>& symbols) const {
  constexpr Rule kNone{std::numeric_limits<std::uint32_t>::max(), 0};
  std::array<Rule, kFew> rules;  // of each symbol and the next
  std::size_t count = symbols.size();
  const auto look = [&](std::size_t left) {
    const Rule* const rule = m_rules.find(pairKey(symbols[left], symbols[left + 1]));
    rules[left] = rule == nullptr ? kNone : *rule;
  };
  for (std::size_t i = 0; i + 1 < count; ++i) look(i);
  while (count > 1) {
    const auto end = rules.begin() + static_cast<std::ptrdiff_t>(count - 1);
    const auto best =
        std::min_element(rules.begin(), end, [](const Rule& a, const Rule& b) { return a.rank < b.rank; });
    if (best->rank == kNone.rank) break;
    const auto left = static_cast<std::size_t>(best - rules.begin());
    symbols[left] = best->merged;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(left + 1));
    std::copy(best + 1, end, best);
    --count;
    if (left > 0) look(left - 1);
    if (left + 1 < count) look(left);
  }
}

void PairMerges::applyToMany(std::vector<Symbol>& symbols) const {
  std::vector<Node> nodes;
  nodes.reserve(symbols.size());
  for (Index i = 0; i < symbols.size(); ++i)
    nodes.push_back({symbols[i], i == 0 ? kNoNode : i - 1, i + 1 == symbols.size() ? kNoNode : i + 1});
  std::priority_queue<Candidate, std::vector<Candidate>, IsLater> queue;
  const auto consider = [&](Index left, Index right) {
    if (left == kNoNode || right == kNoNode) return;
    const std::uint64_t pair = pairKey(nodes[left].symbol, nodes[right].symbol);
    if (const Rule* const rule = m_rules.find(pair)) queue.push({rule->rank, rule->merged, left, right, pair});
  };
  for (Index i = 1; i < nodes.size(); ++i) consider(i - 1, i);
  while (!queue.empty()) {
    const Candidate candidate = queue.top();
    queue.pop();
    Node& left = nodes[candidate.left];
    Node& right = nodes[candidate.right];
    if (!left.alive || !right.alive || pairKey(left.symbol, right.symbol) != candidate.pair) continue;
    left.symbol = candidate.merged;
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
