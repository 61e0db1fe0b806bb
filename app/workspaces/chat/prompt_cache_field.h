#pragma once
#include <QWidget>
#include <cstdint>

class QCheckBox;
class QDoubleSpinBox;
class QPushButton;
class QSettings;

namespace app {

class Label;

/// Whether what the panes have read is kept on the disk, how much of it, how much there is now, and its end.
class PromptCacheField : public QWidget {
  Q_OBJECT
 public:
  explicit PromptCacheField(QWidget* parent = nullptr);

  bool keeps() const;
  /// That all prompt caches together may take.
  std::uint64_t mostBytes() const;
  /// That they take now.
  void setUsed(std::uint64_t bytes);

  void save(QSettings& settings) const;
  void restore(const QSettings& settings);

 Q_SIGNALS:
  void changed();
  void clearWanted();

 private:
  void showChoice();

  QCheckBox* m_keeps;
  QDoubleSpinBox* m_most;
  Label* m_used;
  QPushButton* m_clear;
};

}  // namespace app
