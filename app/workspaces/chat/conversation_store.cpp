#include "app/workspaces/chat/conversation_store.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QStandardPaths>

#include "app/jobs/job_runner.h"
#include "app/workspaces/chat/conversation_json.h"

namespace app {

namespace {

const QString kRecallTag = QStringLiteral("chat.recall");
constexpr qint64 kLargestFile = 32 << 20;

/// One per file: saving one conversation must not replace the saving of another.
QString saveTag(const QString& file) { return QStringLiteral("chat.save.") + file; }

void write(const QString& file, const Conversation& conversation) {
  if (conversation.isEmpty()) {
    QFile::remove(file);
    return;
  }
  QDir().mkpath(QFileInfo(file).path());
  // Not through saveFile(): that door keeps what a person names from hitting a model or a pipe. This name is the
  // program's own, in the program's own folder, and a failure is nobody's business.
  QSaveFile target(file);
  const QByteArray text = toJson(conversation);
  // What cannot be remembered is not worth a message: the conversation itself stays where it is.
  if (target.open(QIODevice::WriteOnly) && target.write(text) == text.size()) target.commit();
}

}  // namespace

ConversationStore::ConversationStore(JobRunner& jobs, QObject* parent) : QObject(parent), m_jobs(jobs) {}

// The same place with other contents is another model.
QString ConversationStore::fileOf(const OpenModel& model) {
  std::uint64_t bytes = 0;
  for (const auto& tensor : model.checkpoint().tensors()) bytes += tensor.bytes;
  const QString key =
      QStringLiteral("%1\n%2\n%3\n%4")
          .arg(QString::fromStdString(model.source()), QString::fromStdString(model.checkpoint().name()))
          .arg(model.checkpoint().tensors().size())
          .arg(bytes);
  const QByteArray hash = QCryptographicHash::hash(key.toUtf8(), QCryptographicHash::Sha256).toHex().left(24);
  return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation) + QStringLiteral("/conversations/") +
         QString::fromLatin1(hash) + QStringLiteral(".json");
}

void ConversationStore::recall(const std::shared_ptr<OpenModel>& model) {
  m_jobs.run(
      this, {kRecallTag, {}, Lane::Pool},
      [file = fileOf(*model)](const core::JobContext&) -> std::optional<Conversation> {
        QFile source(file);
        if (source.size() > kLargestFile || !source.open(QIODevice::ReadOnly)) return std::nullopt;
        return conversationFromJson(source.readAll());
      },
      [this](const std::optional<Conversation>& conversation) {
        if (conversation) Q_EMIT recalled(*conversation);
      });
}

void ConversationStore::save(const std::shared_ptr<OpenModel>& model, const Conversation& conversation) {
  const QString file = fileOf(*model);
  m_jobs.run(
      this, {saveTag(file), {}, Lane::Pool},
      [file, conversation, writing = m_writing](const core::JobContext& job) {
        const std::lock_guard lock(*writing);
        job.throwIfCancelled();  // a newer one is under way, and may have been first
        write(file, conversation);
      },
      [] {});
}

void ConversationStore::forget() { m_jobs.cancelTag(kRecallTag); }

bool ConversationStore::isSaving(const OpenModel& model) const { return m_jobs.isActive(saveTag(fileOf(model))); }

void ConversationStore::saveNow(const OpenModel& model, const Conversation& conversation) {
  m_jobs.cancelTag(saveTag(fileOf(model)));
  const std::lock_guard lock(*m_writing);
  write(fileOf(model), conversation);
}

}  // namespace app
