#pragma once
// What the tests of Bits share: the workspace under the hand, and its rows.
#include <QLineEdit>
#include <QMenu>
#include <QTabWidget>
#include <QTest>

#include "app/selection/bits_state.h"
#include "app/workspaces/bits/bits_workspace.h"

namespace bits {

using namespace app;
using core::numeric::FormatId;

/// A workspace without a model, shown.
class Page {
 public:
  Page() : m_jobs(1), m_workspace(WorkspaceContext{&m_selection, &m_jobs, nullptr}) {
    m_workspace.resize(1180, 724);
    m_workspace.show();
    m_workspace.setActive(true);
    static_cast<void>(QTest::qWaitForWindowActive(&m_workspace));
  }
  BitsWorkspace& workspace() { return m_workspace; }
  BitsState& state() { return m_workspace.state(); }
  template <class T>
  T& find(const char* name = nullptr) {
    auto* found = m_workspace.findChild<T*>(name == nullptr ? QString() : QString::fromLatin1(name));
    if (found == nullptr) qFatal("there is no %s", name == nullptr ? "such widget" : name);
    return *found;
  }
  void type(const QString& text) {
    auto& field = find<QLineEdit>("bits-field");
    field.selectAll();
    QTest::keyClicks(&field, text);
    QTest::keyClick(&field, Qt::Key_Return);
  }
  void showTab(const QString& title) {
    auto& tabs = find<QTabWidget>("bits-lens");
    for (int i = 0; i < tabs.count(); ++i)
      if (tabs.tabText(i) == title) tabs.setCurrentIndex(i);
  }
  const FormatRow& row(FormatId id) {
    return state().rows()[static_cast<std::size_t>(state().rowOf(core::numeric::numberFormat(id)))];
  }
  void select(FormatId id) { state().selectRow(state().rowOf(core::numeric::numberFormat(id))); }

 private:
  Selection m_selection;
  JobRunner m_jobs;
  BitsWorkspace m_workspace;
};

inline void trigger(QMenu& menu, const QString& text) {
  for (QAction* action : menu.actions()) {
    if (action->text().section(u'\t', 0, 0) != text) continue;
    action->trigger();
    return;
  }
  QFAIL(qPrintable(QStringLiteral("no entry ") + text));
}

inline int rowOf(const BitsState& state, FormatId id) {
  for (int row = 0; row < static_cast<int>(state.rows().size()); ++row)
    if (state.rows()[static_cast<std::size_t>(row)].format->id == id) return row;
  return -1;
}
inline const FormatRow& rowAt(const BitsState& state, FormatId id) {
  return state.rows()[static_cast<std::size_t>(rowOf(state, id))];
}

}  // namespace bits
