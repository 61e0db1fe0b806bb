#pragma once
#include <QStringList>

namespace app {

/// How the text of a scheme or recipe that is being typed may go on: whole texts, each of which is one, or becomes one
/// when its last option gets a value. From the formats, the options' table and the file types; at most `most`.
QStringList schemeCompletions(const QString& typed, int most = 40);

}  // namespace app
