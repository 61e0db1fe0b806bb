#pragma once
#include <QObject>
#include <QString>
#include <memory>
#include <mutex>

#include "app/session/open_model.h"
#include "app/workspaces/chat/conversation.h"

namespace app {

class JobRunner;

/// Remembers the conversation with each model in a file of the program's data folder, beside the GUI thread.
class ConversationStore : public QObject {
  Q_OBJECT
 public:
  explicit ConversationStore(JobRunner& jobs, QObject* parent = nullptr);

  /// recalled() follows if there is one.
  void recall(const std::shared_ptr<OpenModel>& model);
  void save(const std::shared_ptr<OpenModel>& model, const Conversation& conversation);
  /// What is being recalled is of another model: it does not come any more.
  void forget();
  /// Whether the conversation with a model is still being written.
  bool isSaving(const OpenModel& model) const;
  /// As save(), but before it returns; for the end of the program.
  void saveNow(const OpenModel& model, const Conversation& conversation);
  /// Where the conversation with a model is kept.
  static QString fileOf(const OpenModel& model);

 Q_SIGNALS:
  void recalled(const app::Conversation& conversation);

 private:
  JobRunner& m_jobs;
  /// Held while a file is written, so that an older conversation does not land on a newer one.
  std::shared_ptr<std::mutex> m_writing = std::make_shared<std::mutex>();
};

}  // namespace app
