#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace core::quant {

/// A lattice as its encoders see it. A group of values is first rounded coordinate by coordinate; its codes, packed as
/// in lattice_tables.h, are a point of the lattice or not. If not, the points around them are candidates: all those in
/// the `shells` smallest distances (of the codes), nearest first, within a distance by their index.
/// Source: ggml 0.25.1 (ggml-quants.c), whose choice of candidates and whose order, which decides ties, this is.
class LatticeNeighbours {
 public:
  /// The lists have a multiple of this many candidates; the first is repeated behind the last.
  static constexpr std::size_t kPadding = 8;

  struct Entry {
    std::uint32_t first = 0;  ///< of its candidates
    std::uint16_t count = 0;  ///< of its candidates; 0 for a point of the lattice
    std::uint16_t index = 0;  ///< of a point of the lattice
  };

  /// Points of `coordinates` coordinates of `bits` bits with values below `levels`.
  LatticeNeighbours(std::span<const std::uint16_t> points, unsigned coordinates, unsigned bits, unsigned levels,
                    unsigned shells);

  /// @pre each coordinate of the code is below `levels`
  const Entry& operator[](std::uint32_t code) const { return m_entries[code]; }
  /// Packed codes of the candidates of an entry.
  const std::uint16_t* candidates(const Entry& entry) const { return m_candidates.data() + entry.first; }

 private:
  std::vector<Entry> m_entries;
  std::vector<std::uint16_t> m_candidates;
};

/// Computed on first use, by one thread while others wait.
const LatticeNeighbours& iq2XxsNeighbours();
const LatticeNeighbours& iq2XsNeighbours();
const LatticeNeighbours& iq2SNeighbours();
const LatticeNeighbours& iq3XxsNeighbours();
const LatticeNeighbours& iq3SNeighbours();
const LatticeNeighbours& iq1Neighbours();

}  // namespace core::quant
