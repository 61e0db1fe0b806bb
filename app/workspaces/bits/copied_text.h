#pragma once
#include <QString>
#include <vector>

namespace app {

struct FormatRow;

/// One way of saying what a format stores, for the clipboard.
struct CopiedText {
  QString name;  ///< "C literal"
  QString text;  ///< "0x1.99999ap-4F"
};

/// Value with all digits, shortest, hexadecimal, binary, C and Python literal.
std::vector<CopiedText> copiedTexts(const FormatRow& row);

}  // namespace app
