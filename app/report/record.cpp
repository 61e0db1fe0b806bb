#include "app/report/record.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <cmath>
#include <limits>

#include "app/report/page_sections.h"
#include "app/session/build_text.h"
#include "core/base/error.h"
#include "core/io/text_checks.h"

namespace app::report {

namespace {

using core::evaluate::Estimate;
using Json = nlohmann::ordered_json;

constexpr qint64 kMostBytes = qint64{64} << 20;
constexpr std::size_t kMostRows = 20'000, kMostText = 4096, kShownOfLong = 200;
constexpr int kMostDepth = 3;
/// Of figures without an error: sums of the same numbers in another order.
constexpr double kRoundingShare = 1e-9;

/// "context 512, batch 256"; nothing of what is null. @param depth that is followed: nobody's file overflows the stack
std::string plain(const Json& value, int depth) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_structured()) return value.dump();
  if (depth == 0) return "…";
  std::string text;
  for (const auto& [key, item] : value.items()) {
    if (item.is_null()) continue;
    text += text.empty() ? "" : value.is_array() ? "; " : ", ";
    text += (value.is_array() ? "" : key + ' ') + plain(item, depth - 1);
  }
  return text;
}

/// Reads values of a file that anybody may have written.
class Reader {
 public:
  Reader(const Json& json, const QString& folder) : m_json(json), m_folder(folder) {}

  [[noreturn]] void damaged(const std::string& what) const {
    throw core::Error(core::ErrorCode::InvalidFile,
                      core::io::inQuotes(recordPath(m_folder).toStdString()) + " is no complete report: " + what + ".");
  }

  /// A text, so that two can be compared, whatever is there; empty where there is nothing.
  QString textAt(const char* pointer) const {
    const Json::json_pointer at(pointer);
    if (!m_json.contains(at) || m_json.at(at).is_null()) return {};
    const std::string text = plain(m_json.at(at), kMostDepth);
    if (text.size() <= kMostText) return QString::fromStdString(text);
    const QByteArray hash =
        QCryptographicHash::hash(QByteArray::fromStdString(text), QCryptographicHash::Sha256).toHex();
    return QString::fromStdString(text.substr(0, kShownOfLong)) + QStringLiteral("… ") + QString::fromLatin1(hash);
  }

  /// The rows of an array; none where there is no such array.
  std::vector<const Json*> rows(const char* key) const {
    std::vector<const Json*> result;
    if (!m_json.contains(key)) return result;
    const Json& array = m_json.at(key);
    if (!array.is_array() || array.size() > kMostRows) damaged('"' + std::string(key) + "\" is no list");
    for (const Json& row : array) {
      if (!row.is_object()) damaged("a row of \"" + std::string(key) + "\" is none");
      result.push_back(&row);
    }
    return result;
  }

  QString text(const Json& row, const char* key) const {
    if (!row.contains(key) || !row.at(key).is_string() || row.at(key).get_ref<const std::string&>().size() > kMostText)
      damaged("a row has no text \"" + std::string(key) + '"');
    return QString::fromStdString(row.at(key).get<std::string>());
  }

  /// NaN for null and for what is not there.
  double number(const Json& row, const std::string& key) const {
    if (!row.contains(key) || row.at(key).is_null()) return std::numeric_limits<double>::quiet_NaN();
    if (!row.at(key).is_number()) damaged('"' + core::io::printable(key) + "\" is no number");
    return row.at(key).get<double>();
  }

  Estimate estimate(const Json& row, const std::string& key) const {
    return {number(row, key), number(row, key + "_error")};
  }

 private:
  const Json& m_json;
  const QString& m_folder;
};

void addEvaluation(const Reader& reader, Record& record) {
  for (const Json* row : reader.rows("evaluation")) {
    if (row->contains("failure")) continue;
    const QString scheme = reader.text(*row, "recipe");
    for (const char* name : {"kl_mean", "kl_p99", "perplexity", "same_top1", "flips", "mean_delta_p"}) {
      Figure figure{QStringLiteral("evaluation"), scheme, {}, QString::fromLatin1(name), reader.estimate(*row, name)};
      const double floor = reader.number(*row, "noise_floor");
      if (figure.name == QLatin1String("kl_mean") && floor > 0) figure.floor = floor;
      record.figures.push_back(std::move(figure));
    }
  }
}

/// Of a share with its interval of 95 %.
void addTasks(const Reader& reader, Record& record) {
  for (const Json* row : reader.rows("tasks")) {
    if (row->contains("failure")) continue;
    Figure figure{QStringLiteral("tasks"), reader.text(*row, "recipe"), {}, QStringLiteral("accuracy"), {}};
    figure.value.value = reader.number(*row, "accuracy");
    const Json* interval = row->contains("accuracy_interval") ? &row->at("accuracy_interval") : nullptr;
    if (interval == nullptr || !interval->is_array() || interval->size() != 2 || !interval->at(0).is_number() ||
        !interval->at(1).is_number())
      reader.damaged("\"accuracy_interval\" is no pair of numbers");
    figure.value.error =
        (interval->at(1).get<double>() - interval->at(0).get<double>()) / (2 * core::evaluate::kConfidence95);
    record.figures.push_back(std::move(figure));
  }
}

void addSensitivity(const Reader& reader, Record& record) {
  for (const Json* row : reader.rows("sensitivity"))
    record.figures.push_back({QStringLiteral("sensitivity"), reader.text(*row, "scheme"), reader.text(*row, "tensor"),
                              QStringLiteral("kl"), reader.estimate(*row, "kl")});
}

void addWeights(const Reader& reader, Record& record) {
  for (const Json* row : reader.rows("weights"))
    for (const char* name : {"model_bytes", "mean_sqnr_db", "mean_relative_error"}) {
      Figure figure{QStringLiteral("weights"), reader.text(*row, "scheme"), {}, QString::fromLatin1(name), {}};
      figure.value = {reader.number(*row, name), 0.0};
      figure.floor = kRoundingShare * std::abs(figure.value.value);
      record.figures.push_back(std::move(figure));
    }
}

void addFacts(const Reader& reader, Record& record) {
  const std::pair<const char*, const char*> facts[] = {
      {"/program", QT_TRANSLATE_NOOP("Report", "Program")},
      {"/build", QT_TRANSLATE_NOOP("Report", "Build")},
      {"/machine", QT_TRANSLATE_NOOP("Report", "Machine")},
      {"/device", QT_TRANSLATE_NOOP("Report", "Device asked for")},
      {"/answers/device", QT_TRANSLATE_NOOP("Report", "Device of the answers")},
      {"/evaluation/0/reference_device", QT_TRANSLATE_NOOP("Report", "Device of the evaluation")},
      {"/sensitivity/0/device", QT_TRANSLATE_NOOP("Report", "Device of the sensitivities")},
      {"/model/name", QT_TRANSLATE_NOOP("Report", "Model")},
      {"/model/hash", QT_TRANSLATE_NOOP("Report", "Hash of the model's contents")},
      {"/model/files", QT_TRANSLATE_NOOP("Report", "Files")},
      {"/calibration/identity", QT_TRANSLATE_NOOP("Report", "Calibration")},
      {"/evaluation/0/text", QT_TRANSLATE_NOOP("Report", "Text")},
      {"/evaluation/0/text_hash", QT_TRANSLATE_NOOP("Report", "Hash of the text's tokens")},
      {"/evaluation/0/scored", QT_TRANSLATE_NOOP("Report", "Tokens scored")},
      {"/evaluation/0/settings", QT_TRANSLATE_NOOP("Report", "How the text was read")},
      {"/tasks/0/tasks", QT_TRANSLATE_NOOP("Report", "Tasks")},
      {"/tasks/0/tasks_hash", QT_TRANSLATE_NOOP("Report", "Hash of the tasks")},
      {"/sensitivity/0/recipe", QT_TRANSLATE_NOOP("Report", "Sensitivities under")},
      {"/sensitivity/0/text_hash", QT_TRANSLATE_NOOP("Report", "Hash of the sensitivities' text")},
      {"/answers/seed", QT_TRANSLATE_NOOP("Report", "Seed of the answers")},
      {"/trace/seed", QT_TRANSLATE_NOOP("Report", "Seed of the trace")},
      {"/trace/compared", QT_TRANSLATE_NOOP("Report", "Traced under")}};
  for (const auto& [pointer, name] : facts) record.facts.emplace_back(tr(name), reader.textAt(pointer));
}

}  // namespace

QString buildHash() {
  constexpr qsizetype kDigits = 12;
  const auto hash = QCryptographicHash::hash(QByteArray::fromStdString(buildText()), QCryptographicHash::Sha256);
  return QString::fromLatin1(hash.toHex().left(kDigits));
}

QString recordPath(const QString& folder) { return QDir(folder).filePath(QStringLiteral("report.json")); }

bool isRecord(const QString& path) {
  constexpr qint64 kHead = 256;
  QFile file(path);
  return file.open(QIODevice::ReadOnly) &&
         file.read(kHead).contains("\"format\": \"" + QByteArray(kRecordFormat) + '"');
}

Record recordOf(const Json& json, const QString& folder) {
  Record record;
  record.folder = folder;
  const Reader reader(json, record.folder);
  record.model = reader.textAt("/model/name");
  record.date = reader.textAt("/date");
  addFacts(reader, record);
  const QString model = reader.textAt("/model/hash");
  record.conditions = {{QStringLiteral("weights"), model},
                       {QStringLiteral("evaluation"), model + reader.textAt("/evaluation/0/text_hash") +
                                                          reader.textAt("/evaluation/0/settings") +
                                                          reader.textAt("/evaluation/0/reference")},
                       {QStringLiteral("tasks"), model + reader.textAt("/tasks/0/tasks_hash")},
                       {QStringLiteral("sensitivity"), model + reader.textAt("/sensitivity/0/text_hash")}};
  addWeights(reader, record);
  addEvaluation(reader, record);
  addTasks(reader, record);
  addSensitivity(reader, record);
  if (record.figures.size() > kMostRows) reader.damaged("it has too many figures");
  return record;
}

Record readRecord(const QString& folder) {
  const QString path = recordPath(folder);
  const std::string name = core::io::inQuotes(path.toStdString());
  QFile file(path);
  if (!file.exists())
    throw core::Error(core::ErrorCode::NotFound,
                      "There is no report to compare with: " + name + " does not exist; older reports had none.");
  if (!file.open(QIODevice::ReadOnly))
    throw core::Error(core::ErrorCode::Io, name + " cannot be read: " + file.errorString().toStdString() + ".");
  if (file.size() > kMostBytes)
    throw core::Error(core::ErrorCode::InvalidFile, name + " is no report: it is larger than any.");
  const QByteArray bytes = file.readAll();
  const Json json = Json::parse(bytes.constBegin(), bytes.constEnd(), nullptr, false);
  const bool isObject = json.is_object();
  if (!isObject || !json.contains("format") || json["format"] != kRecordFormat)
    throw core::Error(core::ErrorCode::InvalidFile, name + " is no report of this program" +
                                                        (json.is_discarded() ? ": it is no complete JSON." : "."));
  const bool hasVersion = json.contains("format_version") && json["format_version"].is_number_integer();
  if (!hasVersion || json["format_version"] != kRecordVersion)
    throw core::Error(core::ErrorCode::InvalidFile, name + " is a report of another version than " +
                                                        std::to_string(kRecordVersion) +
                                                        ", which is what this program reads.");
  return recordOf(json, folder);
}

}  // namespace app::report
