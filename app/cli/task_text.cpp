#include "app/cli/task_text.h"

#include <fmt/core.h>

#include "core/io/text_checks.h"

namespace app::cli {

namespace {

constexpr std::size_t kMostShown = 20;

std::string shown(const std::string& answer) {
  constexpr std::size_t kMost = 90;
  const std::string text = core::io::printable(answer);
  return text.size() <= kMost ? text : core::io::escapeInvalidUtf8(text.substr(0, kMost)) + "…";
}

void printFlipped(const TaskEvaluation& evaluation) {
  const auto flipped = evaluation.flipped();
  for (std::size_t n = 0; n < std::min(flipped.size(), kMostShown); ++n) {
    const std::size_t i = flipped[n];
    const auto& reference = evaluation.reference.answers[i];
    fmt::print("{}\n  {} {}: {}\n", shown(evaluation.tasks.tasks[i].question()), reference.right ? "+" : "-",
               core::io::printable(evaluation.reference.name), shown(reference.text));
    for (const TaskRow& row : evaluation.rows)
      if (row.failure.empty() && row.answers[i].right != reference.right)
        fmt::print("  {} {}: {}\n", row.answers[i].right ? "+" : "-", core::io::printable(row.name),
                   shown(row.answers[i].text));
  }
  if (flipped.size() > kMostShown)
    fmt::print("and {} more questions that turned; --json lists all\n", flipped.size() - kMostShown);
}

void printRow(const TaskRow& row, const std::string& note) {
  fmt::print("{}: {:.1f} % right ({:.1f} to {:.1f} %){}\n", core::io::printable(row.name), 100 * row.accuracy.value,
             100 * row.accuracy.low, 100 * row.accuracy.high, note);
}

}  // namespace

void printTasks(const TaskEvaluation& evaluation) {
  fmt::print("{}: {} questions\n\n", core::io::printable(evaluation.tasks.title), evaluation.tasks.tasks.size());
  printFlipped(evaluation);
  if (!evaluation.flipped().empty()) fmt::print("\n");
  printRow(evaluation.reference, " (reference)");
  for (const TaskRow& row : evaluation.rows) {
    if (!row.failure.empty()) {
      fmt::print("{}: {}\n", core::io::printable(row.name), core::io::printable(row.failure));
      continue;
    }
    const char* const note = row.pValue >= core::evaluate::kLeastChance ? ": indistinguishable" : "";
    printRow(row, fmt::format(", {} turned wrong, {} right, p = {:.2g}{}", row.turnedWrong.size(),
                              row.turnedRight.size(), row.pValue, note));
  }
}

}  // namespace app::cli
