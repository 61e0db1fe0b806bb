#pragma once
#include "app/session/train_settings.h"
#include "app/widgets/label.h"
#include "app/workspaces/train/train_run.h"

namespace app {

class JobRunner;
class OpenModel;

/// What a run will take of memory, before it is begun; and what it took, once it was.
class MemoryLine : public Label {
  Q_OBJECT
 public:
  explicit MemoryLine(JobRunner& jobs, QWidget* parent = nullptr);

  /// @param model null: none is open  @param measured bytes of a run of these settings; 0: unknown
  void predict(const std::shared_ptr<OpenModel>& model, const LabSettings& settings, std::uint64_t measured);

 private:
  JobRunner& m_jobs;
};

}  // namespace app
