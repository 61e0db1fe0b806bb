#include "app/workspaces/train/memory_line.h"

#include "app/jobs/job_runner.h"
#include "app/session/open_model.h"
#include "app/session/train_memory.h"
#include "app/text/numbers.h"

namespace app {

MemoryLine::MemoryLine(JobRunner& jobs, QWidget* parent) : Label(Label::Style::Hint, {}, parent), m_jobs(jobs) {
  setWrapping();
}

void MemoryLine::predict(const std::shared_ptr<OpenModel>& model, const LabSettings& settings, std::uint64_t measured) {
  if (!model || model->whyNotRunnable()) return setText({});
  const auto work = [model, settings](const core::JobContext&) {
    return std::visit([&](const auto& lab) { return predictMemory(*model, lab); }, settings);
  };
  const auto done = [this, measured](const TrainMemory& memory) {
    QString said = tr("Memory while it trains, predicted: %1").arg(text::bytes(memory.total()));
    if (measured > 0) said += tr("; measured: %1").arg(text::bytes(measured));
    setText(said + u'.');
    setToolTip(tr("weights %1, adapters %2, gradients %3, optimizer %4, activations %5")
                   .arg(text::bytes(memory.weights), text::bytes(memory.adapters), text::bytes(memory.gradients),
                        text::bytes(memory.optimizer), text::bytes(memory.activations)));
  };
  // Why it cannot be trained so is said where it is begun.
  m_jobs.run(this, {QStringLiteral("train.memory.") + objectName(), {}, Lane::Pool}, work, done,
             [this](const QString&) { setText({}); });
}

}  // namespace app
