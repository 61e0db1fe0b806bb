#include "core/base/error.h"

#include <utility>

namespace core {

Error::Error(ErrorCode code, const std::string& sentence, std::string where)
    : std::runtime_error(sentence), m_code(code), m_where(std::move(where)) {}

}  // namespace core
