#pragma once
#include <cstdint>

#include "app/cli/command.h"
#include "app/session/train_memory.h"
#include "app/session/train_news.h"

namespace app::cli {

/// What is told while a run goes on, line by line: of JSON on standard output, for people on standard error.
/// @param steps of the whole run
class TrainTeller {
 public:
  TrainTeller(Output output, std::uint64_t steps) : m_output(output), m_steps(steps) {}

  TrainVisitor visitor();
  /// The last word, on standard output.
  void finish(const TrainSummary& summary, const std::string& folder);

 private:
  void tell(const Json& line) const;
  void tellStart(const TrainStart& start) const;
  void tellStep(const core::train::StepReport& step);
  void tellEvaluation(const TrainEvaluation& evaluation);

  Output m_output;
  std::uint64_t m_steps;
  double m_seconds = 0;            ///< of the steps that were told
  std::uint64_t m_told = 0;        ///< steps
  std::vector<FactKnown> m_facts;  ///< of the last evaluation
};

/// A mark's perplexity and accuracy with their errors.
std::string describe(const TrainMark& mark);
void printMemory(const std::vector<TrainMemoryRow>& rows);
Json memoryJson(const std::vector<TrainMemoryRow>& rows);

}  // namespace app::cli
