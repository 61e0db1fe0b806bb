#pragma once
#include <QObject>
#include <QString>

class QDBusVariant;
class QDBusPendingCallWatcher;

namespace app {

/// Asks the desktop (XDG settings portal) whether it prefers dark, and hears of changes. For desktops whose preference
/// Qt itself does not know. Never blocks; without a session bus it simply stays silent.
class DesktopAppearance : public QObject {
  Q_OBJECT
 public:
  enum class Preference { Unknown, Light, Dark };

  explicit DesktopAppearance(QObject* parent = nullptr);
  void start();
  Preference preference() const { return m_preference; }

 Q_SIGNALS:
  void changed();

 private Q_SLOTS:
  void settingChanged(const QString& group, const QString& key, const QDBusVariant& value);

 private:
  void take(const QDBusVariant& value);

  Preference m_preference = Preference::Unknown;
};

}  // namespace app
