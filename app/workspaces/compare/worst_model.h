#pragma once
#include <QAbstractTableModel>
#include <vector>

#include "app/session/evaluation.h"

namespace core::text {
class Tokenizer;
}

namespace app {

/// The positions of a text at which one scheme is furthest from the reference, the worst first.
class WorstModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column { Kl, Before, Word, Reference, Compared, Turned, Columns };

  explicit WorstModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// @param row of `evaluation`; null: nothing to list  @param isOld of another question than is asked now: pale
  void setRow(const Evaluation& evaluation, const EvaluationRow* row, const core::text::Tokenizer* tokenizer,
              bool isOld);
  const core::evaluate::WorstPosition& position(int row) const { return m_positions[static_cast<std::size_t>(row)]; }
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  /// Tab-separated, with a header line.
  QString text() const;

 private:
  std::vector<core::evaluate::WorstPosition> m_positions;
  std::vector<QStringList> m_texts;  ///< [row][column]
  bool m_isOld = false;
};

/// Text on one line: line ends as "⏎", tabs as "⇥".
QString onOneLine(const QString& text);
/// A word between quotes, its leading blank as "␣".
QString quotedToken(const std::string& word);

}  // namespace app
