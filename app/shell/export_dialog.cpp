#include "app/shell/export_dialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "app/session/quantize_model.h"
#include "app/shell/plan_table_model.h"
#include "app/shell/scheme_list.h"
#include "app/text/numbers.h"
#include "app/widgets/card.h"
#include "app/widgets/icon.h"
#include "app/widgets/label.h"
#include "app/widgets/theme.h"
#include "core/base/error.h"

namespace app {

namespace {

const QString kPreviewTag = QStringLiteral("export.preview");
constexpr QSize kUsualSize(1080, 660), kLeastSize(880, 520);
constexpr int kListWidth = 276, kSizeWidth = 76;

/// "some-model-Q4_K_M": a recipe's text, or the name of one's own, as a part of a file's name.
QString filePart(const SchemeEntry* entry, const core::model::Recipe& recipe) {
  QString text = entry && entry->isOwn ? entry->title : QString::fromStdString(recipe.toString());
  text.remove(u'=');
  for (QChar& c : text)
    if (!c.isLetterOrNumber() && c != u'.' && c != u'_') c = u'-';
  return text.left(80);
}

}  // namespace

ExportDialog::ExportDialog(Selection& selection, JobRunner& jobs, QWidget* parent)
    : QDialog(parent),
      m_selection(selection),
      m_jobs(jobs),
      m_model(selection.model()),
      m_list(new SchemeList(selection, jobs, SchemeRow::Boxes::Hidden)),
      m_plan(new PlanTableModel(this)),
      m_table(new QTableView),
      m_title(new Label(Label::Style::Heading)),
      m_what(new Label(Label::Style::Muted)),
      m_before(new Label),
      m_after(new Label),
      m_quality(new Label),
      m_note(new Label(Label::Style::Hint)),
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
  left->setFixedWidth(kListWidth);
  left->setAutoFillBackground(true);
  left->setBackgroundRole(QPalette::Base);
  auto* leftColumn = new QVBoxLayout(left);
  leftColumn->setContentsMargins(0, space::kOne, 0, 0);
  leftColumn->addWidget(m_list);
  columns->addWidget(left);
  auto* right = new QVBoxLayout;
  right->setContentsMargins(space::kTwo, space::kTwo, space::kTwo, space::kOneHalf);
  right->setSpacing(space::kOne);
  right->addWidget(buildDryRun(), 1);
  right->addWidget(buildFile());
  columns->addLayout(right, 1);
  connect(m_list, &SchemeList::chosen, this, &ExportDialog::choose);
  const auto checked = selection.checkedRecipes();
  if (selection.currentRecipe())
    choose(*selection.currentRecipe());
  else if (!checked.empty())
    choose(checked.front());
  if (m_recipe) m_list->reveal(*m_recipe);
  m_list->focusFilter();
}

QWidget* ExportDialog::buildDryRun() {
  auto* box = new QWidget;
  auto* column = new QVBoxLayout(box);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(space::kHalf);
  for (Label* label : {m_what, m_after, m_quality}) label->setWrapping();
  m_quality->setObjectName(QStringLiteral("export-quality"));
  m_after->setObjectName(QStringLiteral("export-after"));
  auto* sizes = new QGridLayout;
  sizes->setContentsMargins(0, space::kHalf, 0, space::kHalf);
  sizes->setHorizontalSpacing(space::kTwo);
  sizes->setColumnStretch(1, 1);
  const std::pair<QString, Label*> rows[] = {
      {tr("As stored"), m_before}, {tr("Written"), m_after}, {tr("Quality so far"), m_quality}};
  for (const auto& [name, value] : rows) {
    const int row = sizes->rowCount();
    sizes->addWidget(new Label(Label::Style::Muted, name), row, 0, Qt::AlignTop);
    sizes->addWidget(value, row, 1);
  }
  auto* sorted = new QSortFilterProxyModel(this);
  sorted->setSourceModel(m_plan);
  sorted->setSortRole(PlanTableModel::SortRole);
  m_table->setModel(sorted);
  m_table->setObjectName(QStringLiteral("export-plan"));
  m_table->setAccessibleName(tr("What becomes of every tensor"));
  m_table->setSortingEnabled(true);
  m_table->sortByColumn(PlanTableModel::Tensor, Qt::AscendingOrder);
  m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
  m_table->setAlternatingRowColors(true);
  m_table->setShowGrid(false);
  m_table->setWordWrap(false);
  m_table->setTextElideMode(Qt::ElideMiddle);
  m_table->verticalHeader()->hide();
  m_table->verticalHeader()->setDefaultSectionSize(26);
  QHeaderView* header = m_table->horizontalHeader();
  header->setHighlightSections(false);
  header->setStretchLastSection(true);
  const int widths[] = {190, 56, 76, 84, 76};
  for (int section = 0; section < static_cast<int>(std::size(widths)); ++section)
    header->resizeSection(section, widths[section]);
  auto* card = new Card;
  card->setFlush(true);
  card->body()->addWidget(m_table);
  column->addWidget(m_title);
  column->addWidget(m_what);
  column->addLayout(sizes);
  column->addWidget(card, 1);
  return box;
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
  browse->setToolTip(tr("Choose the file"));
  browse->setAccessibleName(tr("Choose the file"));
  auto* fileRow = new QHBoxLayout;
  fileRow->setSpacing(space::kOne);
  fileRow->addWidget(new Label(Label::Style::Muted, tr("File")));
  fileRow->addWidget(m_file, 1);
  fileRow->addWidget(browse);
  m_partSize->setObjectName(QStringLiteral("export-part-size"));
  m_partSize->setAccessibleName(tr("Largest part"));
  m_partSize->setPlaceholderText(tr("one file"));
  m_partSize->setToolTip(tr("Tensors of at most so much in each of several GGUF files: 2G, 500M or a number of bytes"));
  m_partSize->setFixedWidth(kSizeWidth);
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
  connect(m_file, &QLineEdit::textEdited, this, [this] {
    m_fileTyped = true;
    refresh();
  });
  return box;
}

void ExportDialog::choose(const core::model::Recipe& recipe) {
  m_recipe = recipe;
  m_list->setCurrent(recipe);
  preview();
}

// Planning looks at every tensor's name: a model may have many.
void ExportDialog::preview() {
  m_plan->setPreview(std::nullopt);
  m_problem.clear();
  refresh();
  m_jobs.run(
      this, {kPreviewTag, {}},
      [model = m_model, recipe = *m_recipe](const core::JobContext&) { return previewExport(*model, recipe); },
      [this](ExportPreview preview) {
        m_plan->setPreview(std::move(preview));
        suggestFile();
        refresh();
      },
      [this](const QString& sentence) {
        m_problem = sentence;
        refresh();
      });
}

QString ExportDialog::whyNot() const {
  const auto& preview = m_plan->preview();
  if (!preview) return m_problem;
  if (!preview->canBeWritten()) {
    const bool isGguf = m_model->checkpoint().format() == core::io::FileFormat::Gguf;
    return tr("No file type can hold this yet. %1")
        .arg(QString::fromStdString(isGguf ? preview->whyNoGguf : preview->whyNoSafetensors));
  }
  const QString file = m_file->text().trimmed();
  if (file.isEmpty()) return tr("Choose a file.");
  const bool isGguf = file.endsWith(QLatin1String(".gguf"));
  if (!isGguf && !file.endsWith(QLatin1String(".safetensors")))
    return tr("The file's name must end in .gguf or .safetensors.");
  const auto& why = isGguf ? preview->whyNoGguf : preview->whyNoSafetensors;
  return why.empty() ? whyNoParts(isGguf) : QString::fromStdString(why);
}

QString ExportDialog::whyNoParts(bool isGguf) const {
  try {
    const auto limits = split();
    if (limits.isSplit() && !isGguf) return tr("Only GGUF files are written in parts.");
    static_cast<void>(planParts(m_plan->preview()->plan.rows, limits));
    return {};
  } catch (const core::Error& error) {
    return QString::fromUtf8(error.what());
  }
}

core::io::SplitLimits ExportDialog::split() const {
  const QString text = m_partSize->text().trimmed();
  if (text.isEmpty()) return {};
  return {core::io::parseSplitSize(text.toStdString()), 0};
}

void ExportDialog::showTotals(const ExportPreview& preview) {
  const auto size = [](std::uint64_t bytes, double bits) {
    return tr("%1 · %2").arg(text::bytes(bytes), text::bitsPerWeight(bits));
  };
  const auto& rows = preview.plan.rows;
  const auto fallbacks =
      std::count_if(rows.begin(), rows.end(), [](const auto& row) { return !row.decision.fallback.empty(); });
  const double share = static_cast<double>(preview.bytesAfter) / static_cast<double>(preview.bytesBefore);
  QString after = tr("%1 · %2 of the size · %3 of %4 tensors change")
                      .arg(size(preview.bytesAfter, preview.bitsAfter), text::percent(share), text::count(preview.made),
                           text::count(rows.size()));
  if (fallbacks > 0) after += tr(", %1 by a fallback").arg(text::count(static_cast<std::uint64_t>(fallbacks)));
  m_before->setText(size(preview.bytesBefore, preview.bitsBefore));
  m_after->setText(after);
  if (preview.known == 0)
    m_quality->setText(tr("not measured: tick it and open Layers to measure"));
  else if (std::isnan(preview.worstSqnrDb))
    m_quality->setText(tr("no error in the %1 tensors measured").arg(text::count(preview.known)));
  else
    m_quality->setText(tr("SQNR %1 on average, %2 at worst (%3), over %4 of the %5 tensors that change")
                           .arg(text::decibel(preview.meanSqnrDb), text::decibel(preview.worstSqnrDb),
                                text::shortened(QString::fromStdString(preview.worstTensor), 40),
                                text::count(preview.known), text::count(preview.made)));
}

void ExportDialog::refresh() {
  const auto& preview = m_plan->preview();
  const SchemeEntry* entry = m_recipe ? m_selection.entry(*m_recipe) : nullptr;
  m_title->setText(m_recipe ? m_selection.title(*m_recipe) : tr("Choose a scheme or a recipe"));
  m_what->setText(entry ? entry->description : QString());
  if (preview) {
    showTotals(*preview);
  } else {
    const QString text = m_recipe && m_problem.isEmpty() ? tr("computing…") : QStringLiteral("—");
    for (Label* label : {m_before, m_after, m_quality}) label->setText(text);
  }
  const QString problem = whyNot();
  m_write->setEnabled(preview && problem.isEmpty());
  m_file->setEnabled(preview && preview->canBeWritten());
  m_note->setRole(problem.isEmpty() ? Label::Style::Hint : Label::Style::Error);
  QString note = problem;
  if (preview && problem.isEmpty()) {
    note = tr("The file appears when it is complete; the open model is never overwritten.");
    if (const auto limits = split(); limits.isSplit())
      note = tr("Files: %1. They appear together when all are complete; the open model is never overwritten.")
                 .arg(text::count(planParts(preview->plan.rows, limits).size()));
    if (!preview->plan.unused.empty())
      note = tr("Rules that name no tensor of this model: %1.")
                 .arg(text::shortened(QString::fromStdString(preview->plan.unused.front()), 80));
  }
  m_note->setText(note);
}

void ExportDialog::suggestFile() {
  const auto& preview = m_plan->preview();
  if (m_fileTyped || !preview || !preview->canBeWritten()) return;
  const auto& files = m_model->checkpoint().files();
  const QFileInfo source(files.empty() ? QString() : QString::fromStdString(files.front().string()));
  const QString folder = m_model->isDemo() ? QDir::homePath() : source.absolutePath();
  const auto ending = preview->whyNoGguf.empty() ? QStringLiteral(".gguf") : QStringLiteral(".safetensors");
  m_file->setText(QDir(folder).filePath(source.completeBaseName() + u'-' +
                                        filePart(m_selection.entry(*m_recipe), *m_recipe) + ending));
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
  if (!m_plan->preview() || !whyNot().isEmpty()) return;
  const QString file = m_file->text().trimmed(), name = m_selection.title(*m_recipe);
  const QString tag = QStringLiteral("export ") + file;
  const QuantizeTarget target(file.toStdString(), split());
  setAttribute(Qt::WA_DeleteOnClose, false);
  hide();
  m_jobs.run(
      this, {tag, tr("Writing %1").arg(text::shortened(file))},
      [checkpoint = m_model->sharedCheckpoint(), recipe = *m_recipe, target](const core::JobContext& job) {
        return quantizeModel(*checkpoint, recipe, target, job);
      },
      [this, target, name, beside = m_beside->isChecked()](const std::vector<QuantizedFileRow>& rows) {
        const auto kept = static_cast<std::uint64_t>(
            std::count_if(rows.begin(), rows.end(), [](const QuantizedFileRow& row) { return row.isKept(); }));
        const auto files = targetFiles(target, planParts(rows, target.split));
        std::uint64_t bytes = 0;
        for (const auto& part : files)
          bytes += static_cast<std::uint64_t>(QFileInfo(QString::fromStdString(part.string())).size());
        const QString first = QString::fromStdString(files.front().string());
        const QString what = files.size() == 1 ? first : tr("%1 and %2 more").arg(first, text::count(files.size() - 1));
        const QString sentence = tr("%1 was written as %2: %3, %4 of %5 tensors stay as stored.")
                                     .arg(what, name, text::bytes(bytes), text::count(kept), text::count(rows.size()));
        beside ? Q_EMIT besideWanted(first, sentence) : Q_EMIT written(sentence);
      },
      [this](const QString& sentence) { Q_EMIT failed(sentence); });
  m_model.reset();
  connect(&m_jobs, &JobRunner::changed, this, [this, tag] {
    if (!m_jobs.isActive(tag)) deleteLater();
  });
}

}  // namespace app
