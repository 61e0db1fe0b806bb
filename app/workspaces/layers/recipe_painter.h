#pragma once
#include <QObject>
#include <QString>
#include <optional>
#include <vector>

#include "app/selection/selection.h"

namespace app {

/// Gives tensors of the open model schemes of their own: in the current recipe when it is a person's own, else in a
/// new one over what is current, which takes its place as the current one. Every painting can be undone.
class RecipePainter : public QObject {
  Q_OBJECT
 public:
  explicit RecipePainter(Selection& selection, QObject* parent = nullptr);

  /// Gives them a scheme; nothing: they stay as stored.
  void paint(const std::vector<std::size_t>& tensors, const std::optional<core::quant::Scheme>& scheme);
  /// Takes away what was painted on them.
  void erase(const std::vector<std::size_t>& tensors);
  /// Whether painting edits the current recipe, and does not make a new one.
  bool editsCurrent() const;

  bool canUndo() const { return !m_steps.empty(); }
  void undo();
  /// What the last painting did, or why it did not; empty before the first.
  const QString& sentence() const { return m_sentence; }

 Q_SIGNALS:
  void changed();

 private:
  struct Step {
    core::model::Recipe before, after;
    QString name;        ///< of what was before
    bool isNew = false;  ///< after was made over before
    QString what;
  };
  void replaceCurrent(const core::model::Recipe& recipe, const QString& what);
  QString freeName(const QString& over) const;
  void say(const QString& sentence);

  Selection& m_selection;
  std::vector<Step> m_steps;
  QString m_sentence;
};

}  // namespace app
