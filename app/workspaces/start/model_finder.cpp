#include "app/workspaces/start/model_finder.h"

#include <QDir>
#include <QDirIterator>
#include <QFileInfo>
#include <algorithm>

#include "app/session/model_location.h"
#include "core/io/ollama_store.h"

namespace app {
namespace {

constexpr std::size_t kMostModels = 40;
constexpr int kMostFilesPerFolder = 4000;

std::uint64_t sizeOf(const QFileInfo& file) { return static_cast<std::uint64_t>(std::max<qint64>(0, file.size())); }

/// A snapshot folder that holds safetensors is one model; every GGUF file in it is one of its own.
void addSnapshot(const QDir& snapshot, const QString& name, const QString& origin, std::vector<FoundModel>& found) {
  std::uint64_t safetensorsBytes = 0;
  const auto files = snapshot.entryInfoList({QStringLiteral("*.safetensors"), QStringLiteral("*.gguf")}, QDir::Files);
  for (const QFileInfo& file : files) {
    if (file.suffix() == QLatin1String("gguf"))
      found.push_back({file.absoluteFilePath(), name + u'/' + file.completeBaseName(), origin, sizeOf(file)});
    else
      safetensorsBytes += sizeOf(file);
  }
  if (safetensorsBytes > 0) found.push_back({snapshot.absolutePath(), name, origin, safetensorsBytes});
}

void searchHuggingFace(const QString& hub, const core::JobContext& job, std::vector<FoundModel>& found) {
  for (const QFileInfo& repository :
       QDir(hub).entryInfoList({QStringLiteral("models--*")}, QDir::Dirs | QDir::NoDotAndDotDot)) {
    job.throwIfCancelled();
    const QString name = repository.fileName().mid(8).replace(QStringLiteral("--"), QStringLiteral("/"));
    const QDir snapshots(repository.absoluteFilePath() + QStringLiteral("/snapshots"));
    const auto revisions = snapshots.entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Time);
    if (!revisions.isEmpty())
      addSnapshot(QDir(revisions.first().absoluteFilePath()), name, QStringLiteral("Hugging Face"), found);
  }
}

void searchLmStudio(const QString& folder, const core::JobContext& job, std::vector<FoundModel>& found) {
  QDirIterator files(folder, {QStringLiteral("*.gguf")}, QDir::Files, QDirIterator::Subdirectories);
  for (int seen = 0; files.hasNext() && seen < kMostFilesPerFolder; ++seen) {
    job.throwIfCancelled();
    files.next();
    const QFileInfo file = files.fileInfo();
    if (file.fileName().startsWith(QLatin1String("mmproj"))) continue;  // an image encoder, not a language model
    found.push_back({file.absoluteFilePath(), file.completeBaseName(), QStringLiteral("LM Studio"), sizeOf(file)});
  }
}

void searchOllama(const QString& store, const core::JobContext& job, std::vector<FoundModel>& found) {
  if (store.isEmpty()) return;
  job.throwIfCancelled();
  for (const core::io::OllamaModel& model : core::io::ollamaModels(store.toStdString())) {
    const QString name = QString::fromStdString(model.name);
    found.push_back({QLatin1String(kOllamaPrefix) + name, name, QStringLiteral("Ollama"), model.bytes});
  }
}

}  // namespace

ModelPlaces ModelPlaces::ofThisUser() {
  ModelPlaces places;
  const QString home = QDir::homePath();
  const QString hub = qEnvironmentVariable("HF_HUB_CACHE"), hfHome = qEnvironmentVariable("HF_HOME");
  places.huggingFaceHub = !hub.isEmpty() ? hub
                                         : (hfHome.isEmpty() ? home + QStringLiteral("/.cache/huggingface") : hfHome) +
                                               QStringLiteral("/hub");
  places.lmStudio = {home + QStringLiteral("/.lmstudio/models"), home + QStringLiteral("/.cache/lm-studio/models")};
  if (const auto store = ollamaStore()) places.ollama = QString::fromStdString(store->string());
  return places;
}

std::vector<FoundModel> findModels(const ModelPlaces& places, const core::JobContext& job) {
  std::vector<FoundModel> found;
  searchHuggingFace(places.huggingFaceHub, job, found);
  for (const QString& folder : places.lmStudio) searchLmStudio(folder, job, found);
  searchOllama(places.ollama, job, found);
  std::stable_sort(found.begin(), found.end(),
                   [](const FoundModel& a, const FoundModel& b) { return a.bytes > b.bytes; });
  if (found.size() > kMostModels) found.resize(kMostModels);
  return found;
}

}  // namespace app
