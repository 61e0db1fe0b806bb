#pragma once
#include <memory>

#include "app/session/train_settings.h"
#include "app/widgets/text_table.h"

namespace app {

class JobRunner;
class OpenModel;

/// What training takes of memory by method: the open model, predicted and as it was measured here, and published models
/// of known measures, computed.
class MemoryTable : public TextTable {
  Q_OBJECT
 public:
  explicit MemoryTable(JobRunner& jobs, QWidget* parent = nullptr);
  /// @param model may be null  @param measured bytes of a run of these settings; 0: unknown
  void compute(const std::shared_ptr<OpenModel>& model, const QloraLabSettings& settings, std::uint64_t measured);

 private:
  JobRunner& m_jobs;
};

}  // namespace app
