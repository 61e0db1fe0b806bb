#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
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

  // What it holds as bytes, laid out as its executor does, for a snapshot of it (kv_snapshot.h).

  struct Layout {
    std::vector<std::uint64_t> rowBytes;    ///< of a position: of the keys, then the values, of one layer after another
    std::vector<std::uint64_t> stateBytes;  ///< of one slot of each of Graph::states
    bool operator==(const Layout&) const = default;
  };
  virtual Layout layout() const = 0;
  /// Whole rows of a part (an index into Layout::rowBytes), from this position on. @pre they are within the capacity
  /// @throws Error (Device, DeviceLost, OutOfMemory)
  virtual void readRows(std::size_t part, std::uint32_t first, std::span<std::byte> rows) const = 0;
  virtual void writeRows(std::size_t part, std::uint32_t first, std::span<const std::byte> rows) = 0;
  /// What a slot holds of a state.
  virtual void readState(std::size_t state, std::size_t slot, std::span<std::byte> bytes) const = 0;
  virtual void writeState(std::size_t state, std::size_t slot, std::span<const std::byte> bytes) = 0;
  /// The states of its tokens that are kept.
  std::vector<StateSlots::Kept> keptStates() const { return m_states.kept(length()); }
  /// Its tokens are these from now on, whose rows and states were written before. @pre as many as fit
  void adopt(std::vector<TokenId> tokens, std::span<const StateSlots::Kept> states);

 protected:
  /// Which states a batch of tokens [from, to) reads and writes. @pre hasStates()
  StateSlots::Step stateStep(std::uint32_t from, std::uint32_t to) { return m_states.step(from, to, length()); }

 private:
  friend class Executor;
  friend class Together;
  StateSlots m_states;
  bool m_hasStates = false;
  std::vector<TokenId> m_tokens;
  std::uint32_t m_capacity = 0;
  KvType m_type;
  std::shared_ptr<const char> m_maker;
  std::uint64_t m_number = 0;  ///< among those of its maker
};

/// A KV cache for the life of this pointer.
using LentCache = std::unique_ptr<KvCache, std::function<void(KvCache*)>>;

}  // namespace core::model
