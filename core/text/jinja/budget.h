#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/error.h"

namespace core::text::jinja {

/// Something a template does wrong while it is parsed or rendered. The boundary (ChatTemplate) adds the line.
struct Failure {
  ErrorCode code;
  std::string sentence;
  bool ownWords = false;  ///< the template's own sentence (raise_exception): nothing is added to it
};

[[noreturn]] inline void fail(std::string sentence) { throw Failure{ErrorCode::InvalidFile, std::move(sentence)}; }
/// A name from the template for a sentence: 'name', cut and escaped.
std::string inQuotes(std::string_view name);

/// What parsing a template, or rendering it once, may spend. A template comes from a file nobody vouches for: without
/// limits a dozen characters could run forever or fill the memory. Who looks at a value or makes one pays for it in the
/// accessors and builders of value.h, containers.h and builders.h: there is no other way to a value's contents.
/// A step takes 2 to 25 ns, so that the worst template ends within about 0.1 s; the largest templates in use take about
/// 2 % of both limits (tst_chat_template measures it).
class Budget {
 public:
  static constexpr std::size_t kSteps = 4'000'000;
  static constexpr std::size_t kBytes = std::size_t{64} << 20;     ///< of all texts and values ever made
  static constexpr std::size_t kTextBytes = std::size_t{4} << 20;  ///< longest single text: beyond any context
  static constexpr int kDepth = 300;                               ///< nested evaluations, macro calls included
  static constexpr int kNesting = 64;                              ///< values within values

  explicit Budget(std::size_t steps = kSteps, std::size_t bytes = kBytes) : m_steps(steps), m_bytes(bytes) {}
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  void step(std::size_t count = 1) {
    if (count > m_steps) failSteps();
    m_steps -= count;
  }
  /// Looking at every byte of a text.
  void read(std::size_t bytes) { step(1 + bytes / 16); }
  /// New memory, written once.
  void make(std::size_t bytes) {
    if (bytes > m_bytes) failBytes();
    m_bytes -= bytes;
    read(bytes);
  }
  std::size_t stepsLeft() const { return m_steps; }
  std::size_t bytesLeft() const { return m_bytes; }

  /// One level of recursion, for as long as it lives.
  class Level {
   public:
    explicit Level(Budget& budget) : m_budget(budget) {
      if (m_budget.m_depth >= kDepth) failDepth();
      ++m_budget.m_depth;
    }
    ~Level() { --m_budget.m_depth; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Budget& m_budget;
  };

 private:
  [[noreturn]] static void failSteps();
  [[noreturn]] static void failBytes();
  [[noreturn]] static void failDepth();

  std::size_t m_steps;
  std::size_t m_bytes;
  int m_depth = 0;
};

}  // namespace core::text::jinja
