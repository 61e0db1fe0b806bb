#include "app/calibration/calibration_dialog.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <limits>

#include "app/calibration/calibrator.h"
#include "app/session/calibrate_model.h"
#include "app/widgets/dialog_column.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

constexpr int kMostTokens = 1 << 20, kTokenStep = 1024, kContextStep = 128;

QString wordOf(std::string_view word) { return QString::fromUtf8(word.data(), static_cast<qsizetype>(word.size())); }

}  // namespace

CalibrationDialog::CalibrationDialog(Selection& selection, Calibrator& calibrator, QWidget* parent)
    : QDialog(parent),
      m_selection(selection),
      m_calibrator(calibrator),
      m_text(new QComboBox),
      m_file(new QLineEdit),
      m_browse(new QPushButton(tr("Browse…"))),
      m_read(nullptr),
      m_tokens(new QSpinBox),
      m_context(new QSpinBox) {
  auto* column = dialogColumn(
      *this,
      {tr("Calibrate"), QStringLiteral("calibration-dialog"),
       tr("The model reads a text, and what its layers are given there decides how weights and inputs are quantized. "
          "Choose one like what the model will be used for. Nothing leaves this computer.")});
  auto* form = new QFormLayout;
  form->setSpacing(space::kOne);
  addText(*form);
  addReading(*form);
  column->addLayout(form);
  const DialogFoot foot = addDialogFoot(*this, *column, tr("Calibrate"), QStringLiteral("calibration-read"));
  m_read = foot.primary;
  auto* importance = foot.buttons->addButton(tr("Open an importance matrix…"), QDialogButtonBox::ActionRole);
  importance->setToolTip(
      tr("An imatrix file of llama.cpp (GGUF or .dat). It knows how much each column matters, which "
         "is enough for method=imatrix; GPTQ, AWQ, SmoothQuant and static activations need a text."));
  importance->setObjectName(QStringLiteral("calibration-imatrix"));
  connect(m_read, &QPushButton::clicked, this, &CalibrationDialog::start);
  connect(importance, &QPushButton::clicked, this, &CalibrationDialog::askForImportance);
  refresh();
}

void CalibrationDialog::addText(QFormLayout& form) {
  m_text->addItem(tr("A file: text, or JSONL with a chat a line"), QString());
  m_text->addItem(tr("Built in: conversations of the demo model"), wordOf(kDemoText));
  m_text->addItem(tr("Built in: prose"), wordOf(kProseText));
  m_text->setAccessibleName(tr("Calibration text"));
  m_text->setObjectName(QStringLiteral("calibration-text"));
  const bool isDemo = m_selection.model() && m_selection.model()->isDemo();
  m_text->setCurrentIndex(isDemo ? 1 : 0);
  m_file->setPlaceholderText(tr("A .txt or .jsonl file"));
  m_file->setAccessibleName(tr("File to read"));
  m_file->setObjectName(QStringLiteral("calibration-file"));
  auto* row = new QHBoxLayout;
  row->setSpacing(space::kOne);
  row->addWidget(m_file, 1);
  row->addWidget(m_browse);
  form.addRow(tr("Text"), m_text);
  form.addRow(tr("File"), row);
  connect(m_text, &QComboBox::currentIndexChanged, this, &CalibrationDialog::refresh);
  connect(m_file, &QLineEdit::textChanged, this, &CalibrationDialog::refresh);
  connect(m_browse, &QPushButton::clicked, this, &CalibrationDialog::browse);
}

void CalibrationDialog::addReading(QFormLayout& form) {
  const core::calibrate::CalibrationSettings usual;
  m_tokens->setRange(1, kMostTokens);
  m_tokens->setSingleStep(kTokenStep);
  m_tokens->setGroupSeparatorShown(true);
  m_tokens->setValue(static_cast<int>(usual.tokens));
  m_tokens->setAccessibleName(tr("Tokens to read"));
  m_tokens->setToolTip(tr("At most so many tokens of the text. More take longer and say more."));
  m_tokens->setObjectName(QStringLiteral("calibration-tokens"));
  const auto& model = m_selection.model();
  const bool runs = model && !model->whyNotComputable();
  m_context->setRange(0, runs ? static_cast<int>(std::min<std::uint64_t>(model->config().contextLength,
                                                                         std::numeric_limits<int>::max()))
                              : 0);
  m_context->setSingleStep(kContextStep);
  m_context->setSpecialValueText(tr("automatic"));
  m_context->setAccessibleName(tr("Tokens of a piece"));
  m_context->setToolTip(
      tr("The text is read in pieces of so many tokens, each alone. Automatic: 512, or the model's "
         "context where that is shorter."));
  m_context->setObjectName(QStringLiteral("calibration-context"));
  form.addRow(tr("Tokens"), m_tokens);
  form.addRow(tr("In pieces of"), m_context);
}

bool CalibrationDialog::isFile() const { return m_text->currentData().toString().isEmpty(); }

void CalibrationDialog::refresh() {
  m_file->setEnabled(isFile());
  m_browse->setEnabled(isFile());
  if (m_read != nullptr) m_read->setEnabled(!isFile() || !m_file->text().trimmed().isEmpty());
}

void CalibrationDialog::browse() {
  auto* dialog = new QFileDialog(this, tr("A text to read"), m_file->text(),
                                 tr("Texts (*.txt *.md *.jsonl *.raw);;All files (*)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, m_file, &QLineEdit::setText);
  dialog->open();
}

void CalibrationDialog::askForImportance() {
  auto* dialog = new QFileDialog(this, tr("Open an importance matrix"), {},
                                 tr("Importance matrices (*.gguf *.dat *.imatrix);;All files (*)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
    m_calibrator.openImportance(file);
    accept();
  });
  dialog->open();
}

void CalibrationDialog::start() {
  Calibrator::Order order;
  order.text = isFile() ? m_file->text().trimmed() : m_text->currentData().toString();
  order.settings.tokens = static_cast<std::uint32_t>(m_tokens->value());
  order.settings.context = static_cast<std::uint32_t>(m_context->value());
  m_calibrator.read(order);
  accept();
}

void startCalibration(Selection& selection, Calibrator& calibrator, QWidget* parent) {
  if (!selection.model()) return;
  if (calibrator.isRunning()) return calibrator.stop();
  if (const auto usual = calibrator.usual()) return calibrator.read(*usual);
  (new CalibrationDialog(selection, calibrator, parent))->open();
}

}  // namespace app
