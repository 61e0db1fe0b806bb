#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "app/session/found_models.h"

namespace app {

/// Whether a model of this computer runs here, found without reading weights.
struct ModelVerdict {
  enum class Runs : std::uint8_t {
    Yes,
    TooLarge,    ///< for the memory that is free now
    Inspection,  ///< it opens, but its computation is not known here, or it is none
    Broken       ///< it does not open
  };
  Runs runs = Runs::Broken;
  std::string why;           ///< one sentence where it does not run
  std::string architecture;  ///< as the file calls it; empty where it does not open
  std::string type;          ///< "Q4_K_M", "BF16", "GPTQ, 4 bits"; empty where it does not open
  std::uint64_t parameters = 0;
  double memory = 0;  ///< bytes it takes to run: weights, and keys and values of some positions; 0: it cannot run
};

/// Opens the model's files and reads their tables. @param freeMemory bytes (core::model::availableMemory)
ModelVerdict judgeModel(const FoundModel& model, std::uint64_t freeMemory,
                        const core::JobContext& job = core::JobContext());

/// What is known of a model, against the memory that is free now.
void weigh(ModelVerdict& verdict, const FoundModel& model, std::uint64_t freeMemory);

/// For programs: "yes", "too_large", "inspection", "broken".
std::string_view nameOf(ModelVerdict::Runs runs);
/// For people, as the end of a line: "needs 9.1 GiB of memory", "opens for inspection", "does not open"; empty: it
/// runs.
std::string shortly(const ModelVerdict& verdict);

}  // namespace app
