#include "core/base/content_hash.h"

#include <array>
#include <bit>
#include <cstring>

namespace core {

static_assert(std::endian::native == std::endian::little, "the specification reads little-endian numbers");

namespace {

// The names of the specification.
constexpr std::uint64_t kPrime1 = 11400714785074694791U, kPrime2 = 14029467366897019727U,
                        kPrime3 = 1609587929392839161U, kPrime4 = 9650029242287828579U, kPrime5 = 2870177450012600261U;

template <typename T>
std::uint64_t take(std::span<const std::byte>& bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  bytes = bytes.subspan(sizeof(T));
  return value;
}

std::uint64_t step(std::uint64_t sum, std::uint64_t lane) { return std::rotl(sum + lane * kPrime2, 31) * kPrime1; }

std::uint64_t hashOfStripes(std::span<const std::byte>& bytes) {
  std::array<std::uint64_t, 4> sums{kPrime1 + kPrime2, kPrime2, 0, 0 - kPrime1};
  while (bytes.size() >= 32)
    for (std::uint64_t& sum : sums) sum = step(sum, take<std::uint64_t>(bytes));
  std::uint64_t hash = std::rotl(sums[0], 1) + std::rotl(sums[1], 7) + std::rotl(sums[2], 12) + std::rotl(sums[3], 18);
  for (const std::uint64_t sum : sums) hash = (hash ^ step(0, sum)) * kPrime1 + kPrime4;
  return hash;
}

}  // namespace

std::uint64_t contentHash(std::span<const std::byte> bytes) {
  const std::uint64_t length = bytes.size();
  std::uint64_t hash = length < 32 ? kPrime5 : hashOfStripes(bytes);
  hash += length;
  while (bytes.size() >= 8) hash = std::rotl(hash ^ step(0, take<std::uint64_t>(bytes)), 27) * kPrime1 + kPrime4;
  if (bytes.size() >= 4) hash = std::rotl(hash ^ (take<std::uint32_t>(bytes) * kPrime1), 23) * kPrime2 + kPrime3;
  while (!bytes.empty()) hash = std::rotl(hash ^ (take<std::uint8_t>(bytes) * kPrime5), 11) * kPrime1;
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

}  // namespace core
