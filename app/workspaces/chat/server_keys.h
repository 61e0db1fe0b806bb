#pragma once
#include <QString>

namespace app {

/// The keys of servers, by address: in the system's keyring where one answers (Secret Service over D-Bus), else in a
/// file of the settings' folder that only its owner can read. They are in no conversation, link, log or report. May
/// wait for the keyring: not on the GUI thread. Safe from any thread.
QString serverKey(const QString& url);

/// @param key empty: it is forgotten
/// @return where it is now, or why it is nowhere: a sentence
QString setServerKey(const QString& url, const QString& key);

}  // namespace app
