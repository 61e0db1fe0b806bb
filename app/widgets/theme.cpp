#include "app/widgets/theme.h"

#include <QAbstractButton>
#include <QApplication>
#include <QEvent>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QPainter>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QStyleHints>
#include <QWidget>
#include <algorithm>
#include <array>
#include <cmath>

#include "app/widgets/desktop_appearance.h"

/// A static library's resources must be asked for by name, and the macro works outside of namespaces only.
static void initResources() { Q_INIT_RESOURCE(quantscope); }

namespace app {
namespace {

ThemeColors makeLight() {
  ThemeColors c;
  c.dark = false;
  c.window = QColor(0xF5F6F8), c.surface = QColor(0xFFFFFF), c.raised = QColor(0xFFFFFF), c.sunken = QColor(0xEEF0F3);
  c.border = QColor(0xE2E5EA), c.borderStrong = QColor(0xC3C9D2);
  c.text = QColor(0x1B1F27), c.textMuted = QColor(0x4B5563), c.textFaint = QColor(0x656D7B);
  c.accent = QColor(0x4A45C9), c.accentText = QColor(0xFFFFFF), c.accentSoft = QColor(0xECEBFB),
  c.accentHover = QColor(0x3B36AE);
  c.hover = QColor(0xECEEF2), c.pressed = QColor(0xE1E4EA), c.selection = QColor(0xE2E1F8);
  c.success = QColor(0x0B7A4B), c.warning = QColor(0x8A5A00), c.error = QColor(0xB3261E),
  c.errorSoft = QColor(0xFCEBEA);
  // Okabe–Ito; the ground is white, so orange, purple, vermillion and green are darkened where they are text.
  c.sign = QColor(0xBA4A00), c.exponent = QColor(0x0072B2), c.mantissa = QColor(0x00805C);
  c.scale = QColor(0x996500), c.zeroPoint = QColor(0xA3527D);
  c.reference = QColor(0x7A828F), c.grid = QColor(0xE9ECF0);
  return c;
}

ThemeColors makeDark() {
  ThemeColors c;
  c.dark = true;
  c.window = QColor(0x13151A), c.surface = QColor(0x1B1E25), c.raised = QColor(0x252932), c.sunken = QColor(0x0F1115);
  c.border = QColor(0x2A2E38), c.borderStrong = QColor(0x434957);
  c.text = QColor(0xE9EBEF), c.textMuted = QColor(0xB1B8C4), c.textFaint = QColor(0x949CAA);
  c.accent = QColor(0x9C9BFF), c.accentText = QColor(0x15152B), c.accentSoft = QColor(0x29294A),
  c.accentHover = QColor(0xB5B4FF);
  c.hover = QColor(0x242832), c.pressed = QColor(0x2C313D), c.selection = QColor(0x33335C);
  c.success = QColor(0x4CC38A), c.warning = QColor(0xE5B455), c.error = QColor(0xFF8A80),
  c.errorSoft = QColor(0x3A2022);
  c.sign = QColor(0xFF8C42), c.exponent = QColor(0x5EB3F0), c.mantissa = QColor(0x2FC79A);
  c.scale = QColor(0xF0B429), c.zeroPoint = QColor(0xE39BC4);
  c.reference = QColor(0x9AA2B0), c.grid = QColor(0x272B34);
  return c;
}

// Order: hues far apart first, so that few checked schemes differ most. Later ones differ in lightness too: a pair of
// hues that someone cannot tell apart is then still a dark and a light one.
constexpr std::array<QRgb, kSeriesColors> kSeriesLight{0xFF0072B2, 0xFFD55E00, 0xFF009E73, 0xFFCC6BA5,
                                                       0xFFC9A000, 0xFF52B0E6, 0xFF33246B, 0xFF6E3B12};
constexpr std::array<QRgb, kSeriesColors> kSeriesDark{0xFF3F9FE0, 0xFFF07C2E, 0xFF1FC095, 0xFFFF9ED0,
                                                      0xFFF6DE5A, 0xFFCFEAFF, 0xFF7F5BE6, 0xFF9A6437};

QPalette paletteOf(const ThemeColors& c) {
  QPalette p;
  p.setColor(QPalette::Window, c.window);
  p.setColor(QPalette::WindowText, c.text);
  p.setColor(QPalette::Base, c.surface);
  p.setColor(QPalette::AlternateBase, mix(c.surface, c.hover, 0.5));
  p.setColor(QPalette::Text, c.text);
  p.setColor(QPalette::Button, c.surface);
  p.setColor(QPalette::ButtonText, c.text);
  p.setColor(QPalette::BrightText, c.error);
  p.setColor(QPalette::Highlight, c.selection);
  p.setColor(QPalette::HighlightedText, c.text);
  p.setColor(QPalette::Link, c.accent);
  p.setColor(QPalette::LinkVisited, c.accent);
  p.setColor(QPalette::ToolTipBase, c.raised);
  p.setColor(QPalette::ToolTipText, c.text);
  p.setColor(QPalette::PlaceholderText, c.textFaint);
  p.setColor(QPalette::Light, c.surface);
  p.setColor(QPalette::Midlight, c.hover);
  p.setColor(QPalette::Mid, c.border);
  p.setColor(QPalette::Dark, c.borderStrong);
  p.setColor(QPalette::Shadow, c.dark ? QColor(0x0A0B0D) : QColor(0xA9B0BB));
  const QColor disabled = mix(c.textFaint, c.window, 0.35);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
    p.setColor(QPalette::Disabled, role, disabled);
  return p;
}

/// Fusion without the underlined letters in menus (Alt and the letter still work).
class QuietFusion final : public QProxyStyle {
 public:
  QuietFusion() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}
  void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override {
    if (element == PE_FrameTabBarBase) return;  // tabs have no line of their own, beside a corner widget either
    QProxyStyle::drawPrimitive(element, option, painter, widget);
  }
  int styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                QStyleHintReturn* data) const override {
    if (hint == SH_UnderlineShortcut || hint == SH_DialogButtonBox_ButtonsHaveIcons) return 0;
    return QProxyStyle::styleHint(hint, option, widget, data);
  }
  /// Icons grow with the text beside them.
  int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override {
    const int size = QProxyStyle::pixelMetric(metric, option, widget);
    const bool isIcon = metric == PM_SmallIconSize || metric == PM_ButtonIconSize || metric == PM_ToolBarIconSize ||
                        metric == PM_TabBarIconSize || metric == PM_ListViewIconSize;
    return isIcon ? Theme::instance().px(size) : size;
  }
};

double luminance(const QColor& color) {
  const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
  return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

}  // namespace

double contrastRatio(const QColor& a, const QColor& b) {
  const double la = luminance(a), lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

void keepWidth(QWidget& widget, double length) {
  const auto apply = [&widget, length] { widget.setFixedWidth(Theme::instance().px(length)); };
  apply();
  QObject::connect(&Theme::instance(), &Theme::changed, &widget, apply);
}

void keepIconSize(QAbstractButton& button, double length) {
  const auto apply = [&button, length] {
    const int size = Theme::instance().px(length);
    button.setIconSize({size, size});
  };
  apply();
  QObject::connect(&Theme::instance(), &Theme::changed, &button, apply);
}

void paintMark(QPainter& painter, SeriesMark mark, const QRectF& rect, const QColor& color) {
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  const QPointF c = rect.center();
  switch (mark) {
    case SeriesMark::Square:
      painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 3, 3);
      break;
    case SeriesMark::Circle:
      painter.drawEllipse(rect);
      break;
    case SeriesMark::Diamond:
      painter.drawPolygon(
          QPolygonF{{c.x(), rect.top()}, {rect.right(), c.y()}, {c.x(), rect.bottom()}, {rect.left(), c.y()}});
      break;
    case SeriesMark::Triangle:
      painter.drawPolygon(QPolygonF{{c.x(), rect.top()}, {rect.right(), rect.bottom()}, {rect.left(), rect.bottom()}});
      break;
  }
  painter.restore();
}

QColor mix(const QColor& a, const QColor& b, double share) {
  const auto blend = [share](int x, int y) { return static_cast<int>(std::lround(x + (y - x) * share)); };
  return QColor(blend(a.red(), b.red()), blend(a.green(), b.green()), blend(a.blue(), b.blue()),
                blend(a.alpha(), b.alpha()));
}

const ThemeColors& Theme::light() {
  static const ThemeColors colors = makeLight();
  return colors;
}

const ThemeColors& Theme::dark() {
  static const ThemeColors colors = makeDark();
  return colors;
}

Theme& Theme::instance() {
  static Theme theme;
  return theme;
}

Theme::Lent::Lent(ThemeMode mode) : m_before(instance().m_colors), m_zoomBefore(instance().m_zoom) {
  instance().m_zoom = 100;
  instance().m_colors = mode == ThemeMode::Dark ? dark() : light();
}

Theme::Lent::~Lent() {
  instance().m_colors = m_before;
  instance().m_zoom = m_zoomBefore;
}

Theme::Theme() : m_desktop(new DesktopAppearance(this)), m_colors(light()) {}

void Theme::install() {
  initResources();
  m_desktopPalette = QGuiApplication::palette();
  m_baseFont = QFontDatabase::systemFont(QFontDatabase::GeneralFont);
  m_monoFont = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  m_monoFont.setStyleHint(QFont::Monospace);
  m_monoFont.setPointSizeF(m_baseFont.pointSizeF());
  QApplication::setStyle(new QuietFusion);
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
  connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, this, [this] {
    if (m_mode == ThemeMode::FollowDesktop) apply();
  });
#endif
  connect(m_desktop, &DesktopAppearance::changed, this, [this] {
    if (m_mode == ThemeMode::FollowDesktop) apply();
  });
  m_desktop->start();
  m_installed = true;
  apply();
}

void Theme::setMode(ThemeMode mode) {
  m_mode = mode;
  if (m_installed) apply();
}

void Theme::setZoom(int percent) {
  const auto distance = [percent](int step) { return std::abs(step - percent); };
  const int nearest = *std::min_element(std::begin(kZoomSteps), std::end(kZoomSteps),
                                        [&](int a, int b) { return distance(a) < distance(b); });
  if (nearest == m_zoom) return;
  m_zoom = nearest;
  if (m_installed) apply();
}

int Theme::nextZoom(int direction) const {
  const auto* here = std::find(std::begin(kZoomSteps), std::end(kZoomSteps), m_zoom);
  const auto index = here - std::begin(kZoomSteps) + direction;
  return kZoomSteps[std::clamp<std::ptrdiff_t>(index, 0, std::ssize(kZoomSteps) - 1)];
}

bool Theme::desktopIsDark() const {
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
  const Qt::ColorScheme scheme = QGuiApplication::styleHints()->colorScheme();
  if (scheme != Qt::ColorScheme::Unknown) return scheme == Qt::ColorScheme::Dark;
#endif
  if (m_desktop->preference() != DesktopAppearance::Preference::Unknown)
    return m_desktop->preference() == DesktopAppearance::Preference::Dark;
  // Else the platform theme's own palette tells.
  return luminance(m_desktopPalette.color(QPalette::Window)) < luminance(m_desktopPalette.color(QPalette::WindowText));
}

void Theme::apply() {
  const bool isDark = m_mode == ThemeMode::Dark || (m_mode == ThemeMode::FollowDesktop && desktopIsDark());
  m_colors = isDark ? dark() : light();
  QApplication::setFont(textFont());
  QApplication::setPalette(paletteOf(m_colors));
  Q_EMIT changed();
}

QColor Theme::seriesColor(int slot) const {
  const auto index = static_cast<std::size_t>(((slot % kSeriesColors) + kSeriesColors) % kSeriesColors);
  return QColor(m_colors.dark ? kSeriesDark[index] : kSeriesLight[index]);
}

SeriesMark Theme::seriesMark(int slot) { return static_cast<SeriesMark>((slot + slot / kSeriesColors) % kSeriesMarks); }

Qt::PenStyle Theme::penStyle(int slot) {
  constexpr Qt::PenStyle kStyles[] = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine};
  return kStyles[static_cast<std::size_t>(std::max(slot, 0) / kSeriesColors) % std::size(kStyles)];
}

QFont Theme::textFont(double pointDelta, QFont::Weight weight) const {
  QFont font = m_baseFont;
  font.setPointSizeF(std::max(6.0, m_baseFont.pointSizeF() + pointDelta) * m_zoom / 100.0);
  font.setWeight(weight);
  return font;
}

QFont Theme::monoFont(double pointDelta, QFont::Weight weight) const {
  QFont font = m_monoFont;
  font.setPointSizeF(std::max(6.0, m_baseFont.pointSizeF() + pointDelta) * m_zoom / 100.0);
  font.setWeight(weight);
  return font;
}

}  // namespace app
