#include "app/shell/export_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>
#include <algorithm>
#include <filesystem>

#include "app/session/quantize_model.h"
#include "app/text/numbers.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "core/quant/registry.h"

namespace app {

namespace {

constexpr int kWidth = 560;

/// The ending of a file that can hold the scheme, or nothing: GGUF has no type for plain integers, and only GGUF files
/// are written as GGUF.
QString endingFor(const core::quant::Scheme& scheme, const core::io::Checkpoint& source) {
  using core::quant::FormatName;
  const bool gguf = source.format() == core::io::FileFormat::Gguf;
  const auto safetensors = QStringLiteral(".safetensors");
  const FormatName name = scheme.format.name;
  if (name == FormatName::Nf4 || name == FormatName::Fp4) return safetensors;
  if (!core::quant::storedDType(scheme.format)) return {};
  if (core::quant::family(name) == core::quant::Family::ScaledFloat) return safetensors;
  if (gguf) return QStringLiteral(".gguf");
  return core::quant::family(name) == core::quant::Family::Cast ? safetensors : QString();
}

}  // namespace

ExportDialog::ExportDialog(Selection& selection, JobRunner& jobs, QWidget* parent)
    : QDialog(parent),
      m_jobs(jobs),
      m_model(selection.model()),
      m_scheme(new QComboBox),
      m_file(new QLineEdit),
      m_before(new Label),
      m_after(new Label),
      m_note(new Label(Label::Style::Hint)),
      m_write(nullptr) {
  setWindowTitle(tr("Export quantized model"));
  setObjectName(QStringLiteral("export-dialog"));
  setAttribute(Qt::WA_DeleteOnClose);
  setMinimumWidth(kWidth);
  auto* form = new QFormLayout(this);
  form->setContentsMargins(space::kThree, space::kThree, space::kThree, space::kTwo);
  form->setVerticalSpacing(space::kOneHalf);
  addSchemes(selection);
  m_scheme->setObjectName(QStringLiteral("export-scheme"));
  m_file->setObjectName(QStringLiteral("export-file"));
  auto* browse = new QToolButton;
  browse->setIcon(icon(QStringLiteral("open-folder")));
  browse->setToolTip(tr("Choose the file"));
  browse->setAccessibleName(tr("Choose the file"));
  auto* fileRow = new QHBoxLayout;
  fileRow->addWidget(m_file, 1);
  fileRow->addWidget(browse);
  m_note->setWrapping();
  form->addRow(tr("&Scheme"), m_scheme);
  form->addRow(tr("Size as stored"), m_before);
  form->addRow(tr("Size under it"), m_after);
  form->addRow(tr("&File"), fileRow);
  form->addRow(m_note);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
  m_write = buttons->addButton(tr("Write"), QDialogButtonBox::AcceptRole);
  m_write->setProperty("kind", QStringLiteral("primary"));
  m_write->setObjectName(QStringLiteral("export-write"));
  form->addRow(buttons);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(m_write, &QPushButton::clicked, this, &ExportDialog::start);
  connect(browse, &QToolButton::clicked, this, &ExportDialog::browse);
  connect(m_file, &QLineEdit::textEdited, this, [this] {
    m_fileTyped = true;
    refresh();
  });
  connect(m_scheme, &QComboBox::currentIndexChanged, this, [this] {
    suggestFile();
    refresh();
  });
  suggestFile();
  refresh();
  measure();
}

// The checked ones first, then what else can be written.
void ExportDialog::addSchemes(const Selection& selection) {
  for (const bool checked : {true, false}) {
    for (const SchemeEntry& entry : selection.schemes()) {
      if (entry.checked != checked || endingFor(entry.scheme, m_model->checkpoint()).isEmpty()) continue;
      m_scheme->addItem(entry.title, QString::fromStdString(entry.scheme.toString()));
      if (selection.currentScheme() == entry.scheme) m_scheme->setCurrentIndex(m_scheme->count() - 1);
    }
  }
}

std::optional<core::quant::Scheme> ExportDialog::scheme() const {
  const QString text = m_scheme->currentData().toString();
  return text.isEmpty() ? std::nullopt : std::optional(core::quant::Scheme::parse(text.toStdString()));
}

void ExportDialog::measure() {
  std::vector<core::quant::Scheme> schemes;
  for (int i = 0; i < m_scheme->count(); ++i)
    schemes.push_back(core::quant::Scheme::parse(m_scheme->itemData(i).toString().toStdString()));
  m_jobs.run(
      this, {QStringLiteral("export.sizes"), {}},
      [checkpoint = m_model->sharedCheckpoint(), schemes](const core::JobContext& job) {
        return sizesUnder(*checkpoint, schemes, job);
      },
      [this](std::vector<SchemeSize> sizes) {
        m_sizes = std::move(sizes);
        refresh();
      });
}

void ExportDialog::refresh() {
  const auto& checkpoint = m_model->checkpoint();
  std::uint64_t stored = 0;
  for (const auto& tensor : checkpoint.tensors()) stored += tensor.bytes;
  m_before->setText(text::bytes(stored));
  const auto chosen = scheme();
  const auto size = std::find_if(m_sizes.begin(), m_sizes.end(),
                                 [&](const SchemeSize& known) { return chosen && known.scheme == *chosen; });
  const bool known = size != m_sizes.end();
  m_after->setText(known ? tr("%1 · %2 · %3 matrices quantized, %4 stay as stored")
                               .arg(text::bytes(size->bytes), text::bitsPerWeight(size->bitsPerWeight),
                                    text::count(size->quantized), text::bytes(size->keptBytes))
                         : tr("computing…"));
  m_write->setEnabled(chosen && known && size->quantized > 0 && !m_file->text().trimmed().isEmpty());
  m_note->setText(
      !chosen ? tr("No scheme of the list can be written into a file of this model's kind.")
      : known && size->quantized == 0
          ? tr("This scheme applies to no tensor of this model.")
          : tr("GGUF holds casts and GGUF's own types; NF4 and FP4 go into safetensors as bitsandbytes stores them. "
               "Plain "
               "integer schemes have no file format yet. The file appears when it is complete; the model is never "
               "overwritten."));
}

void ExportDialog::suggestFile() {
  const auto chosen = scheme();
  if (!chosen || m_fileTyped) return;
  const auto& files = m_model->checkpoint().files();
  const QFileInfo source(files.empty() ? QString() : QString::fromStdString(files.front().string()));
  const QString folder = m_model->isDemo() ? QDir::homePath() : source.absolutePath();
  QString scheme = m_scheme->currentData().toString();
  scheme.replace(u':', u'-').replace(u',', u'-').remove(u'=');
  m_file->setText(
      QDir(folder).filePath(source.completeBaseName() + u'-' + scheme + endingFor(*chosen, m_model->checkpoint())));
}

void ExportDialog::browse() {
  auto* dialog =
      new QFileDialog(this, tr("Write to"), m_file->text(), tr("Models (*.gguf *.safetensors);;All files (*)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
    m_fileTyped = true;
    m_file->setText(file);
    refresh();
  });
  dialog->open();
}

// The dialog goes out of sight and stays as the receiver until the job has ended, however it ends.
void ExportDialog::start() {
  const auto chosen = scheme();
  if (!chosen) return;
  const QString file = m_file->text().trimmed(), name = m_scheme->currentText();
  const QString tag = QStringLiteral("export ") + file;
  setAttribute(Qt::WA_DeleteOnClose, false);
  hide();
  m_jobs.run(
      this, {tag, tr("Writing %1").arg(text::shortened(file))},
      [checkpoint = m_model->sharedCheckpoint(), scheme = *chosen, target = std::filesystem::path(file.toStdString())](
          const core::JobContext& job) { return quantizeModel(*checkpoint, scheme, target, job); },
      [this, file, name](const std::vector<QuantizedFileRow>& rows) {
        const auto kept = static_cast<std::uint64_t>(
            std::count_if(rows.begin(), rows.end(), [](const QuantizedFileRow& row) { return row.isKept(); }));
        const auto bytes = static_cast<std::uint64_t>(QFileInfo(file).size());
        Q_EMIT written(tr("%1 was written as %2: %3, %4 of %5 tensors stay as stored.")
                           .arg(file, name, text::bytes(bytes), text::count(kept), text::count(rows.size())));
      },
      [this](const QString& sentence) { Q_EMIT failed(sentence); });
  m_model.reset();
  connect(&m_jobs, &JobRunner::changed, this, [this, tag] {
    if (!m_jobs.isActive(tag)) deleteLater();
  });
}

}  // namespace app
