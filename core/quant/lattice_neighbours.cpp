#include "core/quant/lattice_neighbours.h"

#include <algorithm>
#include <array>

#include "core/quant/lattice_tables.h"

namespace core::quant {

namespace {

constexpr unsigned kMostCoordinates = 8;
constexpr unsigned kLargestDistance = 4 * 7 * 7;  ///< of four codes 0…7; of eight codes 0…2 it is 32

using Coordinates = std::array<std::int32_t, kMostCoordinates>;

/// The points in the lists' order of coordinates: one array per coordinate, for loops over all points.
class PointTable {
 public:
  PointTable(std::span<const std::uint16_t> points, unsigned coordinates, unsigned bits)
      : m_points(points), m_coordinates(coordinates), m_columns(coordinates), m_distances(points.size()) {
    for (unsigned i = 0; i < coordinates; ++i)
      for (const std::uint16_t point : points)
        m_columns[i].push_back(static_cast<std::uint8_t>((point >> (bits * i)) & ((1U << bits) - 1U)));
  }

  /// Appends the points in the `shells` smallest distances from a place, nearest first.
  void appendNearest(const Coordinates& place, unsigned shells, std::vector<std::uint16_t>& out) {
    measure(place);
    std::array<std::uint16_t, kLargestDistance + 1> perDistance{};
    for (const std::uint8_t distance : m_distances) ++perDistance[distance];
    for (unsigned distance = 0; shells != 0 && distance <= kLargestDistance; ++distance) {
      if (perDistance[distance] == 0) continue;
      --shells;
      for (std::size_t p = 0; p < m_points.size(); ++p)
        if (m_distances[p] == distance) out.push_back(m_points[p]);
    }
  }

 private:
  /// Squared distances of all points.
  void measure(const Coordinates& place) {
    std::fill(m_distances.begin(), m_distances.end(), std::uint8_t{0});
    for (unsigned i = 0; i < m_coordinates; ++i) {
      const std::uint8_t* column = m_columns[i].data();
      for (std::size_t p = 0; p < m_points.size(); ++p) {
        const std::int32_t difference = column[p] - place[i];
        m_distances[p] = static_cast<std::uint8_t>(m_distances[p] + difference * difference);
      }
    }
  }

  std::span<const std::uint16_t> m_points;
  unsigned m_coordinates;
  std::vector<std::vector<std::uint8_t>> m_columns;
  std::vector<std::uint8_t> m_distances;
};

}  // namespace

LatticeNeighbours::LatticeNeighbours(std::span<const std::uint16_t> points, unsigned coordinates, unsigned bits,
                                     unsigned levels, unsigned shells)
    : m_entries(std::size_t{1} << (coordinates * bits)) {
  std::vector<bool> isPoint(m_entries.size());
  for (std::size_t p = 0; p < points.size(); ++p) {
    isPoint[points[p]] = true;
    m_entries[points[p]].index = static_cast<std::uint16_t>(p);
  }
  PointTable table(points, coordinates, bits);
  for (std::uint32_t code = 0; code < m_entries.size(); ++code) {
    Coordinates place{};
    for (unsigned i = 0; i < coordinates; ++i)
      place[i] = static_cast<std::int32_t>((code >> (bits * i)) & ((1U << bits) - 1U));
    const bool inside = std::all_of(place.begin(), place.end(), [&](auto c) { return c < static_cast<int>(levels); });
    if (isPoint[code] || !inside) continue;
    const std::size_t first = m_candidates.size();
    table.appendNearest(place, shells, m_candidates);
    while ((m_candidates.size() - first) % kPadding != 0) m_candidates.push_back(m_candidates[first]);
    m_entries[code] = {static_cast<std::uint32_t>(first), static_cast<std::uint16_t>(m_candidates.size() - first), 0};
  }
}

const LatticeNeighbours& iq2XxsNeighbours() {
  static const LatticeNeighbours neighbours(kIq2XxsLattice, 8, 2, 3, 2);
  return neighbours;
}

const LatticeNeighbours& iq2XsNeighbours() {
  static const LatticeNeighbours neighbours(kIq2XsLattice, 8, 2, 3, 2);
  return neighbours;
}

const LatticeNeighbours& iq2SNeighbours() {
  static const LatticeNeighbours neighbours(kIq2SLattice, 8, 2, 3, 1);
  return neighbours;
}

const LatticeNeighbours& iq3XxsNeighbours() {
  static const LatticeNeighbours neighbours(kIq3XxsLattice, 4, 3, 8, 2);
  return neighbours;
}

const LatticeNeighbours& iq3SNeighbours() {
  static const LatticeNeighbours neighbours(kIq3SLattice, 4, 3, 8, 3);
  return neighbours;
}

const LatticeNeighbours& iq1Neighbours() {
  static const LatticeNeighbours neighbours(kIq1Lattice, 8, 2, 3, 3);
  return neighbours;
}

}  // namespace core::quant
