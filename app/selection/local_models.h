#pragma once
#include <QObject>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "app/session/model_verdict.h"

namespace app {

class JobRunner;

/// The models that lie on this computer, newest first, as last looked for. Looking and judging are jobs.
class LocalModels : public QObject {
  Q_OBJECT
 public:
  struct Entry {
    FoundModel model;
    std::optional<ModelVerdict> verdict;  ///< nothing yet
  };

  explicit LocalModels(JobRunner& jobs, QObject* parent = nullptr) : QObject(parent), m_jobs(jobs) {}

  /// Looks again. What is known of files that have not changed is not asked anew.
  void scan();
  bool isScanned() const { return m_isScanned; }
  const std::vector<Entry>& entries() const { return m_entries; }

 Q_SIGNALS:
  void changed();

 private:
  using Key = std::tuple<std::string, std::uint64_t, std::int64_t>;  // source, bytes, modified
  static Key keyOf(const FoundModel& model) { return {model.source, model.bytes, model.modified}; }
  void arrived(std::vector<FoundModel> found);
  void judgeNext();

  JobRunner& m_jobs;
  bool m_isScanned = false;
  std::vector<Entry> m_entries;
  std::map<Key, ModelVerdict> m_known;
};

}  // namespace app
