#include "support/random_blocks.h"

#include <bit>
#include <cmath>
#include <stdexcept>

namespace support {

namespace {

/// A block type: where its FP16 fields are, and the standard deviation of a decoded value when the scale is 1 and all
/// other bits are random. `minFactor`: what to multiply the scale with for the second field (a minimum), 0 when absent.
struct BlockType {
  const char* name;
  std::uint32_t ggml;
  std::uint32_t values;
  std::uint32_t bytes;
  std::uint32_t scaleOffset;
  std::uint32_t minOffset;
  double sigmaOfUnitScale;
  double minFactor;
};

// The minima are chosen so that the values of a block are about centred: −(largest code / 2) for types that add them,
// + the same for types that subtract them under a 6-bit scale of the same distribution.
constexpr BlockType kBlockTypes[] = {
    {"q4_0", 2, 32, 18, 0, 0, 4.6, 0},         {"q4_1", 3, 32, 20, 0, 2, 4.6, -7.5},
    {"q5_0", 6, 32, 22, 0, 0, 9.2, 0},         {"q5_1", 7, 32, 24, 0, 2, 9.2, -15.5},
    {"q8_0", 8, 32, 34, 0, 0, 74.0, 0},        {"q2_k", 10, 256, 84, 80, 82, 13.0, 1.5},
    {"q3_k", 11, 256, 110, 108, 108, 42.0, 0}, {"q4_k", 12, 256, 144, 0, 2, 260.0, 7.5},
    {"q5_k", 13, 256, 176, 0, 2, 520.0, 15.5}, {"q6_k", 14, 256, 210, 208, 208, 1370.0, 0},
    {"iq4_nl", 20, 32, 18, 0, 0, 72.0, 0},     {"iq4_xs", 23, 256, 136, 0, 0, 1330.0, 0}};

/// FP16 code of a value that is normal in FP16; the mantissa is cut off, which is good enough for a random scale.
std::uint16_t halfCode(double value) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  const std::uint32_t sign = (bits >> 16) & 0x8000U;
  const std::uint32_t magnitude = bits & 0x7fffffffU;
  if (magnitude < 0x38800000U) return static_cast<std::uint16_t>(sign | (magnitude == 0 ? 0U : 0x0400U));
  return static_cast<std::uint16_t>(sign | ((magnitude - 0x38000000U) >> 13));
}

void append(std::vector<std::uint8_t>& bytes, std::uint32_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void appendPlain(const std::string& type, std::uint64_t values, double sigma, double mean, RandomNumbers& random,
                 std::vector<std::uint8_t>& bytes) {
  for (std::uint64_t i = 0; i < values; ++i) {
    const double value = mean + sigma * random.bell();
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    if (type == "f32") append(bytes, bits, 4);
    if (type == "bf16") append(bytes, bits >> 16, 2);
    if (type == "f16") append(bytes, halfCode(value), 2);
  }
}

void appendBlocks(const BlockType& type, std::uint64_t blocks, double sigma, RandomNumbers& random,
                  std::vector<std::uint8_t>& bytes) {
  for (std::uint64_t block = 0; block < blocks; ++block) {
    const std::size_t start = bytes.size();
    for (std::uint32_t i = 0; i < type.bytes; ++i) bytes.push_back(static_cast<std::uint8_t>(random.bits() >> 56));
    const double scale = sigma / type.sigmaOfUnitScale * (0.75 + 0.5 * random.uniform());
    const auto write = [&](std::uint32_t offset, double value) {
      const std::uint16_t code = halfCode(value);
      bytes[start + offset] = static_cast<std::uint8_t>(code);
      bytes[start + offset + 1] = static_cast<std::uint8_t>(code >> 8);
    };
    write(type.scaleOffset, scale);
    if (type.minFactor != 0) write(type.minOffset, scale * type.minFactor);
  }
}

}  // namespace

std::uint64_t RandomNumbers::bits() {
  m_state ^= m_state >> 12;
  m_state ^= m_state << 25;
  m_state ^= m_state >> 27;
  return m_state * 0x2545f4914f6cdd1dU;
}

double RandomNumbers::uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

double RandomNumbers::bell() {
  double sum = 0;
  for (int i = 0; i < 12; ++i) sum += uniform();
  return sum - 6.0;
}

std::uint32_t ggmlType(const std::string& type) {
  if (type == "f32") return 0;
  if (type == "f16") return 1;
  if (type == "bf16") return 30;
  for (const BlockType& block : kBlockTypes) {
    if (type == block.name) return block.ggml;
  }
  throw std::runtime_error("No random weights of type " + type);
}

void appendRandomValues(const std::string& type, std::uint64_t values, std::uint64_t rowValues, double sigma,
                        double mean, RandomNumbers& random, std::vector<std::uint8_t>& bytes) {
  ggmlType(type);  // throws for an unknown type
  for (const BlockType& block : kBlockTypes) {
    if (type != block.name) continue;
    if (rowValues % block.values != 0) throw std::runtime_error("Rows are not whole blocks of " + type);
    return appendBlocks(block, values / block.values, sigma, random, bytes);
  }
  appendPlain(type, values, sigma, mean, random, bytes);
}

}  // namespace support
