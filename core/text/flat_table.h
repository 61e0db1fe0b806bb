#pragma once
#include <cstdint>
#include <vector>

namespace core::text {

/// Numbers by numbers, found with one look at memory as a rule: open addressing, at most three quarters full.
template <typename Value>
class FlatTable {
 public:
  /// @param most entries there will be
  explicit FlatTable(std::size_t most) {
    std::size_t slots = 16;
    while (slots * 3 / 4 <= most) slots *= 2;
    m_slots.resize(slots);
  }

  /// Keeps the value that is there already. @param key not kNoKey
  void insert(std::uint64_t key, Value value) {
    Slot& slot = m_slots[placeOf(key)];
    if (slot.key == kNoKey) slot = {key, value};
  }
  const Value* find(std::uint64_t key) const {
    const Slot& slot = m_slots[placeOf(key)];
    return slot.key == kNoKey ? nullptr : &slot.value;
  }

  static constexpr std::uint64_t kNoKey = ~std::uint64_t{0};

 private:
  struct Slot {
    std::uint64_t key = kNoKey;
    Value value = {};
  };

  /// Where the key is, or would be.
  std::size_t placeOf(std::uint64_t key) const {
    // The finaliser of splitmix64: neighbouring numbers must not fall into neighbouring slots only.
    std::uint64_t hash = (key ^ (key >> 30U)) * 0xBF58476D1CE4E5B9U;
    hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBU;
    const std::size_t mask = m_slots.size() - 1;
    std::size_t at = (hash ^ (hash >> 31U)) & mask;
    while (m_slots[at].key != key && m_slots[at].key != kNoKey) at = (at + 1) & mask;
    return at;
  }

  std::vector<Slot> m_slots;
};

}  // namespace core::text
