#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/model/kv_type.h"
#include "core/model/state_slots.h"
#include "core/text/tokenizer.h"

namespace core::model {

using text::TokenId;

/// Keys and values of one sequence, and the states of layers that keep these, in the memory of the executor that made
/// it.
class KvCache {
 public:
  KvCache() = default;
  virtual ~KvCache() = default;
  KvCache(const KvCache&) = delete;
  KvCache& operator=(const KvCache&) = delete;

  /// The tokens whose keys and values are stored.
  std::span<const TokenId> tokens() const { return m_tokens; }
  std::uint32_t length() const { return static_cast<std::uint32_t>(m_tokens.size()); }
  std::uint32_t capacity() const { return m_capacity; }  ///< tokens that fit
  KvType type() const { return m_type; }
  virtual std::uint64_t bytes() const = 0;

  /// Forgets all tokens from `length` on; none when there are not so many. Where there are states, further back to the
  /// last one that is kept.
  void truncate(std::uint32_t length);
  /// Keeps the tokens that these begin with, too, forgets the rest as truncate() and returns how many are left.
  std::uint32_t keepCommon(std::span<const TokenId> tokens);
  /// Whether it can be cut at some positions only.
  bool hasStates() const { return m_hasStates; }

 protected:
  /// Which states a batch of tokens [from, to) reads and writes. @pre hasStates()
  StateSlots::Step stateStep(std::uint32_t from, std::uint32_t to) { return m_states.step(from, to, length()); }

 private:
  friend class Executor;
  StateSlots m_states;
  bool m_hasStates = false;
  std::vector<TokenId> m_tokens;
  std::uint32_t m_capacity = 0;
  KvType m_type;
  std::shared_ptr<const char> m_maker;
  std::uint64_t m_number = 0;  ///< among those of its maker
};

}  // namespace core::model
