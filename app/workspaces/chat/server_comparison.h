#pragma once
#include <QString>
#include <cstddef>

namespace app {

/// How far the reference's model is from a server that wrote an answer, as far as the server's most probable tokens
/// tell: both read the answer's words behind the same messages.
struct ServerComparison {
  double low = 0, high = 0;  ///< nats a token, means of KL(server ‖ reference); see core::model::klBounds
  double missing = 0;        ///< mean probability of what the server does not tell
  std::size_t tokens = 0;    ///< compared, from the answer's first
  std::size_t known = 0;     ///< fewest probabilities known of a token
  QString reference;         ///< title of its model
};

/// "KL(server ‖ BF16 as stored) is between 0.0012 and 0.030 nats a token, over 40 tokens: …"
QString inWords(const ServerComparison& comparison);

}  // namespace app
