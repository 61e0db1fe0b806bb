#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace app {

/// What somebody says about a size, and what it comes to here.
struct SizeClaim {
  enum class Verdict : std::uint8_t {
    Holds,        ///< within 3 %
    WithReserve,  ///< of the right order, or under a condition the claim does not name
    Wrong
  };
  std::string said;       ///< "70B in INT4: 35 GB"
  double claimed = 0;     ///< gigabytes (10⁹ bytes), or times smaller
  std::string computed;   ///< how: "Llama 3.1 70B under int4 (groups of 32, FP16 scales)"
  double value = 0;       ///< the same unit as claimed
  bool isFactor = false;  ///< claimed and value are "times smaller"
  Verdict verdict = Verdict::Holds;
  std::string reason;  ///< empty where nothing is to be said

  double error() const { return value / claimed - 1; }
};

std::string nameOf(SizeClaim::Verdict verdict);

/// The size claims of the introductions that started this project, each computed from published shapes.
std::vector<SizeClaim> sizeClaims();

}  // namespace app
