#include "app/report/report.h"

#include <QCryptographicHash>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QSysInfo>
#include <thread>

#include "app/report/measure_answers.h"
#include "app/report/measure_weights.h"
#include "app/report/page.h"
#include "core/base/error.h"
#include "core/io/atomic_file.h"

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

void makeFolder(const QString& folder) {
  if (!QDir().mkpath(folder))
    throw core::Error(core::ErrorCode::Io, "The folder " + folder.toStdString() + " could not be made.");
}

}  // namespace

ReportData measure(const Request& request) {
  QElapsedTimer clock;
  clock.start();
  ReportData data;
  data.request = request;
  data.date = QDateTime::currentDateTimeUtc();
  data.machine = QStringLiteral("%1, %2, %3 CPU threads")
                     .arg(QSysInfo::prettyProductName(), QSysInfo::currentCpuArchitecture(),
                          QString::number(std::thread::hardware_concurrency()));
  data.model = OpenModel::open(request.model.toStdString());
  data.files = describeFiles(data.model->checkpoint());
  measureWeights(data);
  data.answers = measureAnswers(*data.model, request.device);
  data.seconds = static_cast<double>(clock.elapsed()) / 1e3;
  return data;
}

QString writeReport(const Request& request) {
  const ReportData data = measure(request);
  const QByteArray page = composePage(data, drawPictures(data));
  makeFolder(request.folder);
  const QString path = QDir(request.folder).filePath(QStringLiteral("index.html"));
  core::io::AtomicFile file(path.toStdString());
  file.write(std::as_bytes(std::span(page.constData(), static_cast<std::size_t>(page.size()))));
  file.commit();
  return path;
}

}  // namespace app::report
