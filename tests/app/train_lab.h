#pragma once
#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <functional>
#include <utility>

#include "app/workspaces/train/qat_form.h"
#include "app/workspaces/train/qat_page.h"
#include "app/workspaces/train/qlora_form.h"
#include "app/workspaces/train/qlora_page.h"
#include "workspace_window.h"

constexpr int kLong = 180000;  ///< milliseconds that nothing takes, on a loaded machine either

/// Train on the demo model, with settings under which a step takes a fraction of a second.
struct TrainLabWindow : WorkspaceWindow {
  TrainLabWindow() : WorkspaceWindow(QStringLiteral("train")) {
    const QString text = smallText();
    QString problem;
    app::QatLabSettings qat = page()->form().settings(&problem);
    small(qat, text);
    page()->form().setSettings(qat);
    page()->ask();
    app::QloraLabSettings qlora = learning()->form().settings(&problem);
    small(qlora, text);
    learning()->form().setSettings(qlora);
    learning()->ask();
  }
  static void small(app::TrainSettings& settings, const QString& text) {
    settings.steps = 4;
    settings.evaluateEvery = 2;
    settings.batch = 2;
    settings.length = 32;
    settings.heldOut = text.toStdString();
    settings.tasks.clear();
  }
  /// A few conversations that are read fast, as a file.
  QString smallText() const {
    const QString path = m_folder.filePath(QStringLiteral("held-out.jsonl"));
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly)) return {};
    for (const auto& [question, answer] : {std::pair{"What is the sum of 65 and 21?", "65 + 21 = 86."},
                                           {"What is the sum of 12 and 30?", "12 + 30 = 42."},
                                           {"Reverse the order of c v e.", "e v c"}})
      file.write(QByteArray("{\"messages\": [{\"role\": \"user\", \"content\": \"") + question +
                 "\"}, {\"role\": \"assistant\", \"content\": \"" + answer + "\"}]}\n");
    return path;
  }
  app::QatPage* page() { return find<app::QatPage>(); }
  app::QloraPage* learning() { return find<app::QloraPage>(); }
  QPushButton* button(const char* name) { return find<QPushButton>(QLatin1String(name)); }
  QString text(const char* name) { return find<QLabel>(QLatin1String(name))->text(); }
  void click(const char* name) { QTest::mouseClick(button(name), Qt::LeftButton); }
  void showQlora() { find<QTabWidget>(QStringLiteral("train-pages"))->setCurrentIndex(1); }
  bool waitFor(const std::function<bool()>& condition) { return QTest::qWaitFor(condition, kLong); }

  QTemporaryDir m_folder;
};
