// What the main window opens, closes and writes: models, a second one beside the first, exports, the report.
#include <QFileDialog>
#include <QLayout>
#include <QMessageBox>
#include <QPushButton>

#include "app/selection/calibration_text.h"
#include "app/selection/model_loader.h"
#include "app/shell/export_dialog.h"
#include "app/shell/get_model_dialog.h"
#include "app/shell/main_window.h"
#include "app/shell/model_download.h"
#include "app/shell/report_dialog.h"
#include "app/shell/report_writer.h"
#include "app/text/numbers.h"
#include "app/widgets/banner.h"
#include "app/widgets/theme.h"

namespace app {

namespace {

/// A question with what follows from it, and Cancel; the other answers are the caller's.
QMessageBox* question(QWidget* parent, const QString& name, const QString& asked, const QString& explained) {
  // Names come from files: what looks like markup in them is none.
  auto* box = new QMessageBox(QMessageBox::NoIcon, asked, QStringLiteral("<b>%1</b>").arg(asked.toHtmlEscaped()),
                              QMessageBox::Cancel, parent);
  box->setInformativeText(QStringLiteral("<p>%1</p>").arg(explained.toHtmlEscaped()));
  box->setObjectName(name);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->layout()->setContentsMargins(space::kTwo, space::kThree, space::kThree, space::kTwo);
  return box;
}

}  // namespace

QStringList MainWindow::unsavedWork() const {
  QStringList work;
  for (const Workspace* workspace : m_workspaces)
    if (workspace != nullptr && !workspace->unsavedWork().isEmpty()) work << workspace->unsavedWork();
  return work;
}

// A second model is opened beside or in place of the first. Nothing is asked where nothing would be lost and the two
// have nothing in common.
void MainWindow::decideAboutSecond() {
  constexpr double kSameModel = 0.9;
  const bool comparable = m_loader->sharedTensors(*m_loader->waiting()) >= kSameModel;
  const QStringList work = unsavedWork();
  if (!comparable && work.isEmpty()) return m_loader->replaceByWaiting();
  const QString open = text::shortened(QString::fromStdString(m_selection.model()->checkpoint().name())),
                second = text::shortened(QString::fromStdString(m_loader->waiting()->checkpoint().name()));
  QString text = tr("%1 is open.").arg(open);
  if (!work.isEmpty()) text += u' ' + tr("Replacing it ends %1.").arg(work.join(tr(" and ")));
  const bool isAdapter = m_loader->waiting()->checkpoint().kind() == core::io::ModelKind::Adapter;
  if (comparable)
    text += u' ' + (isAdapter ? tr("%1 is an adapter for it: the model with it can be compared beside it.")
                              : tr("%1 has the same tensors: it can be compared beside it."))
                       .arg(second);
  QMessageBox* box = question(this, QStringLiteral("second-model"), tr("Open %1?").arg(second), text);
  const auto* replace = box->addButton(tr("Replace"), QMessageBox::AcceptRole);
  auto* compare = comparable ? box->addButton(tr("Compare"), QMessageBox::ActionRole) : nullptr;
  if (compare != nullptr) box->setDefaultButton(compare);  // it loses nothing
  connect(box, &QMessageBox::buttonClicked, this, [this, replace, compare](const QAbstractButton* clicked) {
    if (clicked == replace)
      m_loader->replaceByWaiting();
    else if (compare != nullptr && clicked == compare)
      m_loader->compareWithWaiting();
    else
      m_loader->dropWaiting();
  });
  box->open();
}

void MainWindow::closeModel() {
  const QStringList work = unsavedWork();
  if (work.isEmpty()) return m_loader->close();
  QMessageBox* box = question(this, QStringLiteral("close-model"), tr("Close the model?"),
                              tr("Closing the model ends %1.").arg(work.join(tr(" and "))));
  const auto* close = box->addButton(tr("Close model"), QMessageBox::AcceptRole);
  connect(box, &QMessageBox::buttonClicked, this, [this, close](const QAbstractButton* clicked) {
    if (clicked == close) m_loader->close();
  });
  box->open();
}

bool MainWindow::asksBeforeClosing() {
  QStringList work;
  for (const Workspace* workspace : m_workspaces)
    if (workspace != nullptr && !workspace->runningWork().isEmpty()) work << workspace->runningWork();
  if (work.isEmpty()) return false;
  if (findChild<QMessageBox*>(QStringLiteral("close-window")) != nullptr) return true;
  QMessageBox* box = question(this, QStringLiteral("close-window"), tr("Close Quantscope?"),
                              tr("Closing interrupts %1. What was reached is kept, and the next start offers to go on.")
                                  .arg(work.join(tr(" and "))));
  const auto* close = box->addButton(tr("Close"), QMessageBox::AcceptRole);
  connect(box, &QMessageBox::buttonClicked, this, [this, close](const QAbstractButton* clicked) {
    if (clicked != close) return;
    m_closesAnyway = true;
    this->close();
  });
  box->open();
  return true;
}

void MainWindow::openModel(const QString& source) { m_loader->open(source); }

void MainWindow::askForFile() {
  auto* dialog = new QFileDialog(this, tr("Open a model file"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  dialog->setNameFilters({tr("Models (*.gguf *.safetensors *.safetensors.index.json)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openModel);
  dialog->open();
}

void MainWindow::askForCompared() {
  auto* dialog = new QFileDialog(this, tr("Compare with another model file"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  dialog->setNameFilters({tr("Models (*.gguf *.safetensors *.safetensors.index.json)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, this,
          [this](const QString& file) { m_loader->open(file, ModelLoader::As::Compared); });
  dialog->open();
}

void MainWindow::askForComparedFolder() {
  auto* dialog = new QFileDialog(this, tr("Compare with a model folder"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  dialog->setOption(QFileDialog::ShowDirsOnly);
  connect(dialog, &QFileDialog::fileSelected, this,
          [this](const QString& folder) { m_loader->open(folder, ModelLoader::As::Compared); });
  dialog->open();
}

void MainWindow::exportModel() {
  if (!m_selection.model()) return;
  auto* dialog = new ExportDialog(m_selection, m_jobs, *m_calibrator, this);
  connect(dialog, &ExportDialog::exportWanted, this, &MainWindow::writeModel);
  dialog->open();
}

void MainWindow::writeModel(const ExportOrder& order) {
  auto* writer = new ModelExport(m_jobs, this);
  connect(writer, &ModelExport::failed, this, &MainWindow::showError);
  connect(writer, &ModelExport::written, this,
          [this, isToBeCompared = order.isToBeCompared](const QString& file, const QString& sentence) {
            if (!isToBeCompared) return m_banner->showNotice(sentence);
            m_loader->open(file, ModelLoader::As::Compared);
            // Opening takes the banner's sentence away.
            connect(
                m_loader, &ModelLoader::opened, m_banner, [this, sentence] { m_banner->showNotice(sentence); },
                Qt::SingleShotConnection);
          });
  writer->write(order);
}

void MainWindow::writeReport() {
  if (!m_selection.model()) return;
  for (const auto& recipe : m_selection.checkedRecipes()) {
    const QString waits = waitText(m_selection, m_selection.needOf(recipe), m_selection.title(recipe));
    if (!waits.isEmpty()) return showError(waits);
  }
  auto* dialog = new ReportDialog(*m_selection.model(), this);
  connect(dialog, &ReportDialog::reportWanted, this, [this](report::Request request) {
    if (!m_selection.model()) return;
    auto* writer = new ReportWriter(m_jobs, this);
    connect(writer, &ReportWriter::written, m_banner, &Banner::showNotice);
    connect(writer, &ReportWriter::failed, this, &MainWindow::showError);
    request.recipes = m_selection.checkedRecipes();
    for (auto& recipe : request.recipes)
      if (m_selection.entry(recipe)->isOwn) recipe.title = m_selection.title(recipe).toStdString();
    writer->write(m_selection.model(), std::move(request));
  });
  dialog->open();
}

void MainWindow::askForName() {
  auto* dialog = new GetModelDialog(m_jobs, this);
  connect(dialog, &GetModelDialog::wanted, this,
          [this](const std::shared_ptr<const remote::RemoteModel>& model, const QString& variant) {
            auto* download = new ModelDownload(m_jobs, this);
            connect(download, &ModelDownload::got, this, &MainWindow::openModel);
            connect(download, &ModelDownload::failed, this, &MainWindow::showError);
            connect(download, &ModelDownload::stopped, m_banner, &Banner::showNotice);
            download->get(model, variant);
          });
  dialog->open();
}

void MainWindow::askForFolder() {
  auto* dialog = new QFileDialog(this, tr("Open a model folder"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  dialog->setOption(QFileDialog::ShowDirsOnly);
  connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openModel);
  dialog->open();
}

}  // namespace app
