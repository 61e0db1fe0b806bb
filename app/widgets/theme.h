#pragma once
#include <QColor>
#include <QFont>
#include <QObject>
#include <QPalette>
#include <QString>

class QAbstractButton;
class QPainter;
class QWidget;

namespace app {

class DesktopAppearance;

/// Number of distinct series (scheme) colours, and of colours with a mark beside them.
inline constexpr int kSeriesColors = 8, kSeriesMarks = 4, kSeriesSlots = kSeriesColors * kSeriesMarks;

/// What a colour alone cannot say: the shape of a swatch.
enum class SeriesMark { Square, Circle, Diamond, Triangle };

/// Every colour of one theme, by role. Text colours have ≥ 4.5 : 1 on window, surface and raised.
struct ThemeColors {
  bool dark = false;
  QColor window, surface, raised, sunken;  ///< page ground, cards, popups and hover cards, wells (inputs, code)
  QColor border, borderStrong;             ///< hairlines; borders of controls
  QColor text, textMuted, textFaint;       ///< content, secondary, captions
  QColor accent, accentText, accentSoft, accentHover;  ///< the one accent, text on it, tinted ground, hovered
  QColor hover, pressed, selection;                    ///< grounds of rows and buttons
  QColor success, warning, error, errorSoft;
  QColor sign, exponent, mantissa, scale, zeroPoint;  ///< fields of a number, everywhere the same (Okabe–Ito)
  QColor reference;                                   ///< the unquantized model in every chart
  QColor grid;                                        ///< lines behind data
};

/// Percent.
inline constexpr int kZoomSteps[] = {75, 90, 100, 110, 125, 150, 175, 200, 250};

enum class ThemeMode { FollowDesktop, Light, Dark };

/// Distances on the 8-pixel grid, in device-independent pixels.
namespace space {
inline constexpr int kHalf = 4, kOne = 8, kOneHalf = 12, kTwo = 16, kThree = 24, kFour = 32, kSix = 48;
inline constexpr int kRadius = 8, kRadiusSmall = 5;
}  // namespace space

/// The look of the program: palettes, fonts, style, zoom. Widgets read colours while painting and repaint on changed()
/// (which is emitted after the application palette was set, so QEvent::PaletteChange has arrived everywhere).
class Theme : public QObject {
  Q_OBJECT
 public:
  static Theme& instance();

  /// Fusion style, palette, fonts; the style sheet is the windows' (window_style.h). Once, after the QApplication was
  /// made.
  void install();
  void setMode(ThemeMode mode);
  ThemeMode mode() const { return m_mode; }
  bool isDark() const { return m_colors.dark; }

  const ThemeColors& colors() const { return m_colors; }
  static const ThemeColors& light();
  static const ThemeColors& dark();
  /// Okabe–Ito, adapted to the ground. @param slot 0…kSeriesColors−1 (taken modulo)
  QColor seriesColor(int slot) const;
  /// No two slots below kSeriesSlots share colour and mark, no two neighbours share a mark.
  static SeriesMark seriesMark(int slot);
  /// Solid for the first kSeriesColors slots, then dashed, dotted, dash-dotted.
  static Qt::PenStyle penStyle(int slot);

  /// The whole interface enlarged, in percent of the desktop's own size: one of kZoomSteps (the nearest is taken).
  /// Fonts, the style sheet's lengths and px() follow.
  void setZoom(int percent);
  int zoom() const { return m_zoom; }
  /// The next step above (+1) or below (−1) the present one; at the ends the present one.
  int nextZoom(int direction) const;
  /// A length in device-independent pixels under the zoom.
  int px(double length) const { return qRound(length * m_zoom / 100.0); }

  /// System font; `points` relative to the system's own size.
  QFont textFont(double pointDelta = 0, QFont::Weight weight = QFont::Normal) const;
  /// For bits, hex and numbers in columns: all digits equally wide.
  QFont monoFont(double pointDelta = 0, QFont::Weight weight = QFont::Normal) const;

  /// Lends the colours of a mode, at 100 %, to whatever is made and drawn while it lives; the window keeps its own. For
  /// pictures of charts that were made for the purpose, between two turns of the event loop.
  class Lent {
   public:
    explicit Lent(ThemeMode mode);
    ~Lent();
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;

   private:
    ThemeColors m_before;
    int m_zoomBefore;
  };

 Q_SIGNALS:
  void changed();

 private:
  Theme();
  void apply();
  bool desktopIsDark() const;

  DesktopAppearance* m_desktop;
  ThemeMode m_mode = ThemeMode::FollowDesktop;
  ThemeColors m_colors;
  QPalette m_desktopPalette;
  QFont m_baseFont, m_monoFont;  ///< as the desktop has them
  int m_zoom = 100;
  bool m_installed = false;
};

/// A length of a painted widget: `constexpr Length kRow{17}` stands for Theme::px(17) wherever a number is needed.
struct Length {
  int atFullSize;                                                    ///< device-independent pixels at 100 %
  operator int() const { return Theme::instance().px(atFullSize); }  // NOLINT(google-explicit-constructor)
};

/// A fixed width that follows the zoom. @param length device-independent pixels at 100 %
void keepWidth(QWidget& widget, double length);
/// A button's icon size that follows the zoom.
void keepIconSize(QAbstractButton& button, double length);

/// The swatch of a series: its mark filled.
void paintMark(QPainter& painter, SeriesMark mark, const QRectF& rect, const QColor& color);

/// WCAG 2.1 contrast ratio of two opaque colours, 1…21.
double contrastRatio(const QColor& a, const QColor& b);
/// a and b mixed: 0 gives a, 1 gives b.
QColor mix(const QColor& a, const QColor& b, double share);

}  // namespace app
