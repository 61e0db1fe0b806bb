#include "app/shell/export_dialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <filesystem>

#include "app/calibration/calibration_dialog.h"
#include "app/calibration/calibration_notice.h"
#include "app/selection/calibration_text.h"
#include "app/session/quantize_model.h"
#include "app/shell/export_dry_run.h"
#include "app/shell/export_target_box.h"
#include "app/shell/scheme_list.h"
#include "app/text/numbers.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "core/base/error.h"

namespace app {

namespace {

const QString kPreviewTag = QStringLiteral("export.preview");
constexpr QSize kUsualSize(1080, 660), kLeastSize(880, 520);
constexpr int kListWidth = 276, kSizeWidth = 76;

/// "some-model-Q4_K_M": a recipe's text, or the name of one's own or of an adapter, as a part of a file's name.
QString filePart(const SchemeEntry* entry, const core::model::Recipe& recipe) {
  QString text = entry && (entry->isOwn || entry->isModel()) ? entry->title : QString::fromStdString(recipe.toString());
  text.remove(u'=');
  for (QChar& c : text)
    if (!c.isLetterOrNumber() && c != u'.' && c != u'_') c = u'-';
  return text.left(80);
}

}  // namespace

ExportDialog::ExportDialog(Selection& selection, JobRunner& jobs, Calibrator& calibrator, QWidget* parent)
    : QDialog(parent),
      m_selection(selection),
      m_jobs(jobs),
      m_model(selection.model()),
      m_list(new SchemeList(selection, jobs, SchemeRow::Boxes::Hidden)),
      m_dryRun(new ExportDryRun),
      m_calibration(new CalibrationNotice(selection, calibrator)),
      m_as(new ExportTargetBox),
      m_note(new Label(Label::Style::Hint)),
      m_what(new Label(Label::Style::Muted, tr("File"))),
      m_file(new QLineEdit),
      m_partSize(new QLineEdit),
      m_beside(new QCheckBox(tr("Open the result beside the original"))),
      m_write(nullptr) {
  setWindowTitle(tr("Export quantized model"));
  setObjectName(QStringLiteral("export-dialog"));
  setAttribute(Qt::WA_DeleteOnClose);
  setMinimumSize(kLeastSize);
  resize(parent ? kUsualSize.boundedTo(parent->size() - QSize(40, 40)).expandedTo(kLeastSize) : kUsualSize);
  auto* columns = new QHBoxLayout(this);
  columns->setContentsMargins(0, 0, 0, 0);
  columns->setSpacing(0);
  auto* left = new QWidget;
  keepWidth(*left, kListWidth);
  left->setAutoFillBackground(true);
  left->setBackgroundRole(QPalette::Base);
  auto* leftColumn = new QVBoxLayout(left);
  leftColumn->setContentsMargins(0, space::kOne, 0, 0);
  leftColumn->addWidget(m_list);
  columns->addWidget(left);
  auto* right = new QVBoxLayout;
  right->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kOneHalf);
  right->setSpacing(space::kOne);
  right->addWidget(m_dryRun, 1);
  right->addWidget(m_calibration);
  right->addWidget(buildFile());
  columns->addLayout(right, 1);
  connect(m_list, &SchemeList::chosen, this, &ExportDialog::choose);
  connect(m_list, &SchemeList::calibrationWanted, this,
          [this, &calibrator] { startCalibration(m_selection, calibrator, this); });
  connect(&selection, &Selection::calibrationChanged, this, &ExportDialog::refresh);
  // The compared model is a file already; the open one with an adapter is not.
  const auto canBeMade = [](const core::model::Recipe& recipe) {
    return recipe.otherModel() == nullptr || recipe.otherModel()->adapter() != nullptr;
  };
  const auto checked = selection.checkedRecipes();
  const auto first = std::find_if(checked.begin(), checked.end(), canBeMade);
  if (selection.currentRecipe() && canBeMade(*selection.currentRecipe()))
    choose(*selection.currentRecipe());
  else if (first != checked.end())
    choose(*first);
  if (m_recipe) m_list->reveal(*m_recipe);
  m_list->focusFilter();
}

QWidget* ExportDialog::buildFile() {
  auto* box = new QWidget;
  auto* column = new QVBoxLayout(box);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kOne);
  m_file->setObjectName(QStringLiteral("export-file"));
  m_file->setAccessibleName(tr("File to write"));
  auto* browse = new QToolButton;
  browse->setIcon(icon(QStringLiteral("open-folder")));
  browse->setToolTip(tr("Choose where it goes"));
  browse->setAccessibleName(tr("Choose where it goes"));
  auto* fileRow = new QHBoxLayout;
  fileRow->setSpacing(space::kOne);
  fileRow->addWidget(new Label(Label::Style::Muted, tr("As")));
  fileRow->addWidget(m_as);
  fileRow->addWidget(m_what);
  fileRow->addWidget(m_file, 1);
  fileRow->addWidget(browse);
  m_partSize->setObjectName(QStringLiteral("export-part-size"));
  m_partSize->setAccessibleName(tr("Largest part"));
  m_partSize->setPlaceholderText(tr("one file"));
  m_partSize->setToolTip(tr("Tensors of at most so much in each of several GGUF files: 2G, 500M or a number of bytes"));
  keepWidth(*m_partSize, kSizeWidth);
  fileRow->addWidget(new Label(Label::Style::Muted, tr("In parts of")));
  fileRow->addWidget(m_partSize);
  m_note->setWrapping();
  m_note->setObjectName(QStringLiteral("export-note"));
  m_beside->setObjectName(QStringLiteral("export-beside"));
  m_beside->setChecked(true);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
  m_write = buttons->addButton(tr("Write"), QDialogButtonBox::AcceptRole);
  m_write->setProperty("kind", QStringLiteral("primary"));
  m_write->setObjectName(QStringLiteral("export-write"));
  auto* last = new QHBoxLayout;
  last->addWidget(m_beside);
  last->addStretch(1);
  last->addWidget(buttons);
  column->addWidget(m_note);
  column->addLayout(fileRow);
  column->addLayout(last);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(m_write, &QPushButton::clicked, this, &ExportDialog::start);
  connect(browse, &QToolButton::clicked, this, &ExportDialog::browse);
  connect(m_partSize, &QLineEdit::textEdited, this, &ExportDialog::refresh);
  connect(m_file, &QLineEdit::textEdited, this, &ExportDialog::followTyped);
  connect(m_as, &ExportTargetBox::kindChanged, this, &ExportDialog::followKind);
  return box;
}

void ExportDialog::choose(const core::model::Recipe& recipe) {
  m_recipe = recipe;
  m_list->setCurrent(recipe);
  m_calibration->setRecipes({recipe});
  preview();
}

// Planning looks at every tensor's name: a model may have many.
void ExportDialog::preview() {
  m_problem.clear();
  m_dryRun->setPreview(std::nullopt, tr("computing…"));
  refresh();
  m_jobs.run(
      this, {kPreviewTag, {}},
      [model = m_model, recipe = *m_recipe](const core::JobContext&) { return previewExport(*model, recipe); },
      [this](ExportPreview preview) {
        m_as->setPreview(preview, m_model->checkpoint().format());
        m_dryRun->setPreview(std::move(preview));
        suggestFile();
        refresh();
      },
      [this](const QString& sentence) {
        m_problem = sentence;
        m_as->clearPreview();
        m_dryRun->setPreview(std::nullopt, QStringLiteral("—"));
        refresh();
      });
}

QString ExportDialog::whyNot() const {
  const auto& preview = m_dryRun->preview();
  if (!preview) return m_problem;
  if (!m_as->kind()) return tr("No file and no folder can hold this yet. %1").arg(m_as->whyNone());
  if (const QString waits = waitText(m_selection, m_selection.needOf(*m_recipe), m_selection.title(*m_recipe));
      !waits.isEmpty())
    return waits;
  const QString file = m_file->text().trimmed();
  if (file.isEmpty()) return isFolder() ? tr("Choose a folder.") : tr("Choose a file.");
  if (!isFolder() && !file.endsWith(isGguf() ? QLatin1String(".gguf") : QLatin1String(".safetensors")))
    return isGguf() ? tr("A GGUF file's name ends in .gguf.") : tr("A safetensors file's name ends in .safetensors.");
  return whyNoParts();
}

bool ExportDialog::isFolder() const { return m_as->kind() && m_as->kind()->isFolder(); }

bool ExportDialog::isGguf() const {
  return m_as->kind() && !isFolder() && m_as->kind()->format == core::io::FileFormat::Gguf;
}

QString ExportDialog::whyNoParts() const {
  if (!isGguf()) return {};
  try {
    const auto limits = split();
    static_cast<void>(planParts(m_dryRun->preview()->plan.rows, limits));
    return {};
  } catch (const core::Error& error) {
    return QString::fromUtf8(error.what());
  }
}

core::io::SplitLimits ExportDialog::split() const {
  if (!isGguf()) return {};
  const QString text = m_partSize->text().trimmed();
  if (text.isEmpty()) return {};
  return {core::io::parseSplitSize(text.toStdString()), 0};
}

QString ExportDialog::note() const {
  const ExportPreview& preview = *m_dryRun->preview();
  if (!preview.plan.unused.empty())
    return tr("Rules that name no tensor of this model: %1.")
        .arg(text::shortened(QString::fromStdString(preview.plan.unused.front()), 80));
  if (const std::string left = whatIsNotWritten(preview.plan.rows, *m_as->kind()); !left.empty())
    return QString::fromStdString(left);
  if (const auto limits = split(); limits.isSplit())
    return tr("Files: %1. They appear together when all are complete; the open model is never overwritten.")
        .arg(text::count(planParts(preview.plan.rows, limits).size()));
  if (isFolder())
    return tr(
        "Weights, config.json and the tokenizer's files appear when all are complete; the open model is never "
        "overwritten.");
  return tr("The file appears when it is complete; the open model is never overwritten.");
}

void ExportDialog::refresh() {
  const auto& preview = m_dryRun->preview();
  const SchemeEntry* entry = m_recipe ? m_selection.entry(*m_recipe) : nullptr;
  m_dryRun->setRecipe(m_recipe ? m_selection.title(*m_recipe) : tr("Choose a scheme or a recipe"),
                      entry ? entry->description : QString());
  const bool canBeWritten = preview && preview->canBeWritten();
  m_what->setText(isFolder() ? tr("Folder") : tr("File"));
  m_file->setAccessibleName(isFolder() ? tr("Folder to write") : tr("File to write"));
  m_file->setEnabled(canBeWritten);
  m_partSize->setEnabled(canBeWritten && isGguf());
  const QString problem = whyNot();
  m_write->setEnabled(preview && problem.isEmpty());
  m_note->setRole(problem.isEmpty() ? Label::Style::Hint : Label::Style::Error);
  m_note->setText(preview && problem.isEmpty() ? note() : problem);
}

void ExportDialog::suggestFile() {
  const auto& preview = m_dryRun->preview();
  if (m_fileTyped || !preview || !m_as->kind()) return;
  const auto& files = m_model->checkpoint().files();
  QFileInfo source(files.empty() ? QString() : QString::fromStdString(files.front().string()));
  // The files of a folder are all called alike: what is made of it is called after the folder, and stands beside it.
  const bool isOfFolder = QFileInfo::exists(source.absoluteDir().filePath(QStringLiteral("config.json")));
  if (isOfFolder) source = QFileInfo(source.absolutePath());
  const QString folder = m_model->isDemo() ? QDir::homePath() : source.absolutePath();
  const QString name = isOfFolder ? source.fileName() : source.completeBaseName();
  m_file->setText(QDir(folder).filePath(name + u'-' + filePart(m_selection.entry(*m_recipe), *m_recipe) + ending()));
}

QString ExportDialog::ending() const {
  return isFolder() ? QString() : isGguf() ? QStringLiteral(".gguf") : QStringLiteral(".safetensors");
}

// A name that was typed keeps all but its ending.
void ExportDialog::followKind() {
  if (m_fileTyped && m_as->kind()) {
    QString name = m_file->text().trimmed();
    for (const QLatin1String known : {QLatin1String(".gguf"), QLatin1String(".safetensors")})
      if (name.endsWith(known)) name.chop(known.size());
    if (!name.isEmpty()) m_file->setText(name + ending());
  }
  suggestFile();
  refresh();
}

// Whoever types an ending has said what it is to be.
void ExportDialog::followTyped(const QString& typed) {
  m_fileTyped = true;
  const QSignalBlocker blocked(m_as);
  if (typed.endsWith(QLatin1String(".gguf"))) m_as->choose(core::io::FileFormat::Gguf);
  if (typed.endsWith(QLatin1String(".safetensors"))) m_as->choose(core::io::FileFormat::Safetensors);
  refresh();
}

void ExportDialog::browse() {
  const QFileInfo now(m_file->text());
  auto* dialog = isFolder() ? new QFileDialog(this, tr("Where the new folder goes"), now.absolutePath())
                            : new QFileDialog(this, tr("Write to"), m_file->text(),
                                              tr("Models (*.gguf *.safetensors);;All files (*)"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  if (isFolder())
    dialog->setFileMode(QFileDialog::Directory);
  else
    dialog->setAcceptMode(QFileDialog::AcceptSave);
  connect(dialog, &QFileDialog::fileSelected, this, [this, name = now.fileName()](const QString& chosen) {
    m_file->setText(isFolder() ? QDir(chosen).filePath(name) : chosen);
    followTyped(m_file->text());
  });
  dialog->open();
}

void ExportDialog::start() {
  if (!m_dryRun->preview() || !whyNot().isEmpty()) return;
  const std::filesystem::path file(m_file->text().trimmed().toStdString());
  Q_EMIT exportWanted({m_model->sharedCheckpoint(),
                       *m_recipe,
                       m_selection.title(*m_recipe),
                       {file, split(), m_as->kind()->layout},
                       m_model->calibration().current(),
                       m_beside->isChecked()});
  accept();
}

}  // namespace app
