#include "app/report/report.h"

#include <QCryptographicHash>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QFileInfo>
#include <QSysInfo>
#include <algorithm>
#include <thread>
#include <utility>

#include "app/report/comparison.h"
#include "app/report/measure_answers.h"
#include "app/report/measure_parts.h"
#include "app/report/measure_recipes.h"
#include "app/report/measure_weights.h"
#include "app/report/page.h"
#include "app/report/record.h"
#include "app/report/record_json.h"
#include "app/session/open_files.h"
#include "core/base/error.h"
#include "core/calibrate/model_hash.h"
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

QString pagePath(const QString& folder) { return QDir(folder).filePath(QStringLiteral("index.html")); }

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
  const QFileInfo folder(request.folder), page(pagePath(request.folder)), record(recordPath(request.folder));
  if (folder.exists() && !folder.isDir())
    refuse(request.folder, " is no folder; the report is a folder with a page in it.");
  const QFileInfo model(request.model);
  if (model.isDir() && folder.exists() && model.canonicalFilePath() == folder.canonicalFilePath())
    refuse(request.folder, " is the model itself; choose another folder for the report.");
  if (page.exists() && !isOlderReport(page.filePath()))
    refuse(page.filePath(), " is there already and is no report of this program; choose another folder.");
  if (record.exists() && !isRecord(record.filePath()))
    refuse(record.filePath(), " is there already and is no report of this program; choose another folder.");
}

void makeFolder(const QString& folder) {
  if (!QDir().mkpath(folder))
    throw core::Error(core::ErrorCode::Io, "The folder " + folder.toStdString() + " could not be made.");
}

/// Files appear all or none.
void writeTogether(const QString& folder, const std::vector<std::pair<QString, QByteArray>>& texts) {
  makeFolder(folder);
  std::vector<core::io::OutputFile> files;
  for (const auto& [path, text] : texts) {
    files.emplace_back(path.toStdString(), openFiles());
    files.back().write(std::as_bytes(std::span(text.constData(), static_cast<std::size_t>(text.size()))));
  }
  core::io::OutputFile::commitAll(files);
}

CalibrationFacts calibrationFacts(const ReportData& data) {
  using core::quant::CalibrationNeed;
  const auto asks = [](const core::model::TensorDecision& decision) {
    return decision.scheme && core::quant::calibrationNeed(*decision.scheme) != CalibrationNeed::None;
  };
  const bool looks = std::ranges::any_of(
      data.treatments, [&](const Treatment& treatment) { return std::ranges::any_of(treatment.plan.tensors, asks); });
  const auto calibration = looks ? data.model->calibration().current() : nullptr;
  if (!calibration) return {};
  return {QString::fromStdString(calibration->title()), QString::fromStdString(calibration->identity())};
}

}  // namespace

ReportData measure(const Request& request, const core::JobContext& job) {
  constexpr double kShareBesideParts = 0.4;
  refuseWhatIsNotOurs(request);
  const auto first = job.part(0.0, request.parts.parts.empty() ? 1.0 : kShareBesideParts);
  QElapsedTimer clock;
  clock.start();
  ReportData data;
  data.request = request;
  if (!request.against.isEmpty()) data.against = std::make_shared<const Record>(readRecord(request.against));
  data.date = QDateTime::currentDateTimeUtc();
  data.machine = QStringLiteral("%1, %2, %3 CPU threads")
                     .arg(QSysInfo::prettyProductName(), QSysInfo::currentCpuArchitecture(),
                          QString::number(std::thread::hardware_concurrency()));
  data.model = request.open ? request.open : OpenModel::open(request.model.toStdString(), job);
  data.files = describeFiles(data.model->checkpoint());
  if (data.model->checkpoint().fileBytes() <= kMostHashedBytes)
    data.modelHash = QString::fromStdString(core::calibrate::modelHash(data.model->checkpoint(), job.part(0.0, 0.0)));
  measureWeights(data, first);
  measureRecipes(data);
  data.answers = measureAnswers(*data.model, request, first);
  data.parts = measureParts(data, job.part(kShareBesideParts, 1.0));
  data.calibration = calibrationFacts(data);
  data.seconds = static_cast<double>(clock.elapsed()) / 1e3;
  return data;
}

QString writeReport(const Request& request) {
  const ReportData data = measure(request);
  return writePage(data, drawPictures(data));
}

QString writePage(const ReportData& data, const Pictures& pictures) {
  const QString& folder = data.request.folder;
  auto json = recordJson(data);
  std::optional<Comparison> comparison;
  if (data.against) {
    comparison = compareRecords(*data.against, recordOf(json, folder));
    json["against"] = comparisonJson(*comparison);
  }
  const QByteArray page = composePage(data, pictures, comparison ? &*comparison : nullptr), record = fileText(json);
  writeTogether(folder, {{recordPath(folder), record}, {pagePath(folder), page}});
  return pagePath(folder);
}

QString writeComparison(const QString& there, const QString& here, const QString& folder) {
  refuseWhatIsNotOurs({{}, folder});
  if (QFileInfo::exists(recordPath(folder)))
    throw core::Error(
        core::ErrorCode::InvalidArgument,
        core::io::inQuotes(folder.toStdString()) + " holds a report; choose another folder for the comparison.");
  const Record older = readRecord(there), newer = readRecord(here);
  const Comparison comparison = compareRecords(older, newer);
  writeTogether(folder,
                {{QDir(folder).filePath(QStringLiteral("comparison.json")), fileText(comparisonJson(comparison))},
                 {pagePath(folder), composeComparison(comparison, newer)}});
  return pagePath(folder);
}

}  // namespace app::report
