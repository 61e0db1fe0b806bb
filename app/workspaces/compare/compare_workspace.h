#pragma once
#include <memory>

#include "app/workspaces/workspace.h"

class QTabWidget;

namespace app {

class AdviserPage;
class CompareState;
class EmbeddingPage;
class Label;
class MemoryPage;
class OpenModel;
class PartingPage;
class TaskPage;
class TaskState;
class TradeoffPage;

/// Which scheme to take: size, quality and speed measured here; the words at which schemes part from the reference;
/// whether tasks survive; what becomes of an encoder's embeddings; what memory everything takes; and an adviser.
///
/// Links: compare/tradeoff?quality=kl|perplexity&text=demo|prose&tokens=N&kv=f16, compare/partings with the same keys
///        compare/tasks, compare/embeddings
///        compare/memory?model=open|llama-3.1-8b&context=N&sequences=N&kv=f16&program=quantscope|llama.cpp
///        compare/adviser?preset=consumer
class CompareWorkspace : public Workspace {
  Q_OBJECT
 public:
  explicit CompareWorkspace(const WorkspaceContext& context, QWidget* parent = nullptr);
  ~CompareWorkspace() override;

  void setActive(bool active) override;
  QString helpText() const override;
  void showExample() override;
  QString openLink(const Link& link) override;
  Link link() const override;
  void saveState(QSettings& settings) const override;
  void restoreState(QSettings& settings) override;

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void refresh();
  void followModel();
  QString openMemory(const Link& link);
  QString openTradeoff(const Link& link);

  std::weak_ptr<OpenModel> m_model;  ///< whose page was brought forward
  CompareState* m_state;
  TaskState* m_taskState;
  QTabWidget* m_tabs;
  TradeoffPage* m_tradeoff;
  PartingPage* m_partings;
  TaskPage* m_tasks;
  EmbeddingPage* m_embeddings;
  MemoryPage* m_memory;
  AdviserPage* m_adviser;
  Label* m_problem;
};

}  // namespace app
