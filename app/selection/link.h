#pragma once
#include <QString>
#include <QStringList>
#include <QUrlQuery>
#include <optional>

namespace app {

/// A place in the program as text: "quantscope://WORKSPACE/PATH…?key=value". Lessons, the command line, the palette and
/// the clipboard name places this way; each workspace says what its own path and query mean (Workspace::openLink).
struct Link {
  QString workspace;  ///< id of the registry: "bits"
  QStringList path;   ///< what follows, decoded: {"fp32", "0x3eeaf790"}
  QUrlQuery query;

  /// The value of a key, decoded ("+" is a plus sign); empty where it is absent.
  QString value(const QString& key) const;
  bool has(const QString& key) const { return query.hasQueryItem(key); }
  void set(const QString& key, const QString& value);
  QString toString() const;
  bool operator==(const Link& other) const { return toString() == other.toString(); }

  /// Nothing when the text is no such link (another scheme, no workspace, longer than kMaxLength).
  static std::optional<Link> parse(const QString& text);
  static bool isLink(const QString& text) { return text.startsWith(kScheme, Qt::CaseInsensitive); }

  static constexpr QLatin1String kScheme{"quantscope://"};
  static constexpr qsizetype kMaxLength = 8192;
};

}  // namespace app
