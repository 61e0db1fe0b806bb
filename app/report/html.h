#pragma once
#include <QString>
#include <QStringList>
#include <vector>

/// Pieces of well-formed markup. `inner` and table cells are markup, everything named text is escaped.
namespace app::report::html {

QString escaped(const QString& text);
/// @param tag e.g. "p"  @param className may be empty
QString element(const char* tag, const QString& inner, const QString& className = {});
/// Text in an element.
QString textElement(const char* tag, const QString& text, const QString& className = {});
/// Code in the page's font for digits.
QString code(const QString& text);
/// A table that scrolls sideways inside its card. @param numeric columns from this one on are set to the right
QString table(const QStringList& headings, const std::vector<QStringList>& rows, int numeric = 1);
/// A section with a heading, a sentence below it and a body.
QString section(const QString& id, const QString& heading, const QString& lead, const QString& body);
QString card(const QString& title, const QString& body, const QString& className = {});

}  // namespace app::report::html
