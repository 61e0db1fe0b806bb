#include "core/model/together.h"

#include <algorithm>
#include <iterator>

#include "core/base/error.h"
#include "core/base/stopwatch.h"

namespace core::model {

class Together {
 public:
  Together(std::span<const StepAsked> asked, const JobContext& job)
      : m_asked(asked), m_job(job), m_answers(asked.size()) {}

  std::vector<StepFound> run() {
    for (std::size_t i = 0; i < m_asked.size(); ++i) admit(i);
    while (!m_groups.empty()) {
      std::vector<Group> joined = takeJoined();
      const bool isOne = joined.size() == 1 && joined.front().asked.size() == 1;
      if (isOne || !canJoin(*joined.front().executor))
        computeAlone(joined.front());
      else
        compute(joined);
    }
    return std::move(m_answers);
  }

 private:
  /// What is asked of one executor.
  struct Group {
    Executor* executor;
    std::vector<std::size_t> asked;
    std::size_t done = 0;                  ///< how many of them
    std::vector<Executor::Row> rows = {};  ///< of logits, of what was computed before the last
  };

  void admit(std::size_t i) {
    const auto& [executor, step] = m_asked[i];
    try {
      executor->checkArguments(std::span(&step.token, 1), *step.cache);
      executor->checkWanted(step.wanted);
      const auto isSame = [&](const StepAsked& other) { return other.step.cache == step.cache; };
      if (std::ranges::any_of(m_asked.first(i), isSame))
        throw Error(ErrorCode::InvalidArgument, "A sequence can go on with one token at a time.");
    } catch (...) {
      m_answers[i].failure = std::current_exception();
      return;
    }
    const auto group = std::ranges::find(m_groups, executor, &Group::executor);
    if (group != m_groups.end()) return group->asked.push_back(i);
    executor->m_observers.begin(executor->graph());
    m_groups.push_back({executor, {i}});
  }

  static bool canJoin(const Executor& executor) {
    return executor.mostTogether() > 0 && !executor.graph().rowsTogether() && !executor.m_observers.isWatching() &&
           executor.m_stepTimes == nullptr;
  }

  /// The first group and those that can be computed with it.
  std::vector<Group> takeJoined() {
    std::vector<Group> joined, others;
    for (Group& group : m_groups) {
      const bool joins = joined.empty() || (canJoin(*joined.front().executor) && canJoin(*group.executor) &&
                                            joined.front().executor->joins(*group.executor));
      (joins ? joined : others).push_back(std::move(group));
    }
    m_groups = std::move(others);
    return joined;
  }

  void computeAlone(Group& group) {
    group.executor->m_rows.clear();
    for (const std::size_t i : group.asked) computeAlone(group, i);
    restoreRows(group);
  }

  void computeAlone(Group& group, std::size_t i) {
    const SequenceStep& step = m_asked[i].step;
    const Stopwatch watch;
    try {
      keepRows(group);
      m_answers[i].found = group.executor->candidates(std::span(&step.token, 1), *step.cache, step.wanted, m_job);
    } catch (...) {
      m_answers[i].failure = std::current_exception();
    }
    m_answers[i].seconds = watch.seconds();
  }

  /// Before something else overwrites them.
  static void keepRows(Group& group) {
    group.executor->keepRows();
    std::ranges::move(group.executor->m_rows, std::back_inserter(group.rows));
    group.executor->m_rows.clear();
  }
  static void restoreRows(Group& group) {
    std::ranges::move(group.executor->m_rows, std::back_inserter(group.rows));
    group.executor->m_rows = std::move(group.rows);
  }

  void compute(std::vector<Group>& joined) {
    for (Group& group : joined) {
      group.executor->m_rows.clear();
      group.executor->abandonPrepared();
    }
    while (true) {
      std::vector<Part> parts;
      for (Group& group : joined) {
        const std::size_t count = std::min(group.executor->mostTogether(), group.asked.size() - group.done);
        if (count == 0) continue;
        if (group.done > 0) keepRows(group);
        parts.push_back({&group, std::span(group.asked).subspan(group.done, count)});
        group.done += count;
      }
      if (parts.empty()) break;
      compute(parts);
    }
    for (Group& group : joined) restoreRows(group);
  }

  /// What is asked of one executor, as far as it is computed at once.
  struct Part {
    Group* group;
    std::span<const std::size_t> asked;
  };

  void compute(const std::vector<Part>& parts) {
    const Stopwatch watch;
    std::vector<Executor::StepBatch> batches;
    std::size_t count = 0;
    for (const Part& part : parts) {
      count += part.asked.size();
      Executor::StepBatch& batch = batches.emplace_back(Executor::StepBatch{part.group->executor, {}});
      for (const std::size_t i : part.asked) {
        batch.steps.push_back(m_asked[i].step);
        KvCache& cache = *batch.steps.back().cache;
        cache.m_states.forgetBehind(cache.length());  // of a forward that came to nothing
      }
    }
    try {
      batches.front().executor->computeTogether(batches, m_job);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::OutOfMemory) return fail(parts);
      for (const Part& part : parts)  // one needs less
        for (const std::size_t i : part.asked) computeAlone(*part.group, i);
      return;
    } catch (...) {
      return fail(parts);
    }
    for (std::size_t p = 0; p < parts.size(); ++p) conclude(parts[p], batches[p]);
    for (const Part& part : parts) {
      for (const std::size_t i : part.asked) {
        m_answers[i].seconds = watch.seconds();
        m_answers[i].besides = static_cast<std::uint32_t>(count - 1);
      }
    }
  }

  void fail(const std::vector<Part>& parts) {
    for (const Part& part : parts)
      for (const std::size_t i : part.asked) m_answers[i].failure = std::current_exception();
  }

  void conclude(const Part& part, Executor::StepBatch& batch) {
    Executor& executor = *batch.executor;
    const std::size_t vocabulary = executor.graph().vocabulary();
    std::vector<std::size_t> odd;
    for (std::size_t k = 0; k < part.asked.size(); ++k) {
      const SequenceStep& step = batch.steps[k];
      Candidates& found = m_answers[part.asked[k]].found;
      const bool isHere = batch.found.empty();
      Executor::Row& row = executor.m_rows.emplace_back(Executor::Row{step.cache->m_number, k, isHere});
      if (isHere) {
        const auto logits = std::span(batch.logits).subspan(k * vocabulary, vocabulary);
        row.logits.assign(logits.begin(), logits.end());
        found = candidatesOf(row.logits, step.wanted);
      } else {
        found = std::move(batch.found[k]);
      }
      if (found.areNumbers)
        step.cache->m_tokens.push_back(step.token);
      else
        odd.push_back(part.asked[k]);
    }
    if (!odd.empty()) executor.keepRows();  // finding out why computes
    for (const std::size_t i : odd) {
      const SequenceStep& step = m_asked[i].step;
      try {
        executor.throwNotFinite(std::span(&step.token, 1), *step.cache, m_job);
      } catch (...) {
        m_answers[i].failure = std::current_exception();
      }
    }
  }

  const std::span<const StepAsked> m_asked;
  const JobContext& m_job;
  std::vector<StepFound> m_answers;
  std::vector<Group> m_groups;
};

std::vector<StepFound> computeTogether(std::span<const StepAsked> asked, const JobContext& job) {
  return Together(asked, job).run();
}

}  // namespace core::model
