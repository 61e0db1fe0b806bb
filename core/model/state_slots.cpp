#include "core/model/state_slots.h"

#include <algorithm>
#include <tuple>

namespace core::model {

std::optional<std::size_t> StateSlots::find(std::uint32_t position) const {
  const auto found = std::ranges::find(m_slots, position, &Slot::position);
  if (position == 0 || found == m_slots.end()) return std::nullopt;
  return static_cast<std::size_t>(found - m_slots.begin());
}

StateSlots::Step StateSlots::step(std::uint32_t from, std::uint32_t to, std::uint32_t kept) {
  Step step{find(from), 0};
  // An earlier state of the same position is of tokens that are no longer there.
  if (const auto stale = find(to)) m_slots[*stale] = Slot();
  const auto value = [&](std::size_t slot) {
    const Slot& at = m_slots[slot];
    const bool isNeeded = slot == step.read || (at.position != 0 && at.position == kept);
    return std::tuple(isNeeded, at.position != 0, !at.isOfOne, at.written);
  };
  for (std::size_t slot = 1; slot < kSlots; ++slot)
    if (value(slot) < value(step.write)) step.write = slot;
  m_slots[step.write] = {to, to - from == 1, ++m_writes};
  return step;
}

std::uint32_t StateSlots::nearest(std::uint32_t position) const {
  std::uint32_t found = 0;
  for (const Slot& slot : m_slots)
    if (slot.position <= position) found = std::max(found, slot.position);
  return found;
}

void StateSlots::forgetBehind(std::uint32_t position) {
  for (Slot& slot : m_slots)
    if (slot.position > position) slot = Slot();
}

std::vector<StateSlots::Kept> StateSlots::kept(std::uint32_t position) const {
  std::vector<Kept> kept;
  for (std::size_t slot = 0; slot < kSlots; ++slot)
    if (m_slots[slot].position != 0 && m_slots[slot].position <= position)
      kept.push_back({m_slots[slot].position, m_slots[slot].isOfOne, slot});
  std::ranges::sort(kept, {}, [this](const Kept& one) { return m_slots[one.slot].written; });
  return kept;
}

void StateSlots::take(std::span<const Kept> kept) {
  m_slots = {};
  for (const Kept& one : kept) m_slots[one.slot] = {one.position, one.isOfOne, ++m_writes};
}

}  // namespace core::model
