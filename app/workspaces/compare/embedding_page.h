#pragma once
#include <QWidget>
#include <optional>

#include "app/session/embed_model.h"

class QPlainTextEdit;
class QPushButton;
class QSettings;
class QSplitter;

namespace app {

class CompareState;
class Label;
class TextTable;

/// What schemes do to an encoder's embeddings: the cosine of each text's embedding to that of the stored weights, and
/// of every two texts.
class EmbeddingPage : public QWidget {
  Q_OBJECT
 public:
  explicit EmbeddingPage(CompareState& state, QWidget* parent = nullptr);

  /// Catches up with what changed while it was hidden.
  void refresh();
  void compute();
  void saveState(QSettings& settings) const;
  void restoreState(QSettings& settings);

 private:
  /// What was asked when it was computed.
  struct Asked {
    std::vector<std::string> texts;
    std::vector<core::model::Recipe> recipes;
    DeviceChoice device;
    std::string calibration;
  };
  QWidget* buildTexts();
  QWidget* buildResults();
  Asked asked() const;
  bool isComputing() const;
  QString whyOld() const;
  void noticeStopped();
  void take(EmbeddingTable table, const Asked& of);
  void forget();
  void say();
  void showSchemes();
  void showPairs();

  CompareState& m_state;
  QPlainTextEdit* m_texts;
  QPushButton* m_compute;
  Label *m_status, *m_pairsHeading;
  TextTable *m_schemes, *m_pairs;
  QSplitter *m_splitter, *m_results;
  std::optional<EmbeddingTable> m_table;
  Asked m_of;  ///< of the table
  QString m_failure;
  bool m_isRunning = false, m_wasStopped = false;  ///< the former: no end of the job was seen yet
};

}  // namespace app
