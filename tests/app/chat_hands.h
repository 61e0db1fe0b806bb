#pragma once
#include <QAbstractItemView>
#include <QComboBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTest>

#include "app/workspaces/chat/chat_pane.h"
#include "app/workspaces/chat/chat_workspace.h"
#include "app/workspaces/chat/sampling_panel.h"
#include "workspace_window.h"

/// The chat of a window, driven with mouse and keyboard.
class ChatHands {
 public:
  explicit ChatHands(WorkspaceWindow& window) : m_window(window) {}

  app::ChatWorkspace& workspace() { return *m_window.find<app::ChatWorkspace>(); }
  const app::Conversation& conversation() { return workspace().dialogue().conversation(); }
  app::ChatPane& pane(std::size_t index) {
    return *workspace().findChild<app::ChatPane*>(QStringLiteral("pane-%1").arg(index));
  }
  /// The newest answer of a pane to the last prompt.
  const app::Answer& answer(std::size_t index) {
    return *conversation().newest(conversation().turns().size() - 1, index);
  }
  app::TokenText* text(std::size_t index) { return pane(index).newest()->text(); }
  QPlainTextEdit* prompt() { return m_window.find<QPlainTextEdit>(QStringLiteral("prompt")); }
  QPushButton* send() { return m_window.find<QPushButton>(QStringLiteral("send")); }
  void type(const QString& text) {
    prompt()->setFocus();
    QTest::keyClicks(prompt(), text);
    QTest::keyClick(prompt(), Qt::Key_Return);
  }
  /// Types and waits for everything that follows.
  bool ask(const QString& text) {
    type(text);
    return isDone();
  }
  bool isDone() {
    return m_window.waitUntilIdle() && QTest::qWaitFor([this] {
             return !workspace().dialogue().isAnswering() && m_window.window().jobs().isIdle();
           });
  }
  /// Walks through a pane's list of schemes with the keyboard until it stands on this one.
  bool choose(std::size_t index, const QString& scheme) {
    auto* list = pane(index).findChild<QComboBox*>(QStringLiteral("pane-scheme"));
    const int wanted = list->findData(scheme);
    if (wanted < 0) return false;
    list->setFocus();
    QTest::keyClick(list, Qt::Key_Space);  // opens the list, so that only the last step chooses
    auto* view = list->view();
    for (int at = view->currentIndex().row(); at != wanted; at += at < wanted ? 1 : -1)
      QTest::keyClick(view, at < wanted ? Qt::Key_Down : Qt::Key_Up);
    QTest::keyClick(view, Qt::Key_Return);
    return list->currentData().toString() == scheme;
  }
  /// Chooses the first Vulkan device, where there is one, with the keyboard; otherwise the CPU computes here.
  bool chooseVulkan() {
    auto* devices = m_window.find<app::SamplingPanel>()->findChild<QComboBox*>(QStringLiteral("sampling-device"));
    QTest::keyClick(devices, Qt::Key_Down);
    return isDone() && devices->currentData().toString().startsWith(QLatin1String("vulkan:"));
  }
  QString titleOf(const app::AnswerView* view) {
    return view->findChild<QLabel*>(QStringLiteral("answer-title"))->text();
  }

 private:
  WorkspaceWindow& m_window;
};
