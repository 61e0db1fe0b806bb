#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace core::numeric {

/// The distinct values of a 16-entry code book in ascending order, each with its lowest code.
class SortedCodeBook {
 public:
  explicit SortedCodeBook(std::span<const float> codeBook);

  std::size_t size() const { return m_size; }
  double value(std::size_t index) const { return static_cast<double>(m_entries[index].value); }
  std::uint64_t code(std::size_t index) const { return m_entries[index].code; }
  /// Index of the entry with the value of this code.
  std::size_t indexOf(float codeValue) const;
  /// Index of the nearest entry; on a midpoint the lower one.
  std::size_t nearest(double value) const;
  /// Index of the entry farthest from zero that is not beyond the value. @pre the book contains 0
  std::size_t towardZero(double value) const;
  bool isMidpoint(double value) const;

 private:
  struct Entry {
    float value;
    std::uint64_t code;
  };
  double midpoint(std::size_t index) const { return (value(index) + value(index + 1)) / 2; }  // exact for 4-bit books

  std::array<Entry, 16> m_entries{};
  std::size_t m_size = 0;
};

}  // namespace core::numeric
