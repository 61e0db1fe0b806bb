#include "app/workspaces/chat/secret_service.h"

#include <QCoreApplication>
#include <QDBusArgument>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusMetaType>
#include <QDBusObjectPath>
#include <QList>
#include <QMap>
#include <QVariant>

namespace app {

/// A secret as it goes over the bus: (oayays).
struct BusSecret {
  QDBusObjectPath session;
  QByteArray parameters, value;
  QString contentType;
};

QDBusArgument& operator<<(QDBusArgument& argument, const BusSecret& secret) {
  argument.beginStructure();
  argument << secret.session << secret.parameters << secret.value << secret.contentType;
  argument.endStructure();
  return argument;
}

const QDBusArgument& operator>>(const QDBusArgument& argument, BusSecret& secret) {
  argument.beginStructure();
  argument >> secret.session >> secret.parameters >> secret.value >> secret.contentType;
  argument.endStructure();
  return argument;
}

}  // namespace app

Q_DECLARE_METATYPE(app::BusSecret)

namespace app::secret_service {

namespace {

using Attributes = QMap<QString, QString>;

constexpr int kPatienceMs = 2000;
const QString kService = QStringLiteral("org.freedesktop.secrets"), kPath = QStringLiteral("/org/freedesktop/secrets");
const QString kServiceFace = QStringLiteral("org.freedesktop.Secret.Service"),
              kItemFace = QStringLiteral("org.freedesktop.Secret.Item"),
              kCollectionFace = QStringLiteral("org.freedesktop.Secret.Collection");

Attributes attributesOf(const QString& url) {
  return {{QStringLiteral("application"), QStringLiteral("quantscope")}, {QStringLiteral("server"), url}};
}

/// Arguments of the answer; none where nobody answered.
QVariantList call(const QString& path, const QString& face, const QString& method, const QVariantList& arguments) {
  static const bool registered = [] {
    qDBusRegisterMetaType<BusSecret>();
    qDBusRegisterMetaType<Attributes>();
    return true;
  }();
  QDBusConnection bus = QDBusConnection::sessionBus();
  if (!registered || !bus.isConnected()) return {};
  QDBusMessage message = QDBusMessage::createMethodCall(kService, path, face, method);
  message.setArguments(arguments);
  const QDBusMessage answer = bus.call(message, QDBus::Block, kPatienceMs);
  return answer.type() == QDBusMessage::ReplyMessage ? answer.arguments() : QVariantList();
}

std::optional<QDBusObjectPath> openSession() {
  const QVariantList answer = call(kPath, kServiceFace, QStringLiteral("OpenSession"),
                                   {QStringLiteral("plain"), QVariant::fromValue(QDBusVariant(QString()))});
  if (answer.size() != 2) return std::nullopt;
  return answer[1].value<QDBusObjectPath>();
}

/// Those that are not locked.
QList<QDBusObjectPath> itemsOf(const QString& url) {
  const QVariantList answer =
      call(kPath, kServiceFace, QStringLiteral("SearchItems"), {QVariant::fromValue(attributesOf(url))});
  return answer.isEmpty() ? QList<QDBusObjectPath>() : qdbus_cast<QList<QDBusObjectPath>>(answer[0]);
}

}  // namespace

std::optional<QString> find(const QString& url) {
  const auto items = itemsOf(url);
  const auto session = items.isEmpty() ? std::nullopt : openSession();
  if (!session) return std::nullopt;
  const QVariantList answer =
      call(items.front().path(), kItemFace, QStringLiteral("GetSecret"), {QVariant::fromValue(*session)});
  if (answer.isEmpty()) return std::nullopt;
  return QString::fromUtf8(qdbus_cast<BusSecret>(answer[0]).value);
}

bool keep(const QString& url, const QString& key) {
  const auto session = openSession();
  if (!session) return false;
  const QVariantMap properties{
      {kItemFace + QStringLiteral(".Label"), QCoreApplication::translate("SecretService", "Quantscope: %1").arg(url)},
      {kItemFace + QStringLiteral(".Attributes"), QVariant::fromValue(attributesOf(url))}};
  const BusSecret secret{*session, {}, key.toUtf8(), QStringLiteral("text/plain")};
  const QVariantList answer = call(kPath + QStringLiteral("/aliases/default"), kCollectionFace,
                                   QStringLiteral("CreateItem"), {properties, QVariant::fromValue(secret), true});
  // "/" is no item: the keyring would have to be opened by its owner first.
  return answer.size() == 2 && answer[0].value<QDBusObjectPath>().path() != QStringLiteral("/");
}

void forget(const QString& url) {
  for (const QDBusObjectPath& item : itemsOf(url)) call(item.path(), kItemFace, QStringLiteral("Delete"), {});
}

}  // namespace app::secret_service
