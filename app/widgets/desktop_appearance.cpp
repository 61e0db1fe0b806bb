#include "app/widgets/desktop_appearance.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>

namespace app {
namespace {
const QString kService = QStringLiteral("org.freedesktop.portal.Desktop");
const QString kPath = QStringLiteral("/org/freedesktop/portal/desktop");
const QString kInterface = QStringLiteral("org.freedesktop.portal.Settings");
const QString kGroup = QStringLiteral("org.freedesktop.appearance");
const QString kKey = QStringLiteral("color-scheme");
}  // namespace

DesktopAppearance::DesktopAppearance(QObject* parent) : QObject(parent) {}

void DesktopAppearance::start() {
  // Without an address the library would try to start a bus, and that blocks.
  if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS")) return;
  QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return;
  bus.connect(kService, kPath, kInterface, QStringLiteral("SettingChanged"), this,
              SLOT(settingChanged(QString, QString, QDBusVariant)));
  QDBusMessage question = QDBusMessage::createMethodCall(kService, kPath, kInterface, QStringLiteral("Read"));
  question << kGroup << kKey;
  auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(question), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this, [this](QDBusPendingCallWatcher* answered) {
    const QDBusPendingReply<QDBusVariant> reply = *answered;
    if (!reply.isError()) take(reply.value());
    answered->deleteLater();
  });
}

void DesktopAppearance::settingChanged(const QString& group, const QString& key, const QDBusVariant& value) {
  if (group == kGroup && key == kKey) take(value);
}

void DesktopAppearance::take(const QDBusVariant& value) {
  QVariant content = value.variant();
  // Read wraps its answer twice.
  while (content.canConvert<QDBusVariant>()) content = content.value<QDBusVariant>().variant();
  const uint number = content.toUInt();  // 0 no preference, 1 dark, 2 light
  const Preference preference = number == 1 ? Preference::Dark : number == 2 ? Preference::Light : Preference::Unknown;
  if (std::exchange(m_preference, preference) != preference) Q_EMIT changed();
}

}  // namespace app
