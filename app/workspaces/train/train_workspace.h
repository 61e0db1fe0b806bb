#pragma once
#include "app/workspaces/workspace.h"

class QTabWidget;

namespace app {

class Label;
class QatPage;
class QloraPage;

/// Training, live: a quantized model heals (QAT), and learns new facts in an adapter over a frozen 4-bit base (QLoRA).
///
/// Links: train/qat?scheme=int3&steps=120&range=recomputed|step|clip
///        train/qlora?steps=60&rank=8&replay=on|off
class TrainWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit TrainWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);
  ~TrainWorkspace() override;

  void setActive(bool active) override;
  QString helpText() const override;
  QString unsavedWork() const override;
  QString runningWork() const override;
  void showExample() override;
  QString openLink(const Link& link) override;
  Link link() const override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;

 private:
  QString openQat(const Link& link);
  QString openQlora(const Link& link);
  void openChat(const QString& panes, const QStringList& prompts);

  QTabWidget* m_tabs;
  QatPage* m_qat;
  QloraPage* m_qlora;
};

}  // namespace app
