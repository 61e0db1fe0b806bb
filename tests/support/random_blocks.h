#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace support {

/// Random numbers that are the same on every platform (xorshift64*, and sums of uniforms for a bell shape).
class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) : m_state(seed * 0x9e3779b97f4a7c15U + 1) {}
  std::uint64_t bits();
  double uniform();  ///< in [0, 1)
  double bell();     ///< mean 0, variance 1, within ±6

 private:
  std::uint64_t m_state;
};

/// The number of a type in GGUF. Throws std::runtime_error for types the writer does not know.
std::uint32_t ggmlType(const std::string& type);

/// Appends `values` random values of a type, with about this standard deviation (and, for plain types, mean).
/// Throws std::runtime_error when rowValues is not a whole number of blocks.
void appendRandomValues(const std::string& type, std::uint64_t values, std::uint64_t rowValues, double sigma,
                        double mean, RandomNumbers& random, std::vector<std::uint8_t>& bytes);

}  // namespace support
