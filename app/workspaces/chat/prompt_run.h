#pragma once
#include <QByteArray>
#include <optional>
#include <vector>

#include "app/workspaces/chat/conversation.h"
#include "app/workspaces/chat/meaning.h"
#include "app/workspaces/chat/prompt_set.h"
#include "core/evaluate/proportions.h"

namespace app {

/// A set of questions and what the panes answered so far.
class PromptRun {
 public:
  PromptRun() = default;
  /// @param titles of the panes, the reference first
  PromptRun(PromptSet set, std::vector<QString> titles);

  const PromptSet& set() const { return m_set; }
  const std::vector<QString>& titles() const { return m_titles; }
  void take(std::size_t item, Turn turn);
  const std::optional<Turn>& turn(std::size_t item) const { return m_turns[item]; }
  std::size_t answered() const;

  QString answer(std::size_t item, std::size_t pane) const;
  /// Whether an answer holds what is expected; nothing where nothing is, or nothing was answered.
  std::optional<bool> isRight(std::size_t item, std::size_t pane) const;
  /// How the pane that differs the most stands to the reference; nothing before it was answered.
  std::optional<Likeness> likeness(std::size_t item) const;
  /// The items: those whose answers differ the most first, right ones against wrong ones before all; then those that
  /// wait, in their own order.
  std::vector<std::size_t> order() const;

  /// Answers of a pane that hold what is expected, of those that were answered and have an expectation.
  struct Right {
    std::size_t right = 0, of = 0;
    core::evaluate::Proportion interval;  ///< of the share, Wilson's, 95 %
  };
  Right right(std::size_t pane) const;
  /// Questions that are right under one of the two and wrong under the other: gained, lost, and the sign test's p.
  struct Flips {
    std::size_t gained = 0, lost = 0;
    double p = 1;
  };
  Flips flips(std::size_t pane) const;

  /// RFC 4180, one line a question in the order of the set.
  QByteArray toCsv() const;
  /// With everything the answers were computed from.
  QByteArray toJson() const;

 private:
  PromptSet m_set;
  std::vector<QString> m_titles;
  std::vector<std::optional<Turn>> m_turns;
};

}  // namespace app
