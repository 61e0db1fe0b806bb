#pragma once
#include <QScrollArea>
#include <span>
#include <vector>

class QVBoxLayout;

namespace core::quant {
struct ExplanationParameter;
}

namespace app {

class Label;
struct LabBlock;

/// What the weights of a block have in common, a card for each number: scale and zero-point, and the scales of scales.
/// Of many groups those of one weight are shown.
class ParameterCards : public QScrollArea {
  Q_OBJECT
 public:
  explicit ParameterCards(QWidget* parent = nullptr);

  void showBlock(const LabBlock& block, std::size_t shownIndex);
  /// All that stands on the cards, for tests and screen readers.
  QString text() const;

 private:
  struct CardLabels {
    QWidget* frame;
    Label *value, *meaning, *formula, *numbers, *search;
  };
  CardLabels& card(std::size_t index);
  /// @param alike one parameter, or several that differ by their numbers alone
  static void fill(CardLabels& labels, std::span<const core::quant::ExplanationParameter> alike);

  QVBoxLayout* m_column;
  Label* m_note;
  std::vector<CardLabels> m_cards;
};

}  // namespace app
