#pragma once
#include <cstddef>

#include "core/base/error.h"

namespace core::text::jinja {

/// Something a template does wrong while it is parsed or rendered. The boundary (ChatTemplate) adds the line.
struct Failure {
  ErrorCode code;
  std::string sentence;
  bool ownWords = false;  ///< the template's own sentence (raise_exception): nothing is added to it
};

[[noreturn]] inline void fail(std::string sentence) { throw Failure{ErrorCode::InvalidFile, std::move(sentence)}; }

/// What one rendering may spend. A template comes from a file nobody vouches for: without limits a dozen characters
/// could run forever or fill the memory. Every operation costs one unit, every 16 bytes of new text another.
class Budget {
 public:
  static constexpr std::size_t kUnits = 10'000'000;
  static constexpr std::size_t kTextBytes = std::size_t{16} << 20;  ///< longest single text
  static constexpr int kDepth = 300;                                ///< nested evaluations, macro calls included
  static constexpr int kNesting = 64;                               ///< lists within lists

  void charge(std::size_t units = 1) {
    if (units > m_left) {
      throw Failure{ErrorCode::Unsupported, "It does more work than the limit for one conversation allows."};
    }
    m_left -= units;
  }
  void chargeText(std::size_t bytes) {
    if (bytes > kTextBytes) throw Failure{ErrorCode::Unsupported, "It makes a text longer than the limit of 16 MiB."};
    charge(1 + bytes / 16);
  }

  /// One level of evaluation, for as long as it lives.
  class Level {
   public:
    explicit Level(Budget& budget) : m_budget(budget) {
      if (m_budget.m_depth >= kDepth) {
        throw Failure{ErrorCode::Unsupported, "It is nested more deeply than the limit of 300 levels."};
      }
      ++m_budget.m_depth;
    }
    ~Level() { --m_budget.m_depth; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Budget& m_budget;
  };

 private:
  std::size_t m_left = kUnits;
  int m_depth = 0;
};

}  // namespace core::text::jinja
