#include "app/workspaces/train/memory_table.h"

#include "app/jobs/job_runner.h"
#include "app/session/open_model.h"
#include "app/session/train_memory.h"
#include "app/text/numbers.h"

namespace app {

namespace {

constexpr TrainMethod kShown[] = {TrainMethod::Full, TrainMethod::Lora, TrainMethod::Qlora};

}  // namespace

MemoryTable::MemoryTable(JobRunner& jobs, QWidget* parent)
    : TextTable({tr("model"), tr("all weights"), tr("LoRA"), tr("QLoRA")}, tr("Memory that training takes"), 1, parent),
      m_jobs(jobs) {
  setObjectName(QStringLiteral("qlora-memory"));
  setColumnToolTip(1, tr("Full fine-tuning: every weight, its gradient and AdamW's two moments in FP32"));
  setColumnToolTip(2, tr("Adapters over the weights as they are stored"));
  setColumnToolTip(3, tr("Adapters over the quantized base that is chosen on the left"));
  fitColumns();
}

void MemoryTable::compute(const std::shared_ptr<OpenModel>& model, const QloraLabSettings& settings,
                          std::uint64_t measured) {
  const auto work = [model, settings](const core::JobContext&) {
    const bool isRunnable = model && !model->whyNotRunnable();
    return trainMemoryTable(isRunnable ? model.get() : nullptr, settings);
  };
  const auto done = [this, measured](const std::vector<TrainMemoryRow>& rows) {
    std::vector<QStringList> lines;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      QStringList line{QString::fromStdString(rows[i].title)};
      for (const TrainMethod method : kShown)
        line << text::bytes(rows[i].methods[static_cast<std::size_t>(method)].total());
      lines.push_back(line);
      if (i == 0 && measured > 0)
        lines.push_back({tr("  measured here"), QStringLiteral("–"), QStringLiteral("–"), text::bytes(measured)});
    }
    setLines(lines);
  };
  m_jobs.run(this, {QStringLiteral("train.memory-table"), {}, Lane::Pool}, work, done, [](const QString&) {});
}

}  // namespace app
