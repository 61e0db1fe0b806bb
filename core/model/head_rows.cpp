#include "core/model/head_rows.h"

#include "core/base/error.h"
#include "core/model/config.h"

namespace core::model {

std::uint64_t headRows(RowOrder order, const ModelConfig& config, std::uint64_t rows) {
  switch (order) {
    case RowOrder::Same:
      break;
    case RowOrder::QueryHeads:
      return rows / config.heads;
    case RowOrder::KeyHeads:
      return rows / config.kvHeads;
    case RowOrder::ValueHeads:
      if (config.recurrent.heads == config.recurrent.keyHeads) break;
      throw Error(ErrorCode::Unsupported,
                  "The heads of its states lie in another order in GGUF files than in folders, which is not followed "
                  "from the one to the other yet.");
  }
  return 0;
}

}  // namespace core::model
