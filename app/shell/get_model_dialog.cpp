#include "app/shell/get_model_dialog.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>
#include <utility>

#include "app/jobs/job_runner.h"
#include "app/jobs/stop_notice.h"
#include "app/remote/get_model.h"
#include "app/text/numbers.h"
#include "app/widgets/dialog_column.h"
#include "app/widgets/label.h"
#include "app/widgets/text_table.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

const QString kListTag = QStringLiteral("get/list");
constexpr int kDialogWidth = 680, kTableHeight = 240;

QString sizeText(double bytes) { return text::bytes(static_cast<std::uint64_t>(bytes)); }

QString placeText(const remote::RemoteVariant& variant) {
  const remote::Fit& fit = variant.fit;
  if (variant.isHere()) return GetModelDialog::tr("is here");
  if (!fit.onDisk()) return GetModelDialog::tr("disk too full");
  return fit.missingBytes < variant.bytes ? GetModelDialog::tr("%1 left").arg(text::bytes(fit.missingBytes))
                                          : GetModelDialog::tr("not yet");
}

QStringList lineOf(const remote::RemoteVariant& variant) {
  const remote::Fit& fit = variant.fit;
  const QString memory = fit.memoryBytes == 0 ? GetModelDialog::tr("about %1")
                         : fit.inMemory()     ? GetModelDialog::tr("about %1, fits")
                                              : GetModelDialog::tr("about %1, too much");
  return {QString::fromStdString(variant.title), text::bytes(variant.bytes), memory.arg(sizeText(fit.neededBytes)),
          placeText(variant)};
}

}  // namespace

GetModelDialog::GetModelDialog(JobRunner& jobs, QWidget* parent)
    : QDialog(parent),
      m_jobs(jobs),
      m_stopNotice(new StopNotice(jobs, kListTag, this)),
      m_name(new QLineEdit),
      m_lookUp(new QPushButton(tr("&Look up"))),
      m_get(nullptr),
      m_note(new Label(Label::Style::Muted)),
      m_forms(
          new TextTable({tr("Form"), tr("Size"), tr("Memory"), tr("On this computer")}, tr("Forms of the model"), 1)) {
  auto* column = dialogColumn(*this, {tr("Get a model by name"), QStringLiteral("get-model"), {}, kDialogWidth});
  column->addWidget(buildName());
  m_note->setWrapping();
  m_note->setObjectName(QStringLiteral("get-note"));
  column->addWidget(m_note);
  m_forms->setObjectName(QStringLiteral("get-forms"));
  m_forms->setSelectionMode(QAbstractItemView::SingleSelection);
  m_forms->setMinimumHeight(Theme::instance().px(kTableHeight));
  m_forms->fitColumns();
  column->addWidget(m_forms, 1);
  m_get = addDialogFoot(*this, *column, tr("&Download"), QStringLiteral("get-download")).primary;
  connect(m_get, &QPushButton::clicked, this, &GetModelDialog::choose);
  connect(m_forms, &QTableWidget::itemSelectionChanged, this, &GetModelDialog::refresh);
  connect(m_forms, &QTableWidget::cellActivated, this, &GetModelDialog::choose);
  connect(m_stopNotice, &StopNotice::stopped, this, &GetModelDialog::forget);
  forget();
}

GetModelDialog::~GetModelDialog() { m_jobs.cancelTag(kListTag); }

QWidget* GetModelDialog::buildName() {
  auto* box = new QWidget;
  auto* row = new QHBoxLayout(box);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(space::kOne);
  m_name->setObjectName(QStringLiteral("get-name"));
  m_name->setAccessibleName(tr("Name of the model"));
  m_name->setPlaceholderText(tr("hf:OWNER/NAME or ollama:NAME:TAG"));
  m_name->setClearButtonEnabled(true);
  m_lookUp->setObjectName(QStringLiteral("get-look-up"));
  row->addWidget(m_name, 1);
  row->addWidget(m_lookUp);
  connect(m_name, &QLineEdit::textChanged, this, &GetModelDialog::forget);
  connect(m_lookUp, &QPushButton::clicked, this, &GetModelDialog::lookUp);
  return box;
}

// Another name is another question: what was listed for the last one must not be downloaded under it.
void GetModelDialog::forget() {
  m_jobs.cancelTag(kListTag);
  m_stopNotice->end();
  m_model.reset();
  m_forms->setLines({});
  m_note->setRole(Label::Style::Muted);
  m_note->setText(
      tr("Nobody is asked before you press Look up: then huggingface.co, for hf:OWNER/NAME, or Ollama's "
         "registry. What is downloaded lies where those tools find it, too."));
  refresh();
}

void GetModelDialog::lookUp() {
  const std::string name = remote::remoteNameFrom(m_name->text().toStdString());
  if (name.empty()) return;
  forget();
  m_note->setText(tr("Asking what there is…"));
  m_stopNotice->begin();
  m_jobs.run(
      this, {kListTag, tr("Looking up %1").arg(text::shortened(QString::fromStdString(name)))},
      [name](const core::JobContext& job) { return remote::listModel(name, job); },
      [this](remote::RemoteModel model) { show(std::move(model)); },
      [this](const QString& sentence) {
        m_stopNotice->end();
        m_note->setRole(Label::Style::Error);
        m_note->setText(sentence);
      });
}

void GetModelDialog::show(remote::RemoteModel model) {
  m_stopNotice->end();
  m_model = std::make_shared<const remote::RemoteModel>(std::move(model));
  std::vector<QStringList> lines;
  for (const auto& variant : m_model->variants) lines.push_back(lineOf(variant));
  m_forms->setLines(lines);
  if (!lines.empty()) {
    // The largest that fits is the best of them here.
    int best = 0;
    for (std::size_t i = 0; i < m_model->variants.size(); ++i)
      if (m_model->variants[i].fit.inMemory() && m_model->variants[i].fit.onDisk()) best = static_cast<int>(i);
    m_forms->selectRow(best);
    m_forms->setFocus();
  }
  refresh();
}

const remote::RemoteVariant* GetModelDialog::chosen() const {
  const int row = m_forms->currentRow();
  const bool isOne = m_model && row >= 0 && static_cast<std::size_t>(row) < m_model->variants.size() &&
                     m_forms->selectionModel()->hasSelection();
  return isOne ? &m_model->variants[static_cast<std::size_t>(row)] : nullptr;
}

void GetModelDialog::refresh() {
  if (m_get == nullptr) return;
  m_lookUp->setEnabled(!m_name->text().trimmed().isEmpty());
  m_lookUp->setDefault(m_model == nullptr);
  const remote::RemoteVariant* const variant = chosen();
  m_get->setText(variant != nullptr && variant->isHere() ? tr("&Open") : tr("&Download"));
  m_get->setEnabled(variant != nullptr && variant->fit.onDisk());
  m_get->setDefault(variant != nullptr);
  if (!m_model) return;
  m_note->setRole(Label::Style::Muted);
  if (m_model->variants.empty())
    m_note->setText(tr("%1 has no GGUF file and no safetensors: nothing that opens here.")
                        .arg(QString::fromStdString(m_model->name)));
  if (variant == nullptr) return;
  const remote::Fit& fit = variant->fit;
  QString note = tr("%1 on %2.").arg(QString::fromStdString(variant->source), QString::fromStdString(m_model->server));
  if (!fit.onDisk())
    note += u' ' + tr("%1 are missing, but only %2 of the disk are free.")
                       .arg(text::bytes(fit.missingBytes), text::bytes(fit.diskBytes));
  note += u' ' + (fit.inMemory() ? tr("It needs about %1 of memory for weights and 4096 tokens.")
                                 : tr("It needs about %1 of memory for weights and 4096 tokens: to look into it, less "
                                      "suffices, but it may not run here."))
                     .arg(sizeText(fit.neededBytes));
  if (fit.memoryBytes != 0) note += u' ' + tr("%1 are available.").arg(text::bytes(fit.memoryBytes));
  m_note->setText(note);
}

void GetModelDialog::choose() {
  const remote::RemoteVariant* const variant = chosen();
  if (variant == nullptr || !m_get->isEnabled()) return;
  const QString name = QString::fromStdString(variant->name);
  Q_EMIT wanted(std::exchange(m_model, nullptr), name);  // once, though Return reaches table and button
  accept();
}

}  // namespace app
