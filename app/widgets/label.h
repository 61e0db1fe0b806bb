#pragma once
#include <QLabel>

namespace app {

/// Text in one of the program's few styles; follows the theme. Optionally elided in the middle or at the end, with the
/// whole text as tooltip.
class Label : public QLabel {
  Q_OBJECT
 public:
  enum class Style {
    Display,  ///< the one large line of a page
    Title,    ///< of a page or empty state
    Heading,  ///< of a card
    Body,
    Muted,   ///< secondary
    Hint,    ///< captions, one step smaller
    Number,  ///< tabular figures
    Error    ///< a sentence about something that went wrong
  };
  explicit Label(Style style = Style::Body, const QString& text = {}, QWidget* parent = nullptr);

  void setRole(Style style);
  void setElide(Qt::TextElideMode mode);
  /// Wraps at words and takes the height it needs.
  void setWrapping();

  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void applyStyle();

  Style m_style;
  Qt::TextElideMode m_elide = Qt::ElideNone;
  QString m_managedToolTip;  ///< the tooltip this label set itself because its text did not fit
  bool m_applying = false;
};

}  // namespace app
