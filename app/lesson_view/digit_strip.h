#pragma once
#include <QRectF>
#include <string>
#include <vector>

#include "app/lessons/lesson.h"

class QPainter;

namespace app {

/// The digits of a board: the images side by side and, below each, what every row calls it. What is not the digit's own
/// name is struck in the colour of errors.
class DigitStrip {
 public:
  /// @param names of every row, one character an image; null: not known yet
  DigitStrip(const Board::Digits& digits, const std::vector<std::string>* names) : m_digits(digits), m_names(names) {}

  /// What it takes at this width, in pixels.
  double height(double width) const;
  void paint(QPainter& painter, const QRectF& area) const;
  /// For those who cannot see it: "FP32: 7 of 12 right", row by row.
  QStringList lines() const;

 private:
  /// Labels stand before their names, or above them where images beside labels would be too small to read.
  struct Places {
    bool labelsAbove = false;
    double left = 0, cell = 0, row = 0;  ///< where images begin, their side, the height of a row of names
  };
  Places placesIn(double width) const;
  void paintImage(QPainter& painter, const QRectF& cell, std::uint64_t index) const;
  void paintRow(QPainter& painter, QPointF corner, const Places& places, std::size_t index) const;

  const Board::Digits& m_digits;
  const std::vector<std::string>* m_names;
};

}  // namespace app
