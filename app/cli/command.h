#pragma once
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/session/quantize_plan.h"
#include "core/metrics/non_finite.h"

namespace app::cli {

/// JSON whose keys keep the order they are written in.
using Json = nlohmann::ordered_json;

/// How a command answers: as JSON (--json) or as text for people.
enum class Output { ForPeople, ForPrograms };

/// Adds --json to a command and returns where its choice will be found. The reference lives as long as the command.
void addJsonFlag(CLI::App& command, Output& output);
/// Adds the positional MODEL.
void addModel(CLI::App& command, std::string& model);
/// Adds --device.
void addDevice(CLI::App& command, std::string& device);
/// Adds --kv-type: what keys and values are stored as.
void addKvType(CLI::App& command, std::string& type);

/// Prints a JSON value and a line break.
void print(const Json& json, std::FILE* stream = stdout);
/// Prints text from a file or a model for people: nothing in it that a terminal would obey, line breaks kept.
void printText(std::string_view text);
/// Hands what was printed to the reader now. @throws std::system_error when there is none any more
void flush();
/// Where a command with -o says what it did: on standard error when its file goes to standard output.
std::FILE* reportStream(const std::string& output);
/// The tensors a scheme is not applied to: [{"tensor", "reason", "bytes"}].
Json keptJson(const std::vector<KeptTensor>& kept);
/// Adds "axes": ["in", "out"] to the row of a matrix that is stored so; others are [out, in].
void addAxes(Json& row, core::model::StoredAxes axes);
/// Why a tensor becomes what it becomes: {"rule", "fallback"}, or {"kept"}.
Json reasonJson(const QuantizedFileRow& row);
/// A number for JSON: null where it is not finite.
Json finite(double value);
Json finite(const std::optional<double>& value);  ///< null, too, for nothing
/// {"nan", "inf", "first": [row, column] or null}
Json nonFiniteJson(const core::metrics::NonFinite& nonFinite);

/// Every verb declares its options and its callback on the program. One file each in commands/.
void addBench(CLI::App& program);
void addBits(CLI::App& program);
void addCalibrate(CLI::App& program);
void addDesign(CLI::App& program);
void addDetokenize(CLI::App& program);
void addDevices(CLI::App& program);
void addDump(CLI::App& program);
void addEmbed(CLI::App& program);
void addError(CLI::App& program);
void addGenerate(CLI::App& program);
void addGet(CLI::App& program);
void addInspect(CLI::App& program);
void addLogits(CLI::App& program);
void addModels(CLI::App& program);
void addPerplexity(CLI::App& program);
void addPlan(CLI::App& program);
void addQuantize(CLI::App& program);
void addSchemes(CLI::App& program);
void addSensitivity(CLI::App& program);
void addTemplate(CLI::App& program);
void addTokenize(CLI::App& program);
void addTrace(CLI::App& program);
void addTrain(CLI::App& program);

}  // namespace app::cli
