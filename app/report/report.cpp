#include "app/report/report.h"

#include <QCryptographicHash>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QSysInfo>
#include <thread>

#include "app/report/measure_answers.h"
#include "app/report/measure_recipes.h"
#include "app/report/measure_weights.h"
#include "app/report/page.h"
#include "app/session/open_files.h"
#include "core/base/error.h"
#include "core/io/output_file.h"
#include "core/io/text_checks.h"

namespace app::report {

namespace {

/// Reading more than this for a hash alone would take longer than the report is worth.
constexpr std::uint64_t kMostHashedBytes = std::uint64_t{1} << 31;

QString sha256(const QString& path) {
  QFile file(path);
  QCryptographicHash hash(QCryptographicHash::Sha256);
  if (!file.open(QIODevice::ReadOnly) || !hash.addData(&file))
    throw core::Error(core::ErrorCode::Io, "Cannot read " + path.toStdString() + " for its hash.");
  return QString::fromLatin1(hash.result().toHex());
}

std::vector<FileFacts> describeFiles(const core::io::Checkpoint& checkpoint) {
  std::vector<FileFacts> files;
  for (const auto& path : checkpoint.files()) {
    const QString name = QString::fromStdString(path.string());
    FileFacts facts{
        QString::fromStdString(path.filename().string()), static_cast<std::uint64_t>(QFile(name).size()), {}};
    if (checkpoint.fileBytes() <= kMostHashedBytes) facts.sha256 = sha256(name);
    files.push_back(facts);
  }
  return files;
}

QString pagePath(const Request& request) { return QDir(request.folder).filePath(QStringLiteral("index.html")); }

bool isOlderReport(const QString& path) {
  constexpr qint64 kHead = 4096;
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return false;
  const QByteArray head = file.read(kHead);
  return head.contains("<meta name=\"generator\" content=\"Quantscope\"/>") ||
         head.contains(": Quantscope report</title>");
}

/// Asked before anything is measured, which may take minutes.
void refuseWhatIsNotOurs(const Request& request) {
  const auto refuse = [](const QString& what, const char* why) {
    throw core::Error(core::ErrorCode::InvalidArgument, core::io::inQuotes(what.toStdString()) + why);
  };
  const QFileInfo folder(request.folder), page(pagePath(request));
  if (folder.exists() && !folder.isDir())
    refuse(request.folder, " is no folder; the report is a folder with a page in it.");
  const QFileInfo model(request.model);
  if (model.isDir() && folder.exists() && model.canonicalFilePath() == folder.canonicalFilePath())
    refuse(request.folder, " is the model itself; choose another folder for the report.");
  if (page.exists() && !isOlderReport(page.filePath()))
    refuse(page.filePath(), " is there already and is no report of this program; choose another folder.");
}

void makeFolder(const QString& folder) {
  if (!QDir().mkpath(folder))
    throw core::Error(core::ErrorCode::Io, "The folder " + folder.toStdString() + " could not be made.");
}

}  // namespace

ReportData measure(const Request& request, const core::JobContext& job) {
  refuseWhatIsNotOurs(request);
  QElapsedTimer clock;
  clock.start();
  ReportData data;
  data.request = request;
  data.date = QDateTime::currentDateTimeUtc();
  data.machine = QStringLiteral("%1, %2, %3 CPU threads")
                     .arg(QSysInfo::prettyProductName(), QSysInfo::currentCpuArchitecture(),
                          QString::number(std::thread::hardware_concurrency()));
  data.model = request.open ? request.open : OpenModel::open(request.model.toStdString(), job);
  data.files = describeFiles(data.model->checkpoint());
  measureWeights(data, job);
  measureRecipes(data);
  data.answers = measureAnswers(*data.model, request, job);
  data.seconds = static_cast<double>(clock.elapsed()) / 1e3;
  return data;
}

QString writeReport(const Request& request) {
  const ReportData data = measure(request);
  return writePage(data, drawPictures(data));
}

QString writePage(const ReportData& data, const Pictures& pictures) {
  const QByteArray page = composePage(data, pictures);
  makeFolder(data.request.folder);
  core::io::writeFile(pagePath(data.request).toStdString(), openFiles(),
                      std::as_bytes(std::span(page.constData(), static_cast<std::size_t>(page.size()))));
  return pagePath(data.request);
}

}  // namespace app::report
