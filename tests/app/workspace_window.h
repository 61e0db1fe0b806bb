#pragma once
#include <QAbstractButton>
#include <QAction>
#include <QMessageBox>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

#include "app/shell/main_window.h"

/// A shown window with a model (the demo; empty: none) open in a workspace, for tests that drive it.
class WorkspaceWindow {
 public:
  explicit WorkspaceWindow(const QString& workspace, const QString& model = QStringLiteral("demo")) {
    QCoreApplication::setOrganizationName(QStringLiteral("quantscope-test"));
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_settings.path());
    qputenv("XDG_DATA_HOME", m_settings.path().toUtf8());                                // where conversations are kept
    qputenv("XDG_CACHE_HOME", (m_settings.path() + QStringLiteral("/cache")).toUtf8());  // and measured errors
    app::Theme::instance().install();
    open(workspace, model);
  }
  /// Closes the window and starts the program anew, as its user would.
  void restart(const QString& workspace, const QString& model = QStringLiteral("demo")) {
    m_window->close();
    m_window.reset();
    open(workspace, model);
  }
  /// Opens another model in place of the open one, whether or not the window asks first.
  bool replaceModel(const QString& model) {
    const auto arrived = [&] { return m_window->selection().model()->source() == model.toStdString(); };
    m_window->openModel(model);
    QMessageBox* question = nullptr;
    const bool asked = QTest::qWaitFor(
        [&] {
          question = m_window->findChild<QMessageBox*>(QStringLiteral("second-model"));
          return arrived() || (question != nullptr && question->isVisible());
        },
        30000);
    if (!asked) return false;
    if (!arrived()) {
      for (QAbstractButton* button : question->buttons())
        if (button->text() == QStringLiteral("Replace")) QTest::mouseClick(button, Qt::LeftButton);
    }
    return QTest::qWaitFor(arrived);
  }
  /// Lays a second model beside the open one, as the question about it offers.
  bool compareWith(const QString& model) {
    m_window->openModel(model);
    return answerSecond(QStringLiteral("Compare")) &&
           QTest::qWaitFor([this] { return selection().comparedModel() != nullptr; });
  }
  /// By the menu.
  bool endComparison() {
    for (QAction* action : m_window->findChildren<QAction*>()) {
      if (!action->text().remove(u'&').startsWith(QStringLiteral("End the comparison"))) continue;
      action->trigger();
      return !selection().comparedModel();
    }
    return false;
  }
  app::MainWindow& window() { return *m_window; }
  app::Selection& selection() { return m_window->selection(); }
  bool waitUntilIdle(int milliseconds = 120000) {
    return QTest::qWaitFor([this] { return m_window->jobs().isIdle(); }, milliseconds);
  }
  /// In the workspace in front, else anywhere in the window: two workspaces may show the same kind of picture.
  template <class T>
  T* find(const QString& name = {}) {
    if (QWidget* front = m_window->currentWorkspace()) {
      if (auto* self = qobject_cast<T*>(front); self && (name.isEmpty() || front->objectName() == name)) return self;
      if (auto* inside = front->findChild<T*>(name)) return inside;
    }
    return m_window->findChild<T*>(name);
  }

 private:
  bool answerSecond(const QString& button) {
    QMessageBox* question = nullptr;
    const bool asked = QTest::qWaitFor(
        [&] {
          question = m_window->findChild<QMessageBox*>(QStringLiteral("second-model"));
          return question != nullptr && question->isVisible();
        },
        30000);
    if (!asked) return false;
    for (QAbstractButton* candidate : question->buttons())
      if (candidate->text().remove(u'&') == button) QTest::mouseClick(candidate, Qt::LeftButton);
    return true;
  }
  void open(const QString& workspace, const QString& model) {
    m_window = std::make_unique<app::MainWindow>();
    m_window->restoreState();
    m_window->resize(1280, 800);
    m_window->show();
    if (!model.isEmpty()) {
      m_window->openModel(model);
      static_cast<void>(QTest::qWaitFor([this] { return m_window->selection().model() != nullptr; }, 30000));
    }
    m_window->showWorkspace(workspace);
  }

  QTemporaryDir m_settings;
  std::unique_ptr<app::MainWindow> m_window;
};
