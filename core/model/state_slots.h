#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace core::model {

/// Which states of a sequence a cache keeps. A state is of one position: what was before it cannot be had back from it,
/// so a few earlier ones are kept, each in a slot. A batch reads one slot and writes another, so nothing that is kept
/// is overwritten half-way. Position 0 needs no slot: its state is 0.
class StateSlots {
 public:
  static constexpr std::size_t kSlots = 4;

  /// What a batch does.
  struct Step {
    std::optional<std::size_t> read;  ///< nothing: position 0
    std::size_t write = 0;
  };
  /// For tokens [from, to). Takes an empty slot, or the one of the earliest single token (an answer's), or the earliest
  /// of all; never what is read, nor what holds `kept`, where the caller's cache ends.
  /// @pre from is 0 or nearest(from)
  Step step(std::uint32_t from, std::uint32_t to, std::uint32_t kept);
  /// The last position not behind this one whose state is kept; 0 if there is none.
  std::uint32_t nearest(std::uint32_t position) const;
  /// Forgets all states behind this position.
  void forgetBehind(std::uint32_t position);

  /// A state that is kept.
  struct Kept {
    std::uint32_t position = 0;  ///< not 0
    bool isOfOne = false;        ///< written by a batch of one token
    std::size_t slot = 0;
  };
  /// Those not behind a position, in the order they were written.
  std::vector<Kept> kept(std::uint32_t position) const;
  /// What is kept from now on, written in this order. @pre at most kSlots, each slot and each position once
  void take(std::span<const Kept> kept);

 private:
  struct Slot {
    std::uint32_t position = 0;  ///< 0: empty
    bool isOfOne = false;        ///< written by a batch of one token
    std::uint64_t written = 0;   ///< in this order
  };
  std::optional<std::size_t> find(std::uint32_t position) const;

  std::array<Slot, kSlots> m_slots;
  std::uint64_t m_writes = 0;
};

}  // namespace core::model
